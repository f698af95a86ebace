/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/turns.h"

#include <string.h>

static const uint64_t shares[TURNS_SHARES] = {
	[TURNS_UNAUTHENTICATED] = 2000000,
	[TURNS_GREEDY] = 1000000,
};

void turns_init(struct turns *turns, uv_loop_t *loop) {
	*turns = (struct turns){.loop = loop};
}

static void look_at_clock(struct turns *turns) {
	if (turns->now == uv_now(turns->loop))
		return;
	turns->now = uv_now(turns->loop);
	memset(turns->spent, 0, sizeof turns->spent);
}

bool turns_left(struct turns *turns, enum turns_share share) {
	look_at_clock(turns);
	return share == TURNS_OWN || turns->spent[share] < shares[share];
}

void turns_run(struct turns *turns, enum turns_share share, void (*run)(void *context), void *context) {
	look_at_clock(turns);
	uint64_t begin = share == TURNS_OWN ? 0 : uv_hrtime();
	run(context);
	if (share != TURNS_OWN)
		turns->spent[share] += uv_hrtime() - begin;
}

void turn_begin(struct turn *turn, uint64_t ns) {
	turn->end = uv_hrtime() + ns;
}

bool turn_is_over(const struct turn *turn) {
	return uv_hrtime() > turn->end;
}

void turn_end(struct turn *turn, bool more) {
	turn->greedy = more;
}
