/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"
#include "server/net/stranger_state.h"
#include "server/net/transport_websocket.h"
#include "server/net/web.h"

enum { FILE_PIECE = 64 << 10 };

static void answer(struct peer *peer, int status, const char *type, off_t length, const char *location) {
	char head[512];
	queue_add(&peer->out, head, web_head(status, type, length, location, head, sizeof head));
	log_debug("%s: HTTP %d", peer->address, status);
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
	if (!web_origin_allowed(request, trusting(peer))) {
		log_warning("%s: a page of '%s' may not open a viewer here (asked for host '%s')",
			peer->address, request->origin, request->host);
		answer(peer, 403, NULL, 0, NULL);
		peer_linger(peer);
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

static void serve_file(struct peer *peer, const struct web_request *request) {
	off_t length = 0;
	const char *type = NULL, *location = NULL;
	int folder = peer->gateway->web_root;
	int fd = folder < 0 ? -ENOENT : web_open(folder, request->path, &length, &type, &location);
	if (fd >= 0)
		answer(peer, 200, type, length, NULL);
	else
		answer(peer, location ? 302 : fd == -EACCES ? 403 : 404, NULL, 0, location);
	if (fd >= 0 && !request->head_only) {
		peer->file = fd;
		peer->phase = PEER_FILE;
		uv_timer_stop(&peer->timer);
		stranger_refill(peer);
		return;
	}
	if (fd >= 0)
		close(fd);
	peer_linger(peer);
}

void stranger_go_on_web(struct peer *peer) {
	struct web_request request;
	ssize_t size = web_parse(queue_bytes(&peer->in), queue_size(&peer->in), &request);
	if (size == 0)
		return;
	if (size < 0) {
		answer(peer, size == -EOPNOTSUPP ? 405 : size == -E2BIG ? 431 : 400, NULL, 0, NULL);
		peer_linger(peer);
		return;
	}
	queue_take(&peer->in, (size_t)size);
	if (request.upgrade)
		upgrade(peer, &request);
	else
		serve_file(peer, &request);
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
	if (peer->file < 0 && !peer_queued(peer)) /* a slow way takes longer than one lingers */
		peer_linger(peer);
}
