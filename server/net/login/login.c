/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/login.h"

#include <stdlib.h>

#include "server/net/login/logins.h"
#include "server/net/login/record.h"
#include "server/net/login/refusals.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

/* --- the deadline --- */

static void on_deadline(uv_timer_t *timer) {
	struct login *login = timer->data;
	struct logins *logins = login->logins;
	char text[256];
	uint64_t now = uv_now(logins->loop);
	if (!peer_is_open(login->peer))
		return;
	grace_explain(&login->grace, now, text, sizeof text);
	record_line(login, REFUSAL_LATE, "%s: %s", peer_remote(login->peer)->who, text);
	record_turned_away(login, text);
	grace_tell(&login->grace, now, text, sizeof text);
	login_tell(login, text);
	login_linger(login);
	peer_flush(login->peer);
}

static void set_deadline(struct login *login) {
	uint64_t until = grace_until(&login->grace), now = uv_now(login->logins->loop);
	uv_timer_start(&login->deadline, on_deadline, until > now ? until - now : 0, 0);
}

static void watch_time(struct login *login) {
	if (!peer_is_open(login->peer) || !login->step->wait)
		return;
	enum grace_wait wait = login->step->wait(login, peer_in(login->peer));
	if (wait == login->grace.wait)
		return;
	grace_await(&login->grace, wait, uv_now(login->logins->loop));
	set_deadline(login);
}

/* --- its steps --- */

void login_enter(struct login *login, const struct login_step *step) {
	login->step = step;
	if (!step->wait)
		uv_timer_stop(&login->deadline);
}

void login_go_on(struct login *login) {
	const struct login_step *before = NULL;
	while (login->step != before && peer_is_open(login->peer)) {
		before = login->step;
		before->go_on(login, peer_in(login->peer));
	}
	watch_time(login);
}

void login_linger(struct login *login) {
	uv_timer_stop(&login->deadline);
	peer_linger(login->peer);
}

void login_tell(struct login *login, const char *why) {
	if (login->step->tell && peer_is_open(login->peer))
		login->step->tell(login, why);
}

/* --- beginning and end --- */

struct login *login_create(struct logins *logins, struct peer *peer) {
	struct login *login = calloc(1, sizeof *login);
	if (!login)
		return NULL;
	login->logins = logins;
	login->peer = peer;
	uv_timer_init(logins->loop, &login->deadline);
	login->deadline.data = login;
	silence_init(login);
	LIST_INSERT_HEAD(&logins->list, login, link);
	grace_begin(&login->grace, logins->grace_s, uv_now(logins->loop));
	set_deadline(login);
	return login;
}

static void do_nothing(struct login *login, struct queue *in) {
	(void)login;
	(void)in;
}

/* Whoever is still in a step's go_on() finds another step. */
void login_destroy(struct login *login) {
	static const struct login_step over = {.go_on = do_nothing};
	login->step = &over;
	LIST_REMOVE(login, link);
	loop_close(&login->closing, free, login, LOOP_HANDLES(&login->deadline, &login->silence.timer));
}
