/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/admission.h"

#include <stdio.h>

#include "server/log.h"
#include "server/net/gateway.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/peers.h"
#include "server/net/remote.h"
#include "server/net/viewer/viewer.h"

enum { VIEWERS = 64, VIEWERS_PER_PLACE = 48 }; /* that may be here at a time */

static bool is_viewer(const struct peer *peer) {
	return viewer_of(peer) && peer_is_open(peer);
}

static bool has_joined(const struct peer *peer) {
	return is_viewer(peer) && !viewer_waits(viewer_of(peer));
}

/* `place`: of this place only; NULL: of all. */
static size_t count_viewers(const struct peers *peers, const struct place *place) {
	size_t count = 0;
	for (const struct peer *peer = peers_first(peers); peer; peer = peer_next(peer))
		count += is_viewer(peer) && (!place || place_same(&peer_remote(peer)->place, place));
	return count;
}

const char *admission_crowded(const struct logins *logins, const struct peer *peer) {
	const struct place *place = &peer_remote(peer)->place;
	if (count_viewers(logins->peers, NULL) >= VIEWERS)
		return "too many viewers";
	if (count_viewers(logins->peers, place) >= VIEWERS_PER_PLACE)
		return place_is_user(place) ? "too many viewers of this user"
					    : "too many viewers from this address";
	return NULL;
}

const char *admission_refusal(const struct logins *logins, const struct peer *peer,
	const struct sharing_newcomer *newcomer, bool *alone) {
	size_t typists = 0, lookers = 0;
	for (const struct peer *other = peers_first(logins->peers); other; other = peer_next(other))
		if (has_joined(other))
			*(viewer_view_only(viewer_of(other)) ? &lookers : &typists) += 1;
	const char *why;
	enum sharing_verdict verdict = sharing_decide(logins->sharing, newcomer, typists, lookers, &why);
	*alone = verdict == SHARING_ALONE;
	if (verdict == SHARING_STAYS_OUT)
		return why;
	if (why)
		log_info("%s: %s", peer_remote(peer)->who, why);
	/* others may have come in since it was greeted */
	return verdict == SHARING_JOINS && !viewer_of(peer) ? admission_crowded(logins, peer) : NULL;
}

void admission_end_others(const struct logins *logins, const struct peer *newcomer) {
	char why[192];
	snprintf(why, sizeof why, "%s has the desktop alone now", peer_remote(newcomer)->who);
	for (struct peer *peer = peers_first(logins->peers); peer; peer = peer_next(peer))
		if (peer != newcomer && has_joined(peer))
			peer_end(peer, why);
}
