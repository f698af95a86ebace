/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/peers.h"

#include "server/net/peer.h"

void peers_init(struct peers *peers, uv_loop_t *loop, struct local_users *local_users,
	void (*gone)(void *context), void *context) {
	*peers = (struct peers){.loop = loop, .local_users = local_users, .gone = gone, .context = context};
	turns_init(&peers->turns, loop);
}

void peers_finish(struct peers *peers) {
	while (peers_first(peers))
		peer_destroy(peers_first(peers));
}
