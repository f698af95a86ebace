/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/verbs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/reason.h"
#include "server/control/control.h"
#include "server/control/status.h"
#include "server/input/input.h"
#include "server/log.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "server/people/approval.h"
#include "server/printable_json.h"

static json_t *refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static json_t *refuse(const char *format, ...) {
	struct reason reason = {""};
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(reason.text, sizeof reason.text, format, arguments);
	va_end(arguments);
	return json_pack("{s:o}", "error", printable_string(reason.text));
}

static json_t *viewers(const struct verbs *verbs, const char *argument, const struct control_asker *asker) {
	(void)argument;
	(void)asker;
	return json_pack("{s:o}", "viewers", status_build_viewers(verbs->gateway));
}

/* Returns false if the text is no id. */
static bool read_id(const char *text, uint64_t *id) {
	char *end;
	errno = 0;
	*id = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *id;
}

static json_t *disconnect(
	const struct verbs *verbs, const char *argument, const struct control_asker *asker) {
	uint64_t id = 0;
	char why[CONTROL_ASKER_WORDS + 32], words[CONTROL_ASKER_WORDS];
	if (strcmp(argument, "all") != 0 && !read_id(argument, &id))
		return refuse(
			"'%s' is neither a viewer's id nor 'all': `zerovnc viewers` lists the ids", argument);
	snprintf(why, sizeof why, "disconnected by %s", control_describe_asker(asker, words));
	size_t count = gateway_disconnect(verbs->gateway, id, why);
	if (id && !count)
		return refuse(
			"there is no viewer %llu: `zerovnc viewers` lists the ids", (unsigned long long)id);
	return json_pack("{s:I}", "disconnected", (json_int_t)count);
}

/* `done` names the answer's member. */
static json_t *answer_about(const struct verbs *verbs, const char *argument, bool allowed, const char *done,
	const struct control_asker *asker) {
	uint64_t id;
	char words[CONTROL_ASKER_WORDS];
	struct reason reason;
	if (!read_id(argument, &id))
		return refuse("'%s' is no viewer's id: `zerovnc viewers` lists the ids", argument);
	if (approval_answer(verbs->approval, id, allowed, control_describe_asker(asker, words), &reason))
		return refuse("%s", reason.text);
	return json_pack("{s:I}", done, (json_int_t)id);
}

static json_t *allow(const struct verbs *verbs, const char *argument, const struct control_asker *asker) {
	return answer_about(verbs, argument, true, "allowed", asker);
}

static json_t *deny(const struct verbs *verbs, const char *argument, const struct control_asker *asker) {
	return answer_about(verbs, argument, false, "denied", asker);
}

static void follow_one(void *context, const struct viewer_report *report) {
	if (report->view_only)
		input_release(context, report->id);
	else
		input_prepare(context);
}

void verbs_follow_rights(const struct verbs *verbs) {
	if (verbs->input)
		gateway_report(verbs->gateway, follow_one, verbs->input);
}

void verbs_set_view_only(const struct verbs *verbs, bool view_only) {
	gateway_set_view_only(verbs->gateway, view_only);
	verbs_follow_rights(verbs);
}

static json_t *view_only(const struct verbs *verbs, const char *argument, const struct control_asker *asker) {
	bool on = strcmp(argument, "on") == 0;
	char words[CONTROL_ASKER_WORDS];
	if (!on && strcmp(argument, "off") != 0)
		return refuse("'%s' is neither 'on' nor 'off'", argument);
	if (on != gateway_view_only(verbs->gateway))
		log_info(
			on ? "no viewer may type or point now (%s)" : "viewers may type and point again (%s)",
			control_describe_asker(asker, words));
	verbs_set_view_only(verbs, on);
	return json_pack("{s:b}", "view_only", on);
}

static const struct {
	const char *verb;
	const char *argument; /* what it is, for people; NULL: it has none */
	json_t *(*answer)(const struct verbs *verbs, const char *argument, const struct control_asker *asker);
} table[] = {
	{"viewers", NULL, viewers},
	{"disconnect", "ID|all", disconnect},
	{"allow", "ID", allow},
	{"deny", "ID", deny},
	{"view-only", "on|off", view_only},
};

static json_t *refuse_verb(const char *verb) {
	char list[256] = "status, output NAME, connect HOST, events, reload";
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		size_t used = strlen(list);
		snprintf(list + used, sizeof list - used, ", %s%s%s", table[i].verb,
			table[i].argument ? " " : "", table[i].argument ? table[i].argument : "");
	}
	return refuse("there is no request '%s' of that form; the requests are %s", verb, list);
}

json_t *verbs_answer(const struct verbs *verbs, const char *verb, const char *argument,
	const struct control_asker *asker) {
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].verb, verb) == 0 && !table[i].argument == !argument[0])
			return table[i].answer(verbs, argument, asker);
	return refuse_verb(verb);
}
