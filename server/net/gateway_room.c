/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of gateway.h that makes room for new connections. The number of unauthenticated clients is
 * bounded, and a new connection is always accepted: the oldest unauthenticated client of the network with the
 * most of them is disconnected instead. So a crowd cannot keep out honest viewers, which finish their
 * handshake quickly.
 *
 * A person at a password dialog does not finish quickly. If a client would be disconnected while we wait for
 * a person, it takes a seat instead, if there is one, and clients without a seat make room. When half of the
 * seats are taken, the others are given at random, with a chance that falls to zero (like the random early
 * drop of sshd's MaxStartups); otherwise a crowd that asks for passwords could be sure to get them all. A
 * seat is lost only to a network that has fewer seats.
 */
#include <sys/random.h>

#include "server/net/crowd.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"

static bool is_person(const struct peer *peer) {
	return peer->phase != PEER_LINGER && peer->phase != PEER_FILE && grace_is_person(peer->grace.wait);
}

static bool has_seat(const struct peer *peer) {
	return peer->seated && peer_is_stranger(peer);
}

static bool stands(const struct peer *peer) {
	return peer_is_stranger(peer) && !has_seat(peer);
}

/* Collects the peers that `is` accepts; the oldest has the lowest rank. */
static size_t gather(const struct gateway *gateway, bool (*is)(const struct peer *peer),
	struct crowd_member list[LIMITS_STRANGERS]) {
	size_t count = 0;
	struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		if (count < LIMITS_STRANGERS && is(peer)) { /* the list starts with the newest */
			list[count] = (struct crowd_member){&peer->key, peer, LIMITS_STRANGERS - count};
			count++;
		}
	return count;
}

/* Returns false if the peer got no seat. */
static bool take_seat(struct peer *peer, size_t taken) {
	uint32_t chance;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
		chance = 0;
	size_t scarce = taken > LIMITS_SEATS / 2 ? taken - LIMITS_SEATS / 2 : 0;
	peer->seated = chance % (LIMITS_SEATS / 2) >= scarce;
	return peer->seated;
}

/* The newest peer of the network with the most seats, which may be this peer itself. */
static struct peer *rival(struct gateway *gateway, struct peer *peer) {
	struct crowd_member seats[LIMITS_STRANGERS];
	peer->seated = true;
	size_t count = gather(gateway, has_seat, seats);
	for (size_t i = 0; i < count; i++)
		seats[i].rank = LIMITS_STRANGERS - seats[i].rank;
	return crowd_most(seats, count)->who;
}

static struct peer *choose(struct gateway *gateway) {
	struct crowd_member list[LIMITS_STRANGERS];
	for (;;) {
		struct peer *oldest = crowd_most(list, gather(gateway, stands, list))->who;
		if (!is_person(oldest))
			return oldest;
		if (!take_seat(oldest, gather(gateway, has_seat, list)))
			return rival(gateway, oldest);
	}
}

void gateway_make_room(struct gateway *gateway) {
	struct crowd_member list[LIMITS_STRANGERS];
	if (gather(gateway, peer_is_stranger, list) < LIMITS_STRANGERS)
		return;
	struct peer *peer = choose(gateway);
	refusals_log(gateway->refusals, REFUSAL_CROWD,
		"%s: disconnected to make room: %d connections have not logged in, most of them from its network; a firewall can keep such crowds out",
		peer->who, LIMITS_STRANGERS);
	stranger_tell(peer, "too many connections have not logged in yet: try again");
	peer_flush(peer);
	peer_end(peer, "too many connections have not logged in");
}
