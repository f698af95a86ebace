/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs: what the running server does at once when a command such as `zerovnc disconnect` asks for it through
 * the control socket (control.h). Loop thread. */
#ifndef ZEROVNC_VERBS_H
#define ZEROVNC_VERBS_H

#include <jansson.h>
#include <stdbool.h>

struct approval;
struct control_asker;
struct gateway;
struct input;

/* What the verbs act on; borrowed. */
struct verbs {
	struct gateway *gateway;
	struct input *input; /* NULL: there are no input devices */
	struct approval *approval;
};

/* All viewers may only watch, or do again what each of them may. What those that may not hold is released. */
void verbs_set_view_only(const struct verbs *verbs, bool view_only);

/* Rights of viewers may have changed. What those that may not type hold is released. */
void verbs_follow_rights(const struct verbs *verbs);

/* What control_events.command has to do. Every act is logged with who asked for it. */
json_t *verbs_answer(
	const struct verbs *verbs, const char *verb, const char *argument, const struct control_asker *asker);

#endif
