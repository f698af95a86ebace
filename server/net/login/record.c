/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/record.h"

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/verdict.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

/* Before a type was chosen nothing was proven; the line then looks like all other lines about a peer. */
static const char *describe(
	const struct login *login, char line[VERDICT_LINE], const char *what, const char *more) {
	const struct handshake *handshake = &login->rfb.handshake;
	const struct remote *remote = peer_remote(login->peer);
	const char *user = handshake_account(handshake);
	char by[80];
	if (!handshake->chosen)
		return verdict_line(line, &(struct verdict_about){.address = remote->who}, what, more);
	local_users_describe(login->logins->local_users, &remote->user, by, sizeof by);
	const struct verdict_about about = {handshake_security_name(handshake), user, remote->address, by};
	return verdict_line(line, &about, what, more);
}

void record_let_in(const struct login *login, const char *how) {
	char line[VERDICT_LINE];
	log_info("%s", describe(login, line, "let in", how));
}

void record_refused(const struct login *login, enum refusal kind, const char *why) {
	char line[VERDICT_LINE];
	refusals_log(login->logins->refusals, kind, "%s", describe(login, line, "refused: ", why));
}

void record_came_in(const struct login *login, bool view_only) {
	const struct handshake *handshake = &login->rfb.handshake;
	char line[VERDICT_LINE];
	const struct verdict_about about = {
		.user = handshake_account(handshake), .address = peer_remote(login->peer)->who};
	log_info("%s (RFB 3.%u, %s%s)", verdict_line(line, &about, "came in", ""), handshake->minor,
		handshake_security_name(handshake), view_only ? ", view only" : "");
}

void record_wrong_proof(const struct login *login) {
	const char *user = handshake_account(&login->rfb.handshake);
	char line[VERDICT_LINE];
	log_warning("%s",
		describe(login, line, "refused: ", user[0] ? "wrong name or password" : "wrong password"));
}
