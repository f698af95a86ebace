/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/web.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/login/offer.h"
#include "server/net/peer.h"
#include "server/net/remote.h"
#include "server/net/transport/websocket.h"
#include "server/net/web/origin.h"
#include "server/net/web/web.h"

enum { FILE_PIECE = 64 << 10, HEAD_SIZE = 1536 };

static void answer(struct login *login, int status, const char *type, off_t length, const char *location) {
	char head[HEAD_SIZE];
	queue_add(peer_out(login->peer), head, web_head(status, type, length, location, head, sizeof head));
	log_debug("%s: HTTP %d", peer_address(login->peer), status);
}

static void answer_text(struct login *login, int status, const char *type, const char *text, bool head_only) {
	answer(login, status, type, (off_t)strlen(text), NULL);
	if (!head_only)
		queue_add(peer_out(login->peer), text, strlen(text));
	login_linger(login);
}

/* The page says why, for the person who sees it or the proxy's log. */
static void refuse(struct login *login, int status, const char *why, bool head_only) {
	char text[sizeof((struct reason *)0)->text + 64];
	snprintf(text, sizeof text, "%d %s%s%s\n", status, web_status_text(status), why[0] ? ": " : "", why);
	answer_text(login, status, "text/plain; charset=utf-8", text, head_only);
}

static bool trusting(const struct login *login) {
	struct security_list list;
	offer_list(login, &list);
	return offer_has_unproven(&list);
}

static void start_websocket(struct login *login) {
	struct transport *below = peer_lift(login->peer);
	struct transport *websocket = below ? transport_websocket(below) : NULL;
	peer_put(login->peer, websocket);
	if (websocket)
		login_rfb_start(login, false);
	else
		peer_end(login->peer, "out of memory");
}

static void upgrade(struct login *login, const struct web_request *request) {
	char text[512];
	struct reason reason;
	if (!web_origin_allowed(request, login->logins->web_origins, trusting(login), &reason)) {
		log_warning("%s refused: %s", peer_remote(login->peer)->who, reason.text);
		refuse(login, 403, reason.text, false);
		return;
	}
	queue_add(peer_out(login->peer), text, web_upgrade_answer(request, text, sizeof text));
	peer_flush(login->peer);
	if (peer_is_open(login->peer))
		start_websocket(login);
}

/* The query is passed on to the page that the browser is redirected to. */
static void redirect(struct login *login, const struct web_request *request, const char *location) {
	char target[sizeof request->query + 64];
	snprintf(target, sizeof target, "%s%s", location, request->query);
	answer(login, 302, NULL, 0, target);
	login_linger(login);
}

/* What a browser says while it is sent a file is dropped. */
static void drop(struct login *login, struct queue *in) {
	(void)login;
	queue_take(in, queue_size(in));
}

static const struct login_step sending = {.go_on = drop};

static void send_file(struct login *login, int fd, const char *type, off_t length, bool head_only) {
	answer(login, 200, type, length, NULL);
	if (head_only) {
		close(fd);
		login_linger(login);
		return;
	}
	login->web = (struct login_web){.opened = true, .file = fd};
	login_enter(login, &sending);
	peer_set_filling(login->peer);
	login_web_fill(login);
}

static void serve_path(struct login *login, const struct web_request *request) {
	off_t length = 0;
	const char *type = NULL, *location = NULL;
	bool head_only = request->method == WEB_HEAD;
	int folder = login->logins->web_root;
	int fd = folder < 0 ? -ENOENT : web_open(folder, request->path, &length, &type, &location);
	const char *page = folder < 0 ? NULL : web_start_page(request->path);
	if (fd >= 0)
		send_file(login, fd, type, length, head_only);
	else if (location)
		redirect(login, request, location);
	else if (page)
		answer_text(login, 200, "text/html; charset=utf-8", page, head_only);
	else if (fd == -EACCES)
		refuse(login, 403, "", head_only);
	else
		refuse(login, 404,
			folder < 0 ? "this is a VNC server without pages (--web-root adds them)" : "",
			head_only);
}

static void go_on(struct login *login, struct queue *in) {
	struct web_request request;
	struct reason reason;
	ssize_t size = web_request_parse(queue_bytes(in), queue_size(in), &request, &reason);
	if (size == 0)
		return;
	if (size < 0) {
		log_info("%s refused: HTTP: %s", peer_remote(login->peer)->who, reason.text);
		refuse(login, (int)-size, reason.text, false);
		return;
	}
	queue_take(in, (size_t)size);
	if (request.upgrade) {
		upgrade(login, &request);
	} else if (request.method == WEB_OPTIONS) { /* load balancers use it as a health check */
		answer(login, 204, NULL, -1, NULL);
		login_linger(login);
	} else {
		serve_path(login, &request);
	}
}

static enum grace_wait wait(const struct login *login, const struct queue *in) {
	(void)login;
	(void)in;
	return GRACE_HTTP;
}

static const struct login_step asking = {.go_on = go_on, .wait = wait};

void login_web_start(struct login *login) {
	login_enter(login, &asking);
}

static void close_file(struct login_web *web) {
	if (web->opened)
		close(web->file);
	web->opened = false;
}

void login_web_fill(struct login *login) {
	struct login_web *web = &login->web;
	struct queue *out = peer_out(login->peer);
	if (web->opened && queue_size(out) < FILE_PIECE) {
		uint8_t *room = queue_room(out, FILE_PIECE);
		ssize_t got = room ? read(web->file, room, FILE_PIECE) : -1;
		if (got > 0) {
			queue_added(out, (size_t)got);
			return;
		}
		close_file(web);
	}
	/* on a slow path this takes longer than PEER_LINGER_MS */
	if (!web->opened && !peer_queued(login->peer))
		login_linger(login);
}

void login_web_finish(struct login *login) {
	close_file(&login->web);
}
