/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/admission.h"

#include <stdio.h>

#include "server/log.h"
#include "server/net/gateway.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/peers.h"
#include "server/net/remote.h"
#include "server/net/viewer/viewer.h"

enum { VIEWERS = 64, VIEWERS_PER_PLACE = 48 }; /* that may be here at a time */

static bool is_viewer(const struct peer *peer) {
	return viewer_of(peer) && peer_is_open(peer);
}

/* `key`: of this place only; NULL: of all. */
static size_t count_viewers(const struct peers *peers, const struct limits_key *key) {
	size_t count = 0;
	for (const struct peer *peer = peers_first(peers); peer; peer = peer_next(peer))
		count += is_viewer(peer) && (!key || limits_same(&peer_remote(peer)->key, key));
	return count;
}

const char *admission_crowded(const struct login *login) {
	const struct limits_key *key = &peer_remote(login->peer)->key;
	if (count_viewers(login->logins->peers, NULL) >= VIEWERS)
		return "too many viewers";
	if (count_viewers(login->logins->peers, key) >= VIEWERS_PER_PLACE)
		return limits_is_user(key) ? "too many viewers of this user"
					   : "too many viewers from this address";
	return NULL;
}

const char *admission_refusal(
	const struct login *login, const struct sharing_newcomer *newcomer, bool *alone) {
	const struct logins *logins = login->logins;
	size_t typists = 0, lookers = 0;
	for (const struct peer *peer = peers_first(logins->peers); peer; peer = peer_next(peer))
		if (is_viewer(peer))
			*(viewer_view_only(viewer_of(peer)) ? &lookers : &typists) += 1;
	const char *why;
	enum sharing_verdict verdict = sharing_decide(logins->sharing, newcomer, typists, lookers, &why);
	*alone = verdict == SHARING_ALONE;
	if (verdict == SHARING_STAYS_OUT)
		return why;
	if (why)
		log_info("%s: %s", peer_remote(login->peer)->who, why);
	/* others may have come in since it was greeted */
	return verdict == SHARING_JOINS ? admission_crowded(login) : NULL;
}

void admission_end_others(const struct login *login) {
	char why[192];
	snprintf(why, sizeof why, "%s has the desktop alone now", peer_remote(login->peer)->who);
	for (struct peer *peer = peers_first(login->logins->peers); peer; peer = peer_next(peer))
		if (is_viewer(peer))
			peer_end(peer, why);
}
