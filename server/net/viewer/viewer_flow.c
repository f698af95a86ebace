/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of viewer.h that measures the path to the viewer: by its fences, and by what TCP knows. */
#include "server/net/peer.h"
#include "server/net/tcp.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"
#include "server/rfb/message.h"

uint64_t viewer_now(void) {
	return uv_hrtime() / 1000;
}

void viewer_insert_fence(struct gateway_viewer *viewer) {
	uint8_t message[9 + FLOW_FENCE_SIZE] = {SERVER_FENCE};
	uint64_t total = peer_bytes_sent(viewer->peer) + queue_size(peer_out(viewer->peer));
	if (!flow_fence(&viewer->flow, viewer_now(), total, message + 9))
		return;
	/* BlockBefore: it comes back when everything before it has been drawn */
	bytes_put32(message + 4, MESSAGE_FENCE_REQUEST | MESSAGE_FENCE_BLOCK_BEFORE);
	message[8] = FLOW_FENCE_SIZE;
	viewer_insert(viewer, message, sizeof message);
}

double viewer_round_trip(const struct gateway_viewer *viewer) {
	struct tcp_way tcp;
	if (flow_round_trip(&viewer->flow))
		return (double)flow_round_trip(&viewer->flow) / 1000;
	return peer_look(viewer->peer, &tcp) && tcp.round_trip ? (double)tcp.round_trip / 1000 : -1;
}

enum { SOON_US = 20000 }; /* about one frame of the screen: what is captured meanwhile will be fresh enough */

static void on_room(uv_timer_t *timer) {
	viewer_pump(timer->data);
}

bool viewer_has_room(struct gateway_viewer *viewer) {
	size_t queued = peer_queued(viewer->peer);
	struct tcp_way tcp;
	uint64_t wait = !viewer->fences && peer_look(viewer->peer, &tcp)
				? flow_wait_tcp(&tcp, queued)
				: flow_wait(&viewer->flow, queued, viewer_now());
	viewer->has_room_soon = wait <= SOON_US;
	if (wait && wait != FLOW_NOT_YET)
		uv_timer_start(&viewer->timer, on_room, flow_look_again_ms(wait, SOON_US), 0);
	return wait == 0;
}
