/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/bell.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "server/command/bubbles.h"
#include "server/control/ask.h"
#include "server/json_member.h"
#include "server/log.h"
#include "server/printable_json.h"

enum { AGAIN_MS = 10000, LINE = 256 << 10, WORDS = 600 };

struct bell {
	const struct config *config;
	struct bubbles *bubbles;
	int events; /* the connection; -1: none */
	size_t used;
	bool signs;               /* the server wants it shown that somebody watches */
	struct reason complained; /* why there is no connection, as the log has it */
	char line[LINE];
};

/* --- the answer --- */

static void on_answered(void *context, uint64_t viewer, bool yes) {
	const struct bell *bell = context;
	struct reason reason = {""};
	char request[64];
	snprintf(request, sizeof request, "%s %llu", yes ? "allow" : "deny", (unsigned long long)viewer);
	json_t *answer = control_ask(bell->config->control, request, &reason);
	json_t *words = answer ? printable_json(answer) : NULL;
	const char *error = words ? json_member_text(words, "error") : reason.text;
	if (error[0])
		bubbles_tell(bell->bubbles, "Your answer had no effect", error);
	json_decref(words);
	json_decref(answer);
}

/* --- what happens --- */

/* "bob from 192.0.2.7:51234", with what is known about it. */
static void describe(const json_t *viewer, char words[WORDS]) {
	const char *account = json_member_text(viewer, "account"), *user = json_member_text(viewer, "user");
	const char *who = account[0] ? account : user[0] ? user : "Somebody";
	snprintf(words, WORDS, "%s from %s", who, json_member_text(viewer, "address"));
}

static void ask(struct bell *bell, uint64_t id, const json_t *viewer) {
	char who[WORDS], words[2 * WORDS];
	describe(viewer, who);
	if (bubbles_answer(bell->bubbles))
		snprintf(words, sizeof words, "%s wants to see this screen.", who);
	else
		snprintf(words, sizeof words,
			"%s wants to see this screen. Type `zerovnc allow %llu` or `zerovnc deny %llu`.", who,
			(unsigned long long)id, (unsigned long long)id);
	bubbles_ask(bell->bubbles, id, "May this viewer join?", words);
}

static void on_asks(struct bell *bell, const json_t *event) {
	ask(bell, (uint64_t)json_member_number(event, "viewer"), event);
}

static void on_joined(struct bell *bell, const json_t *event) {
	char words[WORDS];
	bool watches = json_is_true(json_object_get(event, "view_only"));
	bubbles_forget(bell->bubbles, (uint64_t)json_member_number(event, "viewer"));
	describe(event, words);
	if (bell->signs)
		bubbles_tell(bell->bubbles,
			watches ? "Somebody watches this screen" : "Somebody watches and uses this screen",
			words);
}

static void on_left(struct bell *bell, const json_t *event) {
	char words[WORDS];
	describe(event, words);
	if (bell->signs)
		bubbles_tell(bell->bubbles, "Somebody has stopped watching this screen", words);
}

static void on_refused(struct bell *bell, const json_t *event) {
	uint64_t viewer = (uint64_t)json_member_number(event, "viewer");
	if (viewer) /* others were never asked about */
		bubbles_forget(bell->bubbles, viewer);
}

static void on_began(struct bell *bell, const json_t *event) {
	const json_t *viewers = json_object_get(event, "viewers");
	char words[WORDS];
	bell->signs = json_is_true(json_object_get(event, "sign"));
	for (size_t i = 0; i < json_array_size(viewers); i++) {
		const json_t *viewer = json_array_get(viewers, i);
		describe(viewer, words);
		if (json_is_true(json_object_get(viewer, "waits")))
			ask(bell, (uint64_t)json_member_number(viewer, "id"), viewer);
		else if (bell->signs)
			bubbles_tell(bell->bubbles, "Somebody watches this screen", words);
	}
}

static const struct {
	const char *name;
	void (*on)(struct bell *bell, const json_t *event);
} table[] = {
	{"began", on_began},
	{"asks", on_asks},
	{"joined", on_joined},
	{"left", on_left},
	{"refused", on_refused},
};

static void complain(struct bell *bell, const struct reason *reason) {
	if (strcmp(bell->complained.text, reason->text) != 0)
		log_info("%s", reason->text);
	bell->complained = *reason;
}

static void on_line(struct bell *bell, const char *line) {
	json_t *json = json_loads(line, 0, NULL), *event = json ? printable_json(json) : NULL;
	struct reason reason;
	const char *name = event ? json_member_text(event, "event") : "";
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			table[i].on(bell, event);
	if (name[0])
		bell->complained.text[0] = '\0';
	else if (event && json_member_text(event, "error")[0]) {
		reason_set(&reason, -EPERM, "%s", json_member_text(event, "error"));
		complain(bell, &reason);
	}
	json_decref(event);
	json_decref(json);
}

/* --- the connection --- */

static void connect_server(struct bell *bell) {
	struct reason reason;
	bell->used = 0;
	bell->events = control_open(bell->config->control, "events", &reason);
	if (bell->events < 0)
		complain(bell, &reason);
}

static void disconnect(struct bell *bell) {
	close(bell->events);
	bell->events = -1;
}

static void take_lines(struct bell *bell) {
	char *line = bell->line, *end;
	while ((end = memchr(line, '\n', bell->used - (size_t)(line - bell->line)))) {
		*end = '\0';
		on_line(bell, line);
		line = end + 1;
	}
	bell->used -= (size_t)(line - bell->line);
	memmove(bell->line, line, bell->used);
}

static void read_events(struct bell *bell) {
	ssize_t got = read(bell->events, bell->line + bell->used, LINE - bell->used);
	if (got <= 0) { /* the server has ended, or a line is longer than any that it sends */
		disconnect(bell);
		return;
	}
	bell->used += (size_t)got;
	take_lines(bell);
}

/* Returns false if the desktop is gone. */
static bool turn(struct bell *bell) {
	struct pollfd fds[] = {
		{.fd = bubbles_fd(bell->bubbles), .events = POLLIN}, {.fd = bell->events, .events = POLLIN}};
	int ready = poll(fds, 2, bell->events < 0 ? AGAIN_MS : -1);
	if (ready == 0)
		connect_server(bell);
	if (ready > 0 && fds[1].revents)
		read_events(bell);
	return bubbles_process(bell->bubbles);
}

int bell_run(const struct config *config) {
	static struct bell bell;
	struct reason reason;
	bell.config = config;
	if (bubbles_open(on_answered, &bell, &bell.bubbles, &reason)) {
		log_error("%s", reason.text);
		return 1;
	}
	connect_server(&bell);
	while (turn(&bell))
		;
	log_info("the desktop's D-Bus has closed the connection");
	if (bell.events >= 0)
		disconnect(&bell);
	bubbles_close(bell.bubbles);
	return 1;
}
