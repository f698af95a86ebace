/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/offer.h"

#include <stdio.h>

#include "server/net/auth/local_users.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

static enum local_standing standing_of(const struct login *login) {
	return local_users_standing(login->logins->local_users, &peer_remote(login->peer)->user);
}

/* Being on loopback does not identify a person: if no password is asked for, only some of this machine's
 * users come in. */
bool offer_is_turned_away(const struct login *login) {
	const struct logins *logins = login->logins;
	return peer_remote(login->peer)->loopback && !logins->policy.given && !logins->password_file &&
	       standing_of(login) == LOCAL_STRANGER;
}

/* If there is a password, only explicitly named users come in without it: root may be a proxy, and everybody
 * may be behind that. */
bool offer_is_unasked(const struct login *login) {
	const struct logins *logins = login->logins;
	return !peer_remote(login->peer)->exposed && !logins->policy.given && logins->password_file &&
	       standing_of(login) == LOCAL_NAMED;
}

void offer_explain_turning_away(const struct login *login, char *text, size_t size) {
	const struct local_user *user = &peer_remote(login->peer)->user;
	char name[48];
	local_users_name(login->logins->local_users, user->uid, name, sizeof name);
	if (user->known)
		snprintf(text, size,
			"user %s may not come in without a password: start the server with --local-users=%s or with --password-file",
			name, name);
	else
		snprintf(text, size,
			"this server cannot tell which user of its machine you are: start it with --password-file, or with --local-users=* for everybody on that machine");
}

static bool lacks_key(const struct keys *keys, const struct security_info *info) {
	return (info->x509 && !keys->certificates) ||
	       (info->proof == SECURITY_PROOF_EITHER && !keys->rsa_key);
}

void offer_list(const struct login *login, struct security_list *list) {
	const struct logins *logins = login->logins;
	struct reason reason;
	*list = logins->policy.list;
	if (!logins->policy.given)
		security_list_default(
			peer_remote(login->peer)->exposed, logins->password_file, list, &reason);
	if (!logins->policy.given && peer_call(login->peer))
		security_list_called(list);
	if (offer_is_unasked(login))
		security_list_prefer(list, SECURITY_NONE);
	if (offer_is_turned_away(login))
		list->count = 0;
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (!lacks_key(&logins->keys, &security_infos[list->types[i]]))
			list->types[kept++] = list->types[i];
	list->count = kept;
	if (login->inside_tls)
		security_list_inside_tls(list);
}

bool offer_has_unproven(const struct security_list *list) {
	for (size_t i = 0; i < list->count; i++)
		if (security_infos[list->types[i]].proof == SECURITY_PROOF_NONE)
			return true;
	return false;
}
