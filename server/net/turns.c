/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/turns.h"

#include <stdlib.h>
#include <sys/random.h>

#include "server/loop.h"
#include "server/net/crowd.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"

struct turns {
	uv_timer_t timer; /* runs while a peer is held */
	struct loop_closing closing;
	struct gateway *gateway;
};

static uint64_t pause_of(const struct peer *peer) {
	return limits_pause(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop));
}

/* Collects the peers whose pause is over. `soonest`: milliseconds until the next pause ends. */
static size_t gather(struct turns *turns, struct crowd_member list[LIMITS_STRANGERS], uint64_t *soonest) {
	size_t count = 0;
	*soonest = UINT64_MAX;
	struct peer *peer;
	LIST_FOREACH(peer, &turns->gateway->peers, link) {
		if (count == LIMITS_STRANGERS)
			break;
		uint64_t pause = peer->phase == PEER_HELD ? pause_of(peer) : UINT64_MAX;
		if (!pause) {
			list[count] = (struct crowd_member){&peer->key, peer, count};
			count++;
		} else if (pause < *soonest) {
			*soonest = pause;
		}
	}
	return count;
}

static void on_turn(uv_timer_t *timer);

/* Checks one peer per turn of the loop: a check can start other pauses, and other sockets want their turn
 * too. */
static void look_at_one(struct turns *turns) {
	struct crowd_member list[LIMITS_STRANGERS];
	uint64_t random, soonest;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
		random = uv_hrtime();
	size_t count = gather(turns, list, &soonest);
	if (count) {
		stranger_look(crowd_turn(list, count, random)->who);
		count = gather(turns, list, &soonest);
	}
	if (count || soonest != UINT64_MAX)
		uv_timer_start(&turns->timer, on_turn, count ? 1 : soonest, 0);
}

static void on_turn(uv_timer_t *timer) {
	look_at_one(timer->data);
}

struct turns *turns_create(struct gateway *gateway) {
	struct turns *turns = calloc(1, sizeof *turns);
	if (!turns)
		return NULL;
	uv_timer_init(gateway->loop, &turns->timer);
	turns->timer.data = turns;
	turns->gateway = gateway;
	return turns;
}

void turns_destroy(struct turns *turns) {
	if (turns)
		loop_close(&turns->closing, free, turns, LOOP_HANDLES(&turns->timer));
}

void turns_hold(struct turns *turns, struct peer *peer) {
	uint64_t pause = pause_of(peer);
	peer->phase = PEER_HELD;
	if (!uv_is_active((uv_handle_t *)&turns->timer) || uv_timer_get_due_in(&turns->timer) > pause)
		uv_timer_start(&turns->timer, on_turn, pause, 0);
}
