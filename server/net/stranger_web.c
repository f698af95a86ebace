/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"
#include "server/net/stranger_state.h"
#include "server/net/transport/websocket.h"
#include "server/net/web/origin.h"
#include "server/net/web/web.h"

enum { FILE_PIECE = 64 << 10, HEAD_SIZE = 1536 };

static void answer(struct peer *peer, int status, const char *type, off_t length, const char *location) {
	char head[HEAD_SIZE];
	queue_add(&peer->out, head, web_head(status, type, length, location, head, sizeof head));
	log_debug("%s: HTTP %d", peer->address, status);
}

static void answer_text(struct peer *peer, int status, const char *type, const char *text, bool head_only) {
	answer(peer, status, type, (off_t)strlen(text), NULL);
	if (!head_only)
		queue_add(&peer->out, text, strlen(text));
	peer_linger(peer);
}

/* The page says why, for the person who sees it or the proxy's log. */
static void refuse(struct peer *peer, int status, const char *why, bool head_only) {
	char text[sizeof((struct reason *)0)->text + 64];
	snprintf(text, sizeof text, "%d %s%s%s\n", status, web_status_text(status), why[0] ? ": " : "", why);
	answer_text(peer, status, "text/plain; charset=utf-8", text, head_only);
}

static bool trusting(const struct peer *peer) {
	struct security_list list;
	stranger_offer(peer, &list);
	for (size_t i = 0; i < list.count; i++)
		if (security_infos[list.types[i]].proof == SECURITY_PROOF_NONE)
			return true;
	return false;
}

static void upgrade(struct peer *peer, const struct web_request *request) {
	char text[512];
	struct reason reason;
	if (!web_origin_allowed(request, peer->gateway->web_origins, trusting(peer), &reason)) {
		log_warning("%s refused: %s", peer->who, reason.text);
		refuse(peer, 403, reason.text, false);
		return;
	}
	queue_add(&peer->out, text, web_upgrade_answer(request, text, sizeof text));
	peer_flush(peer);
	if (peer->phase == PEER_ENDED)
		return;
	struct transport *below = stranger_give_back(peer);
	peer->transport = below ? transport_websocket(below) : NULL;
	if (peer->transport)
		stranger_start_rfb(peer);
	else
		peer_end(peer, "out of memory");
}

/* The query is passed on to the page that the browser is redirected to. */
static void redirect(struct peer *peer, const struct web_request *request, const char *location) {
	char target[sizeof request->query + 64];
	snprintf(target, sizeof target, "%s%s", location, request->query);
	answer(peer, 302, NULL, 0, target);
	peer_linger(peer);
}

static void send_file(struct peer *peer, int fd, const char *type, off_t length, bool head_only) {
	answer(peer, 200, type, length, NULL);
	if (head_only) {
		close(fd);
		peer_linger(peer);
		return;
	}
	peer->file = fd;
	peer->phase = PEER_FILE;
	uv_timer_stop(&peer->timer);
	stranger_refill(peer);
}

static void serve_path(struct peer *peer, const struct web_request *request) {
	off_t length = 0;
	const char *type = NULL, *location = NULL;
	bool head_only = request->method == WEB_HEAD;
	int folder = peer->gateway->web_root;
	int fd = folder < 0 ? -ENOENT : web_open(folder, request->path, &length, &type, &location);
	const char *page = folder < 0 ? NULL : web_start_page(request->path);
	if (fd >= 0)
		send_file(peer, fd, type, length, head_only);
	else if (location)
		redirect(peer, request, location);
	else if (page)
		answer_text(peer, 200, "text/html; charset=utf-8", page, head_only);
	else if (fd == -EACCES)
		refuse(peer, 403, "", head_only);
	else
		refuse(peer, 404,
			folder < 0 ? "this is a VNC server without pages (--web-root gives it some)" : "",
			head_only);
}

void stranger_go_on_web(struct peer *peer) {
	struct web_request request;
	struct reason reason;
	ssize_t size = web_request_parse(queue_bytes(&peer->in), queue_size(&peer->in), &request, &reason);
	if (size == 0)
		return;
	if (size < 0) {
		log_info("%s refused: HTTP: %s", peer->who, reason.text);
		refuse(peer, (int)-size, reason.text, false);
		return;
	}
	queue_take(&peer->in, (size_t)size);
	if (request.upgrade) {
		upgrade(peer, &request);
	} else if (request.method == WEB_OPTIONS) { /* load balancers use it as a health check */
		answer(peer, 204, NULL, -1, NULL);
		peer_linger(peer);
	} else {
		serve_path(peer, &request);
	}
}

void stranger_refill(struct peer *peer) {
	if (peer->file >= 0 && queue_size(&peer->out) < FILE_PIECE) {
		uint8_t *room = queue_room(&peer->out, FILE_PIECE);
		ssize_t got = room ? read(peer->file, room, FILE_PIECE) : -1;
		if (got > 0) {
			queue_added(&peer->out, (size_t)got);
			return;
		}
		close(peer->file);
		peer->file = -1;
	}
	if (peer->file < 0 && !peer_queued(peer)) /* on a slow path this takes longer than PEER_LINGER_MS */
		peer_linger(peer);
}
