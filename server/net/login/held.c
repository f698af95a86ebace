/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/held.h"

#include <stdlib.h>
#include <sys/random.h>

#include "server/loop.h"
#include "server/net/guesses.h"
#include "server/net/login/crowd.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

struct held {
	uv_timer_t timer; /* runs while a login is held */
	struct loop_closing closing;
	struct logins *logins;
	void (*look)(struct login *login);
};

static uint64_t pause_of(const struct login *login) {
	const struct logins *logins = login->logins;
	return guesses_pause(logins->guesses, &peer_remote(login->peer)->place, uv_now(logins->loop));
}

/* Collects the logins whose pause is over. `soonest`: milliseconds until the next pause ends. */
static size_t gather(const struct held *held, struct crowd_member list[LOGINS_MOST], uint64_t *soonest) {
	size_t count = 0;
	*soonest = UINT64_MAX;
	struct login *login;
	LIST_FOREACH(login, &held->logins->list, link) {
		if (count == LOGINS_MOST)
			break;
		uint64_t pause = login->held && peer_is_open(login->peer) ? pause_of(login) : UINT64_MAX;
		if (!pause) {
			list[count] = (struct crowd_member){&peer_remote(login->peer)->place, login, count};
			count++;
		} else if (pause < *soonest) {
			*soonest = pause;
		}
	}
	return count;
}

static void on_turn(uv_timer_t *timer);

/* Checks one login per turn of the loop: a check can start other pauses, and other sockets want their turn
 * too. */
static void look_at_one(struct held *held) {
	struct crowd_member list[LOGINS_MOST];
	uint64_t random, soonest;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
		random = uv_hrtime();
	size_t count = gather(held, list, &soonest);
	if (count) {
		struct login *login = crowd_turn(list, count, random)->who;
		login->held = false;
		held->look(login);
		count = gather(held, list, &soonest);
	}
	if (count || soonest != UINT64_MAX)
		uv_timer_start(&held->timer, on_turn, count ? 1 : soonest, 0);
}

static void on_turn(uv_timer_t *timer) {
	look_at_one(timer->data);
}

struct held *held_create(struct logins *logins, void (*look)(struct login *login)) {
	struct held *held = calloc(1, sizeof *held);
	if (!held)
		return NULL;
	uv_timer_init(logins->loop, &held->timer);
	held->timer.data = held;
	held->logins = logins;
	held->look = look;
	return held;
}

void held_destroy(struct held *held) {
	if (held)
		loop_close(&held->closing, free, held, LOOP_HANDLES(&held->timer));
}

void held_hold(struct held *held, struct login *login) {
	uint64_t pause = pause_of(login);
	login->held = true;
	if (!uv_is_active((uv_handle_t *)&held->timer) || uv_timer_get_due_in(&held->timer) > pause)
		uv_timer_start(&held->timer, on_turn, pause, 0);
}
