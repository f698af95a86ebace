/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/hold.h"

void hold_begin(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed) {
	*hold = (struct hold){.begun_ms = now_ms, .talk = talk, .pointed = pointed};
}

uint64_t hold_due_ms(const struct hold *hold) {
	return hold->begun_ms + HOLD_WINDOW_MS;
}

static void next_window(struct hold *hold, uint64_t now_ms, uint64_t talk) {
	hold->begun_ms = now_ms;
	hold->talk = talk;
}

bool hold_is_over(struct hold *hold, uint64_t now_ms, uint64_t talk) {
	if (hold->up || now_ms < hold_due_ms(hold))
		return false;
	if (talk - hold->talk < HOLD_TALK) {
		hold->up = true;
		return true;
	}
	hold->proven = true;
	next_window(hold, now_ms, talk);
	return false;
}

/* Whether the viewer's messages in this window so far come at least at the rate that keeps a key down. */
static bool talks(const struct hold *hold, uint64_t now_ms, uint64_t talk) {
	uint64_t said = talk - hold->talk;
	return said > 0 && said * HOLD_WINDOW_MS >= HOLD_TALK * (now_ms - hold->begun_ms);
}

enum hold_repeat hold_repeat(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed) {
	bool was_up = hold->up;
	/* If a viewer uses the key and the mouse together, it holds the key, whoever repeats it. */
	bool points = pointed != hold->pointed;
	bool held = hold->driven ? points : hold->proven || talks(hold, now_ms, talk);
	hold->pointed = pointed;
	hold->up = false;
	hold->driven |= was_up || !held;
	if (held && !was_up)
		return HOLD_TELL;
	next_window(hold, now_ms, talk);
	return was_up ? HOLD_PRESS : HOLD_AGAIN;
}
