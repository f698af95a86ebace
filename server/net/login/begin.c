/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/begin.h"

#include <errno.h>

#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/login/speech.h"
#include "server/net/login/web.h"
#include "server/net/peer.h"

static void silent(struct login *login) {
	login_rfb_start(login, false);
	login_go_on(login);
}

static void inside_tls(struct login *login);

static void go_on(struct login *login, struct queue *in) {
	if (!queue_size(in))
		return;
	enum speech speech = speech_of(queue_bytes(in)[0]);
	silence_is_broken(login);
	if (speech == SPEECH_TLS && !login->inside_tls && login->logins->keys.certificates) {
		login_tls_start(login, true, false, inside_tls);
	} else if (speech == SPEECH_HTTP) {
		silence_saw_browser(login);
		login_web_start(login);
	} else {
		login_rfb_start(login, false);
	}
}

static enum grace_wait wait(const struct login *login, const struct queue *in) {
	(void)login;
	(void)in;
	return GRACE_FIRST_BYTES;
}

static const struct login_step step = {.go_on = go_on, .wait = wait};

/* Hardly any client but a browser begins with TLS. */
static void inside_tls(struct login *login) {
	login->inside_tls = true;
	login_enter(login, &step);
	silence_await_browser(login, silent);
}

/* --- for the peer --- */

static void on_read(void *owner, struct queue *in) {
	(void)in;
	login_go_on(owner);
}

static void on_fill(void *owner) {
	login_web_fill(owner);
}

static void on_end(void *owner) {
	struct login *login = owner;
	login_rfb_finish(login);
	login_web_finish(login);
	login_destroy(login);
}

static const struct peer_handlers handlers = {.read = on_read, .fill = on_fill, .end = on_end};

int begin_login(struct logins *logins, struct peer *peer) {
	struct login *login = login_create(logins, peer);
	if (!login)
		return -ENOMEM;
	login_enter(login, &step);
	silence_await(login, silent);
	peer_hand_over(peer, &handlers, login);
	return 0;
}

int begin_called(struct logins *logins, struct peer *peer, bool greeted) {
	struct login *login = login_create(logins, peer);
	if (!login)
		return -ENOMEM;
	peer_hand_over(peer, &handlers, login);
	login_rfb_start(login, greeted);
	peer_resume(peer);
	peer_flush(peer);
	return 0;
}
