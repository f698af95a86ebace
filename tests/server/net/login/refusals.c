/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floods of refusals are counted by kind, and no count is lost at the end. */
#include "server/net/login/refusals.h"

#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "tests/test.h"

static FILE *lines; /* receives stderr, and so the log */

/* Returns how many lines of the whole log contain this text. */
static unsigned count(const char *text) {
	char line[1024];
	unsigned found = 0;
	rewind(lines);
	while (fgets(line, sizeof line, lines))
		found += strstr(line, text) != NULL;
	return found;
}

static void flood(struct refusals *refusals, enum refusal why, const char *name, unsigned times) {
	char line[64];
	for (unsigned i = 0; i < times; i++) {
		snprintf(line, sizeof line, "%s %u", name, i);
		refusals_log(refusals, why, &(struct log_event){.name = "refused"}, line);
	}
}

int main(void) {
	uv_loop_t loop;
	CHECK(uv_loop_init(&loop) == 0);
	lines = tmpfile();
	CHECK(lines);
	int before = dup(STDERR_FILENO);
	CHECK(before >= 0 && dup2(fileno(lines), STDERR_FILENO) == STDERR_FILENO);
	struct refusals *refusals = refusals_create(&loop, 20);
	flood(refusals, REFUSAL_CROWD, "crowd", 332);
	flood(refusals, REFUSAL_LATE, "late", 3);
	uv_run(&loop, UV_RUN_DEFAULT); /* until the window ends and no timer is left */
	unsigned crowd = count("crowd "), more = count("and 312 more connections exceeded a limit"),
		 late = count("late "), any = count(" more connections ");
	flood(refusals, REFUSAL_CROWD, "anew", 22);
	refusals_destroy(refusals);
	uv_run(&loop, UV_RUN_DEFAULT);
	unsigned anew = count("anew "), rest = count("and 2 more connections exceeded");
	CHECK(dup2(before, STDERR_FILENO) == STDERR_FILENO);
	close(before);
	CHECK_SAY(crowd == REFUSALS_LINES && more == 1 && late == 3 && any == 1, "%u %u %u %u", crowd, more,
		late, any);
	CHECK_SAY(anew == REFUSALS_LINES && rest == 1, "%u %u", anew, rest);
	CHECK(uv_loop_close(&loop) == 0);
	fclose(lines);
	return 0;
}
