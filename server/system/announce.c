/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/announce.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/base/utf8.h"
#include "server/log.h"
#include "server/system/bus.h"

/* avahi-common/defs.h: the states of its server and of an entry group, and protocols. */
enum { SERVER_RUNNING = 2 };
enum { GROUP_ESTABLISHED = 2, GROUP_COLLISION = 3, GROUP_FAILURE = 4 };
enum { PROTO_INET = 0, PROTO_INET6 = 1 };

enum { NAME_SIZE = 64 }; /* a DNS label has at most 63 bytes */

static const char avahi[] = "org.freedesktop.Avahi", server_face[] = "org.freedesktop.Avahi.Server",
		  group_face[] = "org.freedesktop.Avahi.EntryGroup",
		  collision[] = "org.freedesktop.Avahi.CollisionError";

struct announce {
	struct bus *bus;                        /* NULL: the connection broke */
	char given[NAME_SIZE], name[NAME_SIZE]; /* as the administrator wants it, and as it is */
	struct announce_place places[ANNOUNCE_PLACES];
	size_t count;
	char *group;       /* the path of our entry group; NULL: there is none */
	size_t unanswered; /* places of which Avahi has not said yet whether it has them */
	bool collided;     /* it has a service of that name already */
	bool told;         /* that it is announced, or cannot be, was logged */
};

/* A call to Avahi that is answered later. Returns 0 or -errno. */
static int ask(struct announce *self, sd_bus_message *message, sd_bus_message_handler_t answered) {
	int error = sd_bus_call_async(bus_sd(self->bus), NULL, message, answered, self, 0);
	bus_turn(self->bus);
	return error < 0 ? error : 0;
}

static int ask_plainly(struct announce *self, const char *path, const char *face, const char *member,
	sd_bus_message_handler_t answered) {
	sd_bus_message *message = NULL;
	int error = sd_bus_message_new_method_call(bus_sd(self->bus), &message, avahi, path, face, member);
	if (error >= 0)
		error = ask(self, message, answered);
	sd_bus_message_unref(message);
	return error < 0 ? error : 0;
}

static void complain(struct announce *self, const char *why) {
	if (!self->told)
		log_warning("this server is not announced on the network: %s", why);
	self->told = true;
}

static const char *error_of(sd_bus_message *message) {
	const sd_bus_error *error = sd_bus_message_get_error(message);
	return error->message ? error->message : error->name;
}

/* --- our entry group --- */

static int on_ignored(sd_bus_message *message, void *context, sd_bus_error *error) {
	(void)context;
	(void)error;
	if (sd_bus_message_is_method_error(message, NULL))
		log_debug("avahi: %s", error_of(message));
	return 0;
}

static void drop_group(struct announce *self) {
	if (self->group && self->bus)
		ask_plainly(self, self->group, group_face, "Free", on_ignored);
	free(self->group);
	self->group = NULL;
}

static void begin(struct announce *self);

static int on_other_name(sd_bus_message *message, void *context, sd_bus_error *unused) {
	struct announce *self = context;
	const char *name = "";
	(void)unused;
	if (sd_bus_message_is_method_error(message, NULL) || sd_bus_message_read(message, "s", &name) < 0) {
		complain(self, "Avahi knows no other name for it");
		return 0;
	}
	log_info("\"%s\" is taken on the network: this server is called \"%s\" there", self->name, name);
	utf8_copy(self->name, sizeof self->name, name);
	begin(self);
	return 0;
}

/* Somebody has a service of this name: Avahi makes up another one. */
static void take_other_name(struct announce *self) {
	sd_bus_message *message = NULL;
	drop_group(self);
	int error = sd_bus_message_new_method_call(
		bus_sd(self->bus), &message, avahi, "/", server_face, "GetAlternativeServiceName");
	if (error >= 0)
		error = sd_bus_message_append(message, "s", self->name);
	if (error >= 0)
		error = ask(self, message, on_other_name);
	sd_bus_message_unref(message);
	if (error < 0)
		complain(self, strerror(-error));
}

static int on_added(sd_bus_message *message, void *context, sd_bus_error *unused) {
	struct announce *self = context;
	(void)unused;
	self->unanswered--;
	if (sd_bus_message_is_method_error(message, collision))
		self->collided = true;
	else if (sd_bus_message_is_method_error(message, NULL))
		complain(self, error_of(message));
	if (self->unanswered || !self->group)
		return 0;
	if (self->collided)
		take_other_name(self);
	else
		ask_plainly(self, self->group, group_face, "Commit", on_ignored);
	return 0;
}

static int add(struct announce *self, const struct announce_place *place) {
	sd_bus_message *message = NULL;
	int error = sd_bus_message_new_method_call(
		bus_sd(self->bus), &message, avahi, self->group, group_face, "AddService");
	if (error >= 0)
		error = sd_bus_message_append(message, "iiussssqaay", place->interface,
			place->family == AF_INET ? PROTO_INET : PROTO_INET6, 0u, self->name, "_rfb._tcp", "",
			"", place->port, 0);
	if (error >= 0)
		error = ask(self, message, on_added);
	sd_bus_message_unref(message);
	return error < 0 ? error : 0;
}

static int on_group(sd_bus_message *message, void *context, sd_bus_error *unused) {
	struct announce *self = context;
	const char *path = "";
	(void)unused;
	if (sd_bus_message_is_method_error(message, SD_BUS_ERROR_SERVICE_UNKNOWN)) {
		complain(self, "there is no Avahi yet (systemctl start avahi-daemon)");
		return 0;
	}
	if (sd_bus_message_is_method_error(message, NULL)) {
		complain(self, error_of(message));
		return 0;
	}
	drop_group(self);
	if (sd_bus_message_read(message, "o", &path) < 0 || !(self->group = strdup(path)))
		return 0;
	self->collided = false;
	self->unanswered = 0;
	for (size_t i = 0; i < self->count; i++)
		self->unanswered += add(self, &self->places[i]) == 0;
	return 0;
}

static void begin(struct announce *self) {
	int error = ask_plainly(self, "/", server_face, "EntryGroupNew", on_group);
	if (error)
		complain(self, strerror(-error));
}

/* --- what Avahi says by itself --- */

static void tell(struct announce *self) {
	self->told = false;
	for (size_t i = 0; i < self->count; i++)
		log_info("announced on the network as \"%s\", port %u%s", self->name, self->places[i].port,
			self->places[i].family == AF_INET6 ? " (IPv6)" : "");
}

static int on_group_state(sd_bus_message *message, void *context, sd_bus_error *unused) {
	struct announce *self = context;
	int32_t state;
	const char *why;
	(void)unused;
	if (!self->group || strcmp(sd_bus_message_get_path(message), self->group) != 0 ||
		sd_bus_message_read(message, "is", &state, &why) < 0)
		return 0;
	if (state == GROUP_ESTABLISHED)
		tell(self);
	else if (state == GROUP_COLLISION)
		take_other_name(self);
	else if (state == GROUP_FAILURE)
		complain(self, why);
	return 0;
}

/* The host has another name now, and Avahi has dropped everything. */
static int on_server_state(sd_bus_message *message, void *context, sd_bus_error *unused) {
	int32_t state;
	const char *why;
	(void)unused;
	if (sd_bus_message_read(message, "is", &state, &why) >= 0 && state == SERVER_RUNNING)
		begin(context);
	return 0;
}

static int on_owner(sd_bus_message *message, void *context, sd_bus_error *unused) {
	struct announce *self = context;
	const char *name, *before, *now;
	(void)unused;
	if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0)
		return 0;
	free(self->group); /* it went with the Avahi that had it */
	self->group = NULL;
	if (now[0])
		begin(self);
	else
		complain(self, "Avahi has ended");
	return 0;
}

static int listen_to(struct announce *self) {
	sd_bus *sd = bus_sd(self->bus);
	int error = sd_bus_match_signal_async(
		sd, NULL, avahi, NULL, group_face, "StateChanged", on_group_state, NULL, self);
	if (error >= 0)
		error = sd_bus_match_signal_async(
			sd, NULL, avahi, "/", server_face, "StateChanged", on_server_state, NULL, self);
	if (error >= 0)
		error = sd_bus_add_match_async(sd, NULL,
			"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.Avahi'",
			on_owner, NULL, self);
	return error < 0 ? error : 0;
}

/* --- beginning and end --- */

static void on_lost(void *context) {
	struct announce *self = context;
	complain(self, "the system's D-Bus has closed the connection; restart this server when it is back");
	bus_close(self->bus);
	self->bus = NULL;
	drop_group(self);
}

static void set_name(struct announce *self, const char *name) {
	utf8_copy(self->given, sizeof self->given, name);
	strcpy(self->name, self->given);
}

int announce_create(uv_loop_t *loop, const char *name, const struct announce_place *places, size_t count,
	struct announce **result, struct reason *reason) {
	struct announce *self = calloc(1, sizeof *self);
	*result = NULL;
	if (!self)
		return reason_set(reason, -ENOMEM, "out of memory");
	set_name(self, name);
	self->count = count < ANNOUNCE_PLACES ? count : ANNOUNCE_PLACES;
	memcpy(self->places, places, self->count * sizeof *places);
	int error = bus_open(loop, on_lost, self, &self->bus, reason);
	if (!error && (error = listen_to(self)))
		reason_set(reason, error, "Avahi cannot be listened to: %s", strerror(-error));
	if (error) {
		announce_destroy(self);
		return error;
	}
	begin(self);
	*result = self;
	return 0;
}

void announce_rename(struct announce *self, const char *name) {
	char before[NAME_SIZE];
	if (!self || !self->bus)
		return;
	strcpy(before, self->given);
	set_name(self, name);
	if (strcmp(before, self->given) != 0)
		begin(self);
}

/* Avahi takes back what belongs to a connection that is closed. */
void announce_destroy(struct announce *self) {
	if (!self)
		return;
	bus_close(self->bus);
	free(self->group);
	free(self);
}
