/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/people/seat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"
#include "server/system/bus.h"

static const char logind[] = "org.freedesktop.login1", seat_path[] = "/org/freedesktop/login1/seat/seat0",
		  properties[] = "org.freedesktop.DBus.Properties";

struct seat {
	uv_loop_t *loop;
	struct bus *bus; /* NULL: not connected */
	void (*looked)(void *context);
	void *context;
	struct seat_person person;
	struct seat_person found; /* as far as it was found out by the look under way */
	bool looking, again;
};

static int begin(struct seat *seat);

static void finish(struct seat *seat, bool known) {
	seat->looking = false;
	seat->person = seat->found;
	seat->person.known = known;
	if (seat->again && begin(seat) >= 0)
		return;
	seat->looked(seat->context);
}

static void on_lost(void *context) {
	struct seat *seat = context;
	log_warning(
		"who is at the screen is not known any more: the system's D-Bus has closed the connection");
	bus_close(seat->bus);
	seat->bus = NULL;
	seat->again = false;
	seat->found = (struct seat_person){0};
	finish(seat, false);
}

/* --- the session --- */

static int read_user(sd_bus_message *message, struct seat_person *found) {
	uint32_t uid;
	const char *path;
	int error = sd_bus_message_read(message, "v", "(uo)", &uid, &path);
	found->uid = uid;
	return error;
}

/* sd_session_get_class(3). Since systemd 256, root's sessions are "user-early". */
static bool is_of_user(const char *class) {
	return strncmp(class, "user", 4) == 0 && strcmp(class, "user-incomplete") != 0;
}

static int read_class(sd_bus_message *message, struct seat_person *found) {
	const char *class;
	int error = sd_bus_message_read(message, "v", "s", &class);
	if (error >= 0)
		found->somebody = is_of_user(class);
	return error;
}

static int read_flag(sd_bus_message *message, bool *flag) {
	int value = 0, error = sd_bus_message_read(message, "v", "b", &value);
	*flag = value;
	return error;
}

static int read_property(sd_bus_message *message, struct seat_person *found) {
	const char *name;
	int error = sd_bus_message_read(message, "s", &name);
	if (error < 0)
		return error;
	if (strcmp(name, "User") == 0)
		return read_user(message, found);
	if (strcmp(name, "Class") == 0)
		return read_class(message, found);
	if (strcmp(name, "IdleHint") == 0)
		return read_flag(message, &found->idle);
	if (strcmp(name, "LockedHint") == 0)
		return read_flag(message, &found->locked);
	return sd_bus_message_skip(message, "v");
}

static int on_session(sd_bus_message *message, void *context, sd_bus_error *unused) {
	(void)unused;
	struct seat *seat = context;
	bool good = !sd_bus_message_is_method_error(message, NULL) &&
		    sd_bus_message_enter_container(message, 'a', "{sv}") > 0;
	while (good && sd_bus_message_enter_container(message, 'e', "sv") > 0)
		good = read_property(message, &seat->found) >= 0 &&
		       sd_bus_message_exit_container(message) >= 0;
	finish(seat, good);
	return 0;
}

static int ask_session(struct seat *seat, const char *path) {
	return sd_bus_call_method_async(bus_sd(seat->bus), NULL, logind, path, properties, "GetAll",
		on_session, seat, "s", "org.freedesktop.login1.Session");
}

/* --- the seat --- */

static int on_active(sd_bus_message *message, void *context, sd_bus_error *unused) {
	(void)unused;
	struct seat *seat = context;
	const char *id, *path;
	bool good = !sd_bus_message_is_method_error(message, NULL) &&
		    sd_bus_message_read(message, "v", "(so)", &id, &path) > 0;
	if (!good || !id[0] || ask_session(seat, path) < 0) {
		finish(seat, good && !id[0]);
		return 0;
	}
	snprintf(seat->found.session, sizeof seat->found.session, "%s", id);
	bus_turn(seat->bus);
	return 0;
}

/* Begins to look, or if that is done already, to look again afterwards. */
static int begin(struct seat *seat) {
	seat->again = seat->looking;
	if (seat->looking)
		return 0;
	seat->found = (struct seat_person){0};
	int error = sd_bus_call_method_async(bus_sd(seat->bus), NULL, logind, seat_path, properties, "Get",
		on_active, seat, "ss", "org.freedesktop.login1.Seat", "ActiveSession");
	bus_turn(seat->bus);
	seat->looking = error >= 0;
	return error < 0 ? error : 0;
}

static int on_changed(sd_bus_message *message, void *context, sd_bus_error *unused) {
	(void)message;
	(void)unused;
	begin(context);
	return 0;
}

static int connect_bus(struct seat *seat, struct reason *reason) {
	int error = bus_open(seat->loop, on_lost, seat, &seat->bus, reason);
	if (error)
		return error;
	error = sd_bus_match_signal_async(bus_sd(seat->bus), NULL, logind, NULL, properties,
		"PropertiesChanged", on_changed, NULL, seat);
	if (error >= 0)
		return 0;
	bus_close(seat->bus);
	seat->bus = NULL;
	return reason_set(reason, error, "the system's D-Bus cannot be used: %s", strerror(-error));
}

/* --- for others --- */

bool seat_person_is_here(const struct seat_person *person) {
	return !person->known || (person->somebody && !person->locked && !person->idle);
}

int seat_look(struct seat *seat, struct reason *reason) {
	int error = seat->bus ? 0 : connect_bus(seat, reason);
	if (error)
		return error;
	error = begin(seat);
	return error ? reason_set(reason, error, "logind cannot be asked: %s", strerror(-error)) : 0;
}

const struct seat_person *seat_person(const struct seat *seat) {
	return &seat->person;
}

static int on_locked(sd_bus_message *message, void *context, sd_bus_error *unused) {
	(void)context;
	(void)unused;
	const sd_bus_error *error = sd_bus_message_get_error(message);
	if (error)
		log_error(
			"the session at the screen could not be locked: %s (a server that is not root needs zerovnc.rules: see SEAT in zerovnc(8))",
			error->message ? error->message : error->name);
	else
		log_info("the session at the screen was told to lock");
	return 0;
}

void seat_lock(struct seat *seat) {
	int error = !seat->bus ? -ENOTCONN
			       : sd_bus_call_method_async(bus_sd(seat->bus), NULL, logind,
					 "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
					 "LockSession", on_locked, seat, "s", seat->person.session);
	if (error < 0)
		log_error("the session at the screen could not be locked: logind cannot be asked: %s",
			strerror(-error));
	else
		bus_turn(seat->bus);
}

struct seat *seat_create(uv_loop_t *loop, void (*looked)(void *context), void *context) {
	struct seat *seat = calloc(1, sizeof *seat);
	if (!seat)
		return NULL;
	seat->loop = loop;
	seat->looked = looked;
	seat->context = context;
	return seat;
}

void seat_destroy(struct seat *seat) {
	if (!seat)
		return;
	bus_close(seat->bus);
	free(seat);
}
