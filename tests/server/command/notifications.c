/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notifications [CAPABILITY...]: a made-up org.freedesktop.Notifications on the bus of
 * DBUS_SESSION_BUS_ADDRESS, for bell.py. It prints each bubble as "shown ID URGENCY TIMEOUT KEY,... TITLE |
 * WORDS", and "closed ID". A line "ID KEY" on standard input is what the person chooses.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/test.h"

static const char name[] = "org.freedesktop.Notifications", path[] = "/org/freedesktop/Notifications";
static char **capabilities;
static uint32_t last;

static int get_capabilities(sd_bus_message *call, void *context, sd_bus_error *error) {
	(void)context, (void)error;
	sd_bus_message *reply;
	CHECK(sd_bus_message_new_method_return(call, &reply) >= 0);
	CHECK(sd_bus_message_append_strv(reply, capabilities) >= 0);
	int sent = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return sent;
}

/* The keys of the actions, which stand before their words. */
static void read_actions(sd_bus_message *call, char *keys, size_t size) {
	const char *key, *word;
	CHECK(sd_bus_message_enter_container(call, 'a', "s") > 0);
	for (size_t used = 0; sd_bus_message_read(call, "ss", &key, &word) > 0;)
		used += (size_t)snprintf(keys + used, size - used, "%s,", key);
	CHECK(sd_bus_message_exit_container(call) >= 0);
}

static int read_urgency(sd_bus_message *call) {
	const char *hint;
	uint8_t urgency = 1;
	CHECK(sd_bus_message_enter_container(call, 'a', "{sv}") > 0);
	while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
		CHECK(sd_bus_message_read(call, "s", &hint) > 0 && strcmp(hint, "urgency") == 0);
		CHECK(sd_bus_message_read(call, "v", "y", &urgency) > 0);
		CHECK(sd_bus_message_exit_container(call) >= 0);
	}
	CHECK(sd_bus_message_exit_container(call) >= 0);
	return urgency;
}

static int notify(sd_bus_message *call, void *context, sd_bus_error *error) {
	(void)context, (void)error;
	const char *program, *icon, *title, *words;
	uint32_t replaces;
	int32_t timeout;
	char keys[64] = "";
	CHECK(sd_bus_message_read(call, "susss", &program, &replaces, &icon, &title, &words) > 0);
	read_actions(call, keys, sizeof keys);
	int urgency = read_urgency(call);
	CHECK(sd_bus_message_read(call, "i", &timeout) > 0);
	printf("shown %u %d %d [%s] %s | %s\n", ++last, urgency, timeout, keys, title, words);
	return sd_bus_reply_method_return(call, "u", last);
}

static int close_bubble(sd_bus_message *call, void *context, sd_bus_error *error) {
	(void)context, (void)error;
	uint32_t id;
	CHECK(sd_bus_message_read(call, "u", &id) > 0);
	printf("closed %u\n", id);
	return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable table[] = {SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetCapabilities", "", "as", get_capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("CloseNotification", "u", "", close_bubble, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("ActionInvoked", "us", 0), SD_BUS_VTABLE_END};

static int on_line(sd_event_source *source, int fd, uint32_t events, void *bus) {
	(void)fd, (void)events;
	char line[128], key[32];
	uint32_t id;
	if (!fgets(line, sizeof line, stdin))
		return sd_event_exit(sd_event_source_get_event(source), 0);
	CHECK(sscanf(line, "%u %31s", &id, key) == 2);
	CHECK(sd_bus_emit_signal(bus, path, name, "ActionInvoked", "us", id, key) >= 0);
	return 0;
}

int main(int argc, char **argv) {
	sd_bus *bus;
	sd_event *event;
	(void)argc;
	capabilities = argv + 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* no line waits where the event loop does not see it */
	CHECK(sd_event_new(&event) >= 0 && sd_bus_open_user(&bus) >= 0);
	CHECK(sd_bus_add_object_vtable(bus, NULL, path, name, table, NULL) >= 0);
	CHECK(sd_bus_request_name(bus, name, 0) >= 0);
	CHECK(sd_bus_attach_event(bus, event, 0) >= 0);
	CHECK(sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_line, bus) >= 0);
	puts("ready");
	CHECK(sd_event_loop(event) == 0);
	sd_bus_flush_close_unref(bus);
	sd_event_unref(event);
	return 0;
}
