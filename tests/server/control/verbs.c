/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rights viewers have after `zerovnc view-only`. What is called is wrapped and noted. */
#include "server/control/verbs.h"

#include <string.h>

#include "server/control/control.h"
#include "server/input/input.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "tests/server/called.h"
#include "tests/test.h"

static bool all_watch;

/* clang-format off */
WRAP(void, gateway_set_view_only, (struct gateway *gateway, bool view_only),
	{ (void)gateway; all_watch = view_only; note(view_only ? "on" : "off"); })
WRAP(bool, gateway_view_only, (const struct gateway *gateway), { (void)gateway; return all_watch; })
WRAP(void, input_prepare, (struct input *input), { (void)input; note("prepare"); })
WRAP(void, input_release, (struct input *input, uint64_t viewer),
	{ (void)input; note(viewer == 1 ? "release1" : "release2"); })
/* The second viewer came in by the view-only password. */
WRAP(void, gateway_report, (struct gateway *gateway,
	void (*each)(void *context, const struct viewer_report *report), void *context),
	{ (void)gateway; each(context, &(struct viewer_report){.id = 1, .view_only = all_watch});
		each(context, &(struct viewer_report){.id = 2, .view_only = true}); })
/* clang-format on */

static void check_answer(const struct verbs *verbs, const char *argument, const char *expected) {
	const struct control_asker asker = {.uid = 1, .pid = 2};
	json_t *answer = verbs_answer(verbs, "view-only", argument, &asker);
	CHECK_SAY(strcmp(done, expected) == 0, "%s: %s", argument, done);
	CHECK(!json_object_get(answer, "error") == (expected[0] != '\0'));
	json_decref(answer);
	done[0] = '\0';
}

int main(void) {
	struct verbs verbs = {.input = (struct input *)&done}, without = {0};
	check_answer(&verbs, "on", "on release1 release2");
	check_answer(&verbs, "on", "on release1 release2");
	check_answer(&verbs, "off", "off prepare release2");
	check_answer(&verbs, "yes", "");
	check_answer(&verbs, "", "");
	check_answer(&without, "on", "on");
	return 0;
}
