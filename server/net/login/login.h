/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login: an unauthenticated client, from the moment that it connects until it is a viewer. It goes from one
 * step to another: the first bytes, which show what protocol it speaks (begin.h), TLS (tls.h), HTTP (web.h),
 * the RFB handshake (rfb.h). Each step says what it does with bytes and what it waits for, and so has its
 * deadline.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_LOGIN_H
#define ZEROVNC_LOGIN_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "server/loop.h"
#include "server/net/login/grace.h"
#include "server/net/login/rfb.h"
#include "server/net/login/silence.h"
#include "server/net/login/tls.h"
#include "server/net/login/web.h"

struct login;
struct logins;
struct peer;
struct queue;

struct login_step {
	/* Takes from `in` what it can use now. If it enters another step, that one goes on at once. */
	void (*go_on)(struct login *login, struct queue *in);
	/* What it waits for. NULL: the step has no deadline. */
	enum grace_wait (*wait)(const struct login *login, const struct queue *in);
	/* The client is about to be disconnected: puts the reason into peer_out(). NULL: cannot express it.
	 */
	void (*tell)(struct login *login, const char *why);
};

struct login {
	struct logins *logins;
	LIST_ENTRY(login) link; /* logins::list */
	struct peer *peer;
	const struct login_step *step;
	struct grace grace;
	uv_timer_t deadline;
	struct loop_closing closing;
	bool seated;     /* new connections do not push it out; see room.h */
	bool held;       /* its proof waits for its turn; see held.h */
	bool inside_tls; /* TLS came before RFB or HTTP */
	struct silence silence;
	struct login_tls tls;
	struct login_rfb rfb;
	struct login_web web;
};

/* A login without a step yet. Returns NULL when out of memory. */
struct login *login_create(struct logins *logins, struct peer *peer);
/* It ends here, or became a viewer. The loop closes its timers: run it once more. */
void login_destroy(struct login *login);

/* It is in this step from now on. */
void login_enter(struct login *login, const struct login_step *step);

/* Bytes came, or the socket is ready for what the step waits for. Handles one step after the other until
 * nothing changes any more, and sets the deadline. */
void login_go_on(struct login *login);

/* Sends what is in peer_out() before the connection closes. */
void login_linger(struct login *login);

/* The client is about to be disconnected: puts the reason into peer_out() if the step can express it. */
void login_tell(struct login *login, const char *why);

#endif
