/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/ask.h"

#include <errno.h>
#include <stdio.h>

#include "capture/base/array.h"
#include "server/command/table.h"
#include "server/control/ask.h"
#include "server/control/control.h"
#include "server/control/status.h"
#include "server/log.h"
#include "server/printable_json.h"

/* These print an answer for people; it is printable already. */

static void print_output(const json_t *answer) {
	printf("serving %s\n", json_string_value(json_object_get(answer, "output")));
}

static void print_disconnected(const json_t *answer) {
	json_int_t count = json_integer_value(json_object_get(answer, "disconnected"));
	printf("%lld viewer%s disconnected\n", (long long)count, count == 1 ? " was" : "s were");
}

static void print_allowed(const json_t *answer) {
	printf("viewer %lld may join\n", (long long)json_integer_value(json_object_get(answer, "allowed")));
}

static void print_denied(const json_t *answer) {
	printf("viewer %lld is turned away\n",
		(long long)json_integer_value(json_object_get(answer, "denied")));
}

static void print_viewers(const json_t *answer) {
	const json_t *viewers = json_object_get(answer, "viewers");
	if (json_array_size(viewers))
		table_print_viewers(viewers);
	else
		puts("nobody is connected");
}

static void print_view_only(const json_t *answer) {
	puts(json_is_true(json_object_get(answer, "view_only"))
			? "no viewer may type or point now"
			: "viewers may type and point, unless they came in as view-only");
}

static void print_connected(const json_t *answer) {
	puts(json_string_value(json_object_get(answer, "connected")));
}

static void print_names(const char *title, const json_t *names) {
	for (size_t i = 0; i < json_array_size(names); i++)
		printf("%s%s", i ? ", " : title, json_string_value(json_array_get(names, i)));
	if (json_array_size(names))
		putchar('\n');
}

static void print_reload(const json_t *answer) {
	const json_t *changed = json_object_get(answer, "changed"),
		     *rest = json_object_get(answer, "restart");
	if (!json_array_size(changed) && !json_array_size(rest))
		puts("nothing has changed");
	print_names("changed: ", changed);
	print_names("takes effect after a restart: ", rest);
}

static const struct {
	enum config_command command;
	const char *verb;
	void (*print)(const json_t *answer);
} questions[] = {
	{CONFIG_STATUS, "status", status_print_text},
	{CONFIG_OUTPUT, "output", print_output},
	{CONFIG_VIEWERS, "viewers", print_viewers},
	{CONFIG_DISCONNECT, "disconnect", print_disconnected},
	{CONFIG_ALLOW, "allow", print_allowed},
	{CONFIG_DENY, "deny", print_denied},
	{CONFIG_VIEW_ONLY, "view-only", print_view_only},
	{CONFIG_CONNECT, "connect", print_connected},
	{CONFIG_RELOAD, "reload", print_reload},
};

static size_t find_question(enum config_command command) {
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(questions) && questions[i].command != command)
		i++;
	return i;
}

static json_t *ask(const struct config *config, const char *verb, struct reason *reason) {
	char request[CONTROL_REQUEST_SIZE];
	int size = snprintf(request, sizeof request, "%s%s%s", verb, config->argument ? " " : "",
		config->argument ? config->argument : "");
	if (size < CONTROL_REQUEST_SIZE - 1)
		return control_ask(config->control, request, reason);
	reason_set(reason, -EINVAL, "what `%s` is to act on is too long", verb);
	return NULL;
}

static void print(const struct config *config, size_t question, const json_t *answer) {
	json_t *words;
	if (config->json) {
		printable_dump(answer, stdout);
	} else if (config->prometheus && config->command == CONFIG_STATUS) {
		status_print_prometheus(answer);
	} else {
		words = printable_json(answer);
		questions[question].print(words);
		json_decref(words);
	}
}

int ask_run(const struct config *config) {
	struct reason reason = {""};
	size_t question = find_question(config->command);
	json_t *answer = ask(config, questions[question].verb, &reason);
	const char *error = answer ? json_string_value(json_object_get(answer, "error")) : reason.text;
	if (error)
		log_error("%s", error);
	else
		print(config, question, answer);
	json_decref(answer);
	return error ? 1 : 0;
}
