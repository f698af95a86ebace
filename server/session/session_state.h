/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session_state: what the files of the session share. No other file includes it. */
#ifndef ZEROVNC_SESSION_STATE_H
#define ZEROVNC_SESSION_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "server/config/config.h"
#include "server/control/news.h"
#include "server/control/verbs.h"
#include "server/frames/frames.h"
#include "server/loop.h"
#include "server/net/gateway.h"
#include "server/session/session.h"
#include "server/session/touch.h"
#include "server/system/announce.h"

struct session {
	/* --- session.c --- */

	struct config *config;
	struct reason why; /* why this source was chosen */
	struct picture_store *store;
	struct encoders *encoders;
	struct frames *frames;
	struct input *input; /* NULL with --no-input */
	struct feed *feed;
	struct gateway *gateway;
	/* Sent by the frame thread. Their `data` is set once they are open. */
	uv_async_t picture_ready, display_checked;
	struct loop_closing closing;
	struct touch touch;
	struct verbs verbs;
	struct reload *reload;
	struct people *people;
	struct watchdog *watchdog;
	struct idle *idle; /* NULL: it does not end by itself */
	bool ending;

	/* --- session_control.c --- */

	struct control *control;
	struct news news;
	bool switched; /* somebody has asked for other outputs */

	/* --- session_viewers.c --- */

	_Atomic bool look_awaited; /* session.c takes it away when there was a look */
	unsigned viewer_count;

	/* --- the files of their names --- */

	struct announce *announce; /* NULL: it is not announced */
	struct resize *resize;
};

/* Reports to the service manager, whose status shows one line. */
void session_tell_status(const struct session *session);

/* What the gateway tells of viewers (session_viewers.c). */
void session_gateway_events(struct session *session, struct gateway_events *events);

/* Answers commands (session_control.c). 0 or -errno with a reason. If the control socket cannot be had, the
 * server still serves in two cases: nobody asked for that socket by name, or its place has become one where
 * another user could put a socket of his own. Whoever can bring that about must not be able to keep the whole
 * server from starting. */
int session_start_control(uv_loop_t *loop, struct session *session, struct reason *reason);

/* Gives viewers the sizes that they ask for (session_resize.c). session_resize() is gateway_events.resize. 0
 * or -errno with a reason. */
enum desktop_size_status session_resize(
	void *context, const struct desktop_size_wish *wish, const char **note);
int session_start_resize(uv_loop_t *loop, struct session *session, struct reason *reason);

/* Announces the server on the network if the configuration says so, by the name that it has now, or ends that
 * (session_announce.c). A server that cannot be announced serves nevertheless. */
void session_announce(uv_loop_t *loop, struct session *session);

#endif
