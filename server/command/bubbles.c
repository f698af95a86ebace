/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/bubbles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "capture/base/array.h"
#include "server/log.h"

static const char name[] = "org.freedesktop.Notifications", path[] = "/org/freedesktop/Notifications";

enum { OPEN = 32, BODY = 1024, CRITICAL = 2 };

struct question {
	uint32_t id; /* the desktop's; 0: none */
	uint64_t about;
};

struct bubbles {
	sd_bus *bus;
	void (*answered)(void *context, uint64_t about, bool yes);
	void *context;
	bool actions, markup; /* what the desktop can do */
	struct question open[OPEN];
};

static int on_action(sd_bus_message *message, void *context, sd_bus_error *unused) {
	(void)unused;
	struct bubbles *bubbles = context;
	uint32_t id;
	const char *key;
	if (sd_bus_message_read(message, "us", &id, &key) < 0)
		return 0;
	bool yes = strcmp(key, "allow") == 0, no = strcmp(key, "deny") == 0;
	for (size_t i = 0; i < OPEN; i++)
		if (id && bubbles->open[i].id == id && (yes || no))
			bubbles->answered(bubbles->context, bubbles->open[i].about, yes);
	return 0;
}

static int explain(const sd_bus_error *error, int result, struct reason *reason) {
	return reason_set(reason, result, "this desktop shows no notifications (%s): %s", name,
		error->message ? error->message : strerror(-result));
}

static int find_capabilities(struct bubbles *bubbles, struct reason *reason) {
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	char **list = NULL;
	int result =
		sd_bus_call_method(bubbles->bus, name, path, name, "GetCapabilities", &error, &reply, "");
	if (result >= 0)
		result = sd_bus_message_read_strv(reply, &list);
	if (result < 0)
		explain(&error, result, reason);
	for (char **word = list; word && *word; word++) {
		bubbles->actions |= strcmp(*word, "actions") == 0;
		bubbles->markup |= strcmp(*word, "body-markup") == 0;
		free(*word);
	}
	free(list);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return result < 0 ? result : 0;
}

int bubbles_open(void (*answered)(void *context, uint64_t about, bool yes), void *context,
	struct bubbles **result, struct reason *reason) {
	struct bubbles *bubbles = calloc(1, sizeof *bubbles);
	if (!bubbles)
		return reason_set(reason, -ENOMEM, "out of memory");
	bubbles->answered = answered;
	bubbles->context = context;
	int error = sd_bus_open_user(&bubbles->bus);
	if (error >= 0)
		error = sd_bus_match_signal(
			bubbles->bus, NULL, name, path, name, "ActionInvoked", on_action, bubbles);
	if (error < 0)
		reason_set(reason, error,
			"there is no desktop here: its D-Bus cannot be reached (DBUS_SESSION_BUS_ADDRESS): %s",
			strerror(-error));
	else
		error = find_capabilities(bubbles, reason);
	if (error < 0) {
		bubbles_close(bubbles);
		return error;
	}
	*result = bubbles;
	return 0;
}

void bubbles_close(struct bubbles *bubbles) {
	if (!bubbles)
		return;
	for (size_t i = 0; i < OPEN; i++)
		if (bubbles->open[i].id)
			bubbles_forget(bubbles, bubbles->open[i].about);
	sd_bus_flush_close_unref(bubbles->bus);
	free(bubbles);
}

int bubbles_fd(const struct bubbles *bubbles) {
	return sd_bus_get_fd(bubbles->bus);
}

bool bubbles_process(struct bubbles *bubbles) {
	int error;
	while ((error = sd_bus_process(bubbles->bus, NULL)) > 0)
		;
	return error == 0;
}

bool bubbles_answer(const struct bubbles *bubbles) {
	return bubbles->actions;
}

/* What a viewer calls itself must not become markup. */
static const char *escape(const struct bubbles *bubbles, const char *words, char body[BODY]) {
	static const char *const entities[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};
	size_t used = 0;
	for (; *words && used < BODY - 8; words++) {
		unsigned char c = (unsigned char)*words;
		const char *entity = bubbles->markup && c < ARRAY_LEN(entities) ? entities[c] : NULL;
		if (entity)
			used = (size_t)(stpcpy(body + used, entity) - body);
		else
			body[used++] = *words;
	}
	body[used] = '\0';
	return body;
}

static int append(sd_bus_message *message, const struct bubbles *bubbles, const char *title,
	const char *words, bool question) {
	char body[BODY];
	int error = sd_bus_message_append(message, "susss", "zerovnc", (uint32_t)0,
		"preferences-desktop-remote-desktop", title, escape(bubbles, words, body));
	if (error >= 0 && question && bubbles->actions)
		error = sd_bus_message_append(message, "as", 4, "allow", "Allow", "deny", "Deny");
	else if (error >= 0)
		error = sd_bus_message_append(message, "as", 0);
	if (error >= 0 && question)
		error = sd_bus_message_append(message, "a{sv}i", 1, "urgency", "y", CRITICAL, 0);
	else if (error >= 0)
		error = sd_bus_message_append(message, "a{sv}i", 0, -1);
	return error;
}

/* Returns the desktop's number for the bubble. 0: it is not shown. */
static uint32_t show(struct bubbles *bubbles, const char *title, const char *words, bool question) {
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL, *reply = NULL;
	struct reason reason = {""};
	uint32_t id = 0;
	int result = sd_bus_message_new_method_call(bubbles->bus, &message, name, path, name, "Notify");
	if (result >= 0)
		result = append(message, bubbles, title, words, question);
	if (result >= 0)
		result = sd_bus_call(bubbles->bus, message, 0, &error, &reply);
	if (result >= 0)
		result = sd_bus_message_read(reply, "u", &id);
	if (result < 0) {
		explain(&error, result, &reason);
		log_error("%s: %s", title, reason.text);
	}
	sd_bus_message_unref(reply);
	sd_bus_message_unref(message);
	sd_bus_error_free(&error);
	return id;
}

void bubbles_tell(struct bubbles *bubbles, const char *title, const char *words) {
	show(bubbles, title, words, false);
}

static bool is_open(const struct bubbles *bubbles, uint64_t about) {
	for (size_t i = 0; i < OPEN; i++)
		if (bubbles->open[i].id && bubbles->open[i].about == about)
			return true;
	return false;
}

void bubbles_ask(struct bubbles *bubbles, uint64_t about, const char *title, const char *words) {
	if (is_open(bubbles, about))
		return;
	uint32_t id = show(bubbles, title, words, true);
	for (size_t i = 0; i < OPEN && id; i++) {
		if (bubbles->open[i].id)
			continue;
		bubbles->open[i] = (struct question){id, about};
		return;
	}
}

void bubbles_forget(struct bubbles *bubbles, uint64_t about) {
	for (size_t i = 0; i < OPEN; i++) {
		struct question *question = &bubbles->open[i];
		if (!question->id || question->about != about)
			continue;
		sd_bus_call_method(
			bubbles->bus, name, path, name, "CloseNotification", NULL, NULL, "u", question->id);
		question->id = 0;
	}
}
