/* SPDX-License-Identifier: GPL-2.0-or-later */
/* silence: how long a client that has sent nothing yet is given before it is taken for a VNC viewer, which
 * waits for our greeting. */
#ifndef ZEROVNC_SILENCE_H
#define ZEROVNC_SILENCE_H

#include <stdint.h>
#include <uv.h>

#include "server/net/place.h"

struct login;
struct logins;

enum {
	SILENCE_MS = 25, /* after which we assume a VNC viewer: it awaits our greeting */
	SILENCE_MAYBE_BROWSER_MS =
		200,               /* the same if browsers are expected; on long paths up to twice this */
	SILENCE_BROWSER_MS = 2000, /* the same if one was just seen, or after TLS: browsers preconnect */
	SILENCE_BROWSER_SEEN_MS = 3000,
	SILENCE_BROWSERS = 16,
};

/* Places where a browser was seen, and the time until which that counts. */
struct browsers {
	struct browser {
		struct place place;
		uint64_t until;
	} list[SILENCE_BROWSERS];
};

struct silence {
	uv_timer_t timer; /* runs while we wait for the first bytes */
	void (*over)(struct login *login);
};

/* Of a new login. */
void silence_init(struct login *login);

/* Calls `over` if the client sends nothing for as long as clients of its place are given. */
void silence_await(struct login *login, void (*over)(struct login *login));

/* The same for a client that is probably a browser. */
void silence_await_browser(struct login *login, void (*over)(struct login *login));

/* The client has sent something. */
void silence_is_broken(struct login *login);

/* The client spoke HTTP. Other connections from its place that have sent nothing yet get more time. */
void silence_saw_browser(struct login *login);

#endif
