/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/room.h"

#include <sys/random.h>

#include "server/net/login/crowd.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/login/record.h"
#include "server/net/login/refusals.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

enum { SEATS = 128 }; /* for people at a dialog */

static bool is_person(const struct login *login) {
	return peer_is_open(login->peer) && login->step->wait && grace_is_person(login->grace.wait);
}

static bool counts(const struct login *login) {
	return !peer_has_ended(login->peer);
}

static bool has_seat(const struct login *login) {
	return login->seated && counts(login);
}

static bool stands(const struct login *login) {
	return counts(login) && !has_seat(login);
}

/* Collects the logins that `is` accepts; the oldest has the lowest rank. */
static size_t gather(const struct logins *logins, bool (*is)(const struct login *login),
	struct crowd_member list[LOGINS_MOST]) {
	size_t count = 0;
	struct login *login;
	LIST_FOREACH(login, &logins->list, link)
		if (count < LOGINS_MOST && is(login)) { /* the list starts with the newest */
			list[count] = (struct crowd_member){
				&peer_remote(login->peer)->place, login, LOGINS_MOST - count};
			count++;
		}
	return count;
}

/* Returns false if the login got no seat. */
static bool take_seat(struct login *login, size_t taken) {
	uint32_t chance;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
		chance = 0;
	size_t scarce = taken > SEATS / 2 ? taken - SEATS / 2 : 0;
	login->seated = chance % (SEATS / 2) >= scarce;
	return login->seated;
}

/* The newest login of the network with the most seats, which may be this one itself. */
static struct login *rival(struct logins *logins, struct login *login) {
	struct crowd_member seats[LOGINS_MOST];
	login->seated = true;
	size_t count = gather(logins, has_seat, seats);
	for (size_t i = 0; i < count; i++)
		seats[i].rank = LOGINS_MOST - seats[i].rank;
	return crowd_most(seats, count)->who;
}

static struct login *choose(struct logins *logins) {
	struct crowd_member list[LOGINS_MOST];
	for (;;) {
		struct login *oldest = crowd_most(list, gather(logins, stands, list))->who;
		if (!is_person(oldest))
			return oldest;
		if (!take_seat(oldest, gather(logins, has_seat, list)))
			return rival(logins, oldest);
	}
}

void room_make(struct logins *logins) {
	struct crowd_member list[LOGINS_MOST];
	if (gather(logins, counts, list) < LOGINS_MOST)
		return;
	struct login *login = choose(logins);
	record_line(login, REFUSAL_CROWD,
		"%s: disconnected to make room: %d connections have not logged in, most of them from its network; a firewall can keep such crowds out",
		peer_remote(login->peer)->who, LOGINS_MOST);
	record_turned_away(login, "too many connections have not logged in");
	login_tell(login, "too many connections have not logged in yet: try again");
	peer_flush(login->peer);
	peer_end(login->peer, "too many connections have not logged in");
}
