/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which viewers stay when another joins: every mode, every newcomer, every company. */
#include "server/net/sharing.h"

#include "capture/base/array.h"
#include "tests/test.h"

enum { IN = SHARING_JOINS, ALONE = SHARING_ALONE, OUT = SHARING_STAYS_OUT };
enum { NOBODY, LOOKERS, TYPISTS, BOTH, COMPANIES };

static const struct {
	const char *what;
	enum sharing sharing;
	struct sharing_newcomer newcomer;
	int verdicts[COMPANIES]; /* beside nobody, viewers that only look, viewers that type, and both */
} rows[] = {
	{"viewer, shares", SHARING_VIEWER, {true, false}, {IN, IN, IN, IN}},
	{"viewer, alone", SHARING_VIEWER, {false, false}, {IN, ALONE, ALONE, ALONE}},
	{"viewer, shares and looks", SHARING_VIEWER, {true, true}, {IN, IN, IN, IN}},
	{"viewer, alone and looks", SHARING_VIEWER, {false, true}, {IN, IN, IN, IN}},
	{"always, shares", SHARING_ALWAYS, {true, false}, {IN, IN, IN, IN}},
	{"always, alone", SHARING_ALWAYS, {false, false}, {IN, IN, IN, IN}},
	{"always, shares and looks", SHARING_ALWAYS, {true, true}, {IN, IN, IN, IN}},
	{"always, alone and looks", SHARING_ALWAYS, {false, true}, {IN, IN, IN, IN}},
	{"never, shares", SHARING_NEVER, {true, false}, {IN, ALONE, ALONE, ALONE}},
	{"never, alone", SHARING_NEVER, {false, false}, {IN, ALONE, ALONE, ALONE}},
	{"never, shares and looks", SHARING_NEVER, {true, true}, {IN, ALONE, OUT, OUT}},
	{"never, alone and looks", SHARING_NEVER, {false, true}, {IN, ALONE, OUT, OUT}},
	{"refuse, shares", SHARING_REFUSE, {true, false}, {IN, IN, IN, IN}},
	{"refuse, alone", SHARING_REFUSE, {false, false}, {IN, OUT, OUT, OUT}},
	{"refuse, shares and looks", SHARING_REFUSE, {true, true}, {IN, IN, IN, IN}},
	{"refuse, alone and looks", SHARING_REFUSE, {false, true}, {IN, OUT, OUT, OUT}},
};

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int company = NOBODY; company < COMPANIES; company++) {
			size_t typists = company & TYPISTS ? 2 : 0, lookers = company & LOOKERS ? 3 : 0;
			const char *why;
			int verdict = (int)sharing_decide(
				rows[i].sharing, &rows[i].newcomer, typists, lookers, &why);
			CHECK_SAY(verdict == rows[i].verdicts[company], "%s, company %d: %d", rows[i].what,
				company, verdict);
			/* a viewer that does not get what it asks for is given a reason */
			CHECK_SAY(
				verdict != SHARING_STAYS_OUT || why, "%s, company %d", rows[i].what, company);
		}
	return 0;
}
