/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a key that a viewer holds, event by event, at times that the test chooses. */
#include "server/input/hold.h"

#include <stddef.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum what { BEGIN, LOOK, REPEAT };
enum { STAYS, GOES_UP, PRESS, AGAIN, TELL };

/* Each press begins a story, with a name. `talk` and `pointed` are the viewer's numbers by then. */
static const struct event {
	const char *story;
	enum what what;
	uint64_t ms, talk, pointed;
	int expected;
} events[] = {
	{"a release that is late", BEGIN, 1000, 7, 0, STAYS},
	{NULL, LOOK, 1299, 7, 0, STAYS},
	{NULL, LOOK, 1300, 7, 0, GOES_UP},
	{NULL, LOOK, 1600, 7, 0, STAYS},
	{"text: the echo is asked for, then the viewer repeats", BEGIN, 0, 0, 0, STAYS},
	{NULL, LOOK, 300, 2, 0, GOES_UP},
	{NULL, REPEAT, 660, 2, 0, PRESS},
	{NULL, REPEAT, 690, 3, 0, AGAIN},
	{NULL, REPEAT, 720, 4, 0, AGAIN},
	{NULL, LOOK, 1020, 5, 0, GOES_UP},
	{"a viewer that repeats early", BEGIN, 0, 0, 0, STAYS},
	{NULL, REPEAT, 225, 0, 0, AGAIN},
	{NULL, REPEAT, 255, 1, 0, AGAIN},
	{NULL, LOOK, 554, 1, 0, STAYS},
	{NULL, LOOK, 555, 2, 0, GOES_UP},
	{"a game", BEGIN, 0, 0, 0, STAYS},
	{NULL, LOOK, 300, 3, 0, STAYS},
	{NULL, REPEAT, 310, 3, 0, TELL},
	{NULL, LOOK, 600, 9, 0, STAYS},
	{NULL, REPEAT, 640, 9, 0, TELL},
	{NULL, LOOK, 900, 12, 0, STAYS},
	{"a game whose line breaks", BEGIN, 0, 0, 0, STAYS},
	{NULL, LOOK, 300, 30, 0, STAYS},
	{NULL, LOOK, 600, 32, 0, GOES_UP},
	{NULL, REPEAT, 900, 40, 0, PRESS},
	{NULL, REPEAT, 930, 44, 0, AGAIN},
	{"a game and a viewer that repeats early", BEGIN, 0, 0, 0, STAYS},
	{NULL, REPEAT, 250, 10, 0, TELL},
	{NULL, LOOK, 300, 12, 0, STAYS},
	{"a key and the mouse", BEGIN, 0, 0, 0, STAYS},
	{NULL, LOOK, 300, 0, 0, GOES_UP},
	{NULL, REPEAT, 500, 0, 0, PRESS},
	{NULL, REPEAT, 530, 9, 9, TELL},
	{NULL, REPEAT, 560, 20, 20, TELL},
	{NULL, REPEAT, 590, 20, 20, AGAIN},
};

static int feed(struct hold *hold, const struct event *event) {
	static const int answers[] = {[HOLD_PRESS] = PRESS, [HOLD_AGAIN] = AGAIN, [HOLD_TELL] = TELL};
	switch (event->what) {
	case LOOK:
		return hold_is_over(hold, event->ms, event->talk) ? GOES_UP : STAYS;
	case REPEAT:
		return answers[hold_repeat(hold, event->ms, event->talk, event->pointed)];
	default:
		hold_begin(hold, event->ms, event->talk, event->pointed);
		return STAYS;
	}
}

int main(void) {
	struct hold hold = {0};
	const char *story = NULL;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		story = events[i].story ? events[i].story : story;
		int got = feed(&hold, &events[i]);
		CHECK_SAY(got == events[i].expected, "%s: at %llu: %d", story,
			(unsigned long long)events[i].ms, got);
	}
	return 0;
}
