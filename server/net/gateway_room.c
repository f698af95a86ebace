/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of gateway.h that keeps room for newcomers. There may be so many strangers and no more, and a
 * newcomer always comes in: for him the oldest of the network goes that has the most of them. So no crowd
 * keeps an honest viewer out, who is through in moments.
 *
 * Somebody who types a password is not. Who would have to go while a person is waited for has a seat instead,
 * as long as there are any; only those without one make room. Seats are given to fewer and fewer at random as
 * they run out (sshd's MaxStartups calls it random early drop), or a crowd that looks like people would have
 * all of them for certain. Nobody loses a seat but to another network that has fewer.
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

/* Those of one sort, the oldest with the lowest rank. */
static size_t gather(const struct gateway *gateway, bool (*is)(const struct peer *peer),
	struct crowd_member list[LIMITS_STRANGERS]) {
	size_t count = 0;
	for (struct peer *peer = gateway->peers; peer && count < LIMITS_STRANGERS; peer = peer->next)
		if (is(peer)) { /* new ones come first */
			list[count] = (struct crowd_member){&peer->key, peer, LIMITS_STRANGERS - count};
			count++;
		}
	return count;
}

/* True: there was one for him. */
static bool take_seat(struct peer *peer, size_t taken) {
	uint32_t chance;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
		chance = 0;
	size_t scarce = taken > LIMITS_SEATS / 2 ? taken - LIMITS_SEATS / 2 : 0;
	peer->seated = chance % (LIMITS_SEATS / 2) >= scarce;
	return peer->seated;
}

/* Of the network that has the most seats, counting this one's: who came last. It may be this one. */
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
		"%s was let go: %d connections are not authenticated, most of them from its network; a "
		"firewall can keep such crowds out",
		peer->who, LIMITS_STRANGERS);
	stranger_tell(peer, "too many connections wait to log in: try again");
	peer_flush(peer);
	peer_end(peer, "too many connections that are not authenticated");
}
