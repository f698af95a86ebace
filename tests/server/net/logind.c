/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logind: a made-up org.freedesktop.login1 on the bus of DBUS_SYSTEM_BUS_ADDRESS, for logind.py. A line on
 * standard input says who is at the screen: "UID CLASS IDLE LOCKED" (the last two 0 or 1), or "nobody". It is
 * answered by "done" when everybody was told. "locked" is answered by the sessions that were told to lock.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/test.h"

static const char seat_path[] = "/org/freedesktop/login1/seat/seat0",
		  session_path[] = "/org/freedesktop/login1/session/c7",
		  seat_name[] = "org.freedesktop.login1.Seat",
		  session_name[] = "org.freedesktop.login1.Session";

static bool somebody;
static unsigned uid;
static char class[16];
static int idle, locked;
static char told[256]; /* the sessions that were told to lock */

static int get_active(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *context, sd_bus_error *error) {
	(void)bus, (void)path, (void)interface, (void)property, (void)context, (void)error;
	return sd_bus_message_append(reply, "(so)", somebody ? "c7" : "", somebody ? session_path : "/");
}

static int get_user(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *context, sd_bus_error *error) {
	(void)bus, (void)path, (void)interface, (void)property, (void)context, (void)error;
	return sd_bus_message_append(reply, "(uo)", uid, "/org/freedesktop/login1/user/_1");
}

static int get_class(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *context, sd_bus_error *error) {
	(void)bus, (void)path, (void)interface, (void)property, (void)context, (void)error;
	return sd_bus_message_append(reply, "s", class);
}

static int get_flag(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *context, sd_bus_error *error) {
	(void)bus, (void)path, (void)interface, (void)context, (void)error;
	return sd_bus_message_append(reply, "b", strcmp(property, "IdleHint") == 0 ? idle : locked);
}

static int lock(sd_bus_message *message, void *context, sd_bus_error *error) {
	(void)context, (void)error;
	const char *id;
	CHECK(sd_bus_message_read(message, "s", &id) > 0);
	size_t used = strlen(told);
	snprintf(told + used, sizeof told - used, " %s", id);
	return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable seat[] = {SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ActiveSession", "(so)", get_active, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END};
/* Type is for whoever reads properties that it does not know. */
static const sd_bus_vtable session[] = {SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("User", "(uo)", get_user, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Type", "s", get_class, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Class", "s", get_class, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("IdleHint", "b", get_flag, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("LockedHint", "b", get_flag, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END};
static const sd_bus_vtable manager[] = {SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("LockSession", "s", "", lock, SD_BUS_VTABLE_UNPRIVILEGED), SD_BUS_VTABLE_END};

static void obey(sd_bus *bus, const char *line) {
	if (strncmp(line, "locked", 6) == 0) {
		printf("%s\n", told);
		return;
	}
	somebody = sscanf(line, "%u %15s %d %d", &uid, class, &idle, &locked) == 4;
	CHECK(somebody || strncmp(line, "nobody", 6) == 0);
	CHECK(sd_bus_emit_properties_changed(
		      bus, session_path, session_name, "IdleHint", "LockedHint", NULL) >= 0);
	CHECK(sd_bus_emit_properties_changed(bus, seat_path, seat_name, "ActiveSession", NULL) >= 0);
	CHECK(sd_bus_flush(bus) >= 0);
	puts("done");
}

static int on_line(sd_event_source *source, int fd, uint32_t events, void *bus) {
	(void)fd, (void)events;
	char line[128];
	if (fgets(line, sizeof line, stdin))
		obey(bus, line);
	else
		sd_event_exit(sd_event_source_get_event(source), 0);
	return 0;
}

int main(void) {
	sd_bus *bus;
	sd_event *event;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* no line waits where the event loop does not see it */
	CHECK(sd_event_new(&event) >= 0 && sd_bus_open_system(&bus) >= 0);
	CHECK(sd_bus_add_object_vtable(bus, NULL, seat_path, seat_name, seat, NULL) >= 0);
	CHECK(sd_bus_add_object_vtable(bus, NULL, session_path, session_name, session, NULL) >= 0);
	CHECK(sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
		      manager, NULL) >= 0);
	CHECK(sd_bus_request_name(bus, "org.freedesktop.login1", 0) >= 0);
	CHECK(sd_bus_attach_event(bus, event, 0) >= 0);
	CHECK(sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_line, bus) >= 0);
	puts("ready");
	CHECK(sd_event_loop(event) == 0);
	sd_bus_flush_close_unref(bus);
	sd_event_unref(event);
	return 0;
}
