/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/record.h"

#include <stdarg.h>
#include <stdio.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/verdict.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/remote.h"
#include "server/net/viewer/viewers.h"

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

/* What is known about who logs in, for programs. */
struct about {
	char user[48]; /* of this machine; "" if unknown */
	const char *account, *security;
};

static void find_about(const struct login *login, struct about *about) {
	const struct handshake *handshake = &login->rfb.handshake;
	const struct remote *remote = peer_remote(login->peer);
	*about = (struct about){.account = handshake->chosen ? handshake_account(handshake) : "",
		.security = handshake->chosen ? handshake_security_name(handshake) : ""};
	if (remote->user.known)
		local_users_name(
			login->logins->local_users, remote->user.uid, about->user, sizeof about->user);
}

static struct log_event event_of(
	const struct login *login, const struct about *about, const char *name, const char *reason) {
	return (struct log_event){.name = name,
		.address = peer_remote(login->peer)->address,
		.user = about->account[0] ? about->account : about->user,
		.security = about->security,
		.reason = reason};
}

void record_let_in(const struct login *login, const char *how) {
	char line[VERDICT_LINE];
	struct about about;
	find_about(login, &about);
	const struct log_event event = event_of(login, &about, "login", NULL);
	log_about(LOG_LEVEL_INFO, &event, "%s", describe(login, line, "let in", how));
}

void record_turned_away(const struct login *login, const char *why) {
	const struct gateway_events *events = login->logins->viewers->events;
	struct about about;
	find_about(login, &about);
	const struct gateway_refusal refusal = {.address = peer_remote(login->peer)->address,
		.user = about.user,
		.account = about.account,
		.security = about.security,
		.why = why};
	events->refused(events->context, &refusal);
}

static void log_refusal(const struct login *login, enum refusal kind, const char *reason, const char *line) {
	struct about about;
	find_about(login, &about);
	const struct log_event event = event_of(login, &about, "refused", reason);
	refusals_log(login->logins->refusals, kind, &event, line);
}

void record_line(const struct login *login, enum refusal kind, const char *format, ...) {
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	log_refusal(login, kind, NULL, line);
}

void record_refused(const struct login *login, enum refusal kind, const char *why) {
	char line[VERDICT_LINE];
	log_refusal(login, kind, why, describe(login, line, "refused: ", why));
	record_turned_away(login, why);
}

void record_came_in(const struct login *login, bool view_only, uint64_t id) {
	const struct handshake *handshake = &login->rfb.handshake;
	char line[VERDICT_LINE];
	struct about known;
	const struct verdict_about about = {
		.user = handshake_account(handshake), .address = peer_remote(login->peer)->who};
	find_about(login, &known);
	struct log_event event = event_of(login, &known, "joined", NULL);
	event.viewer = id;
	log_about(LOG_LEVEL_INFO, &event, "%s (RFB 3.%u, %s%s): viewer %llu",
		verdict_line(line, &about, "came in", ""), handshake->minor,
		handshake_security_name(handshake), view_only ? ", view only" : "", (unsigned long long)id);
}

void record_wrong_proof(const struct login *login) {
	const char *user = handshake_account(&login->rfb.handshake);
	char line[VERDICT_LINE];
	struct about about;
	const char *why = user[0] ? "wrong name or password" : "wrong password";
	find_about(login, &about);
	const struct log_event event = event_of(login, &about, "login-failed", why);
	log_about(LOG_LEVEL_WARNING, &event, "%s", describe(login, line, "refused: ", why));
	record_turned_away(login, why);
}
