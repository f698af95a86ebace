/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/rfb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/guesses.h"
#include "server/net/login/admission.h"
#include "server/net/login/held.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/login/offer.h"
#include "server/net/login/record.h"
#include "server/net/login/speech.h"
#include "server/net/peer.h"
#include "server/net/remote.h"
#include "server/net/transport/aes.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewers.h"

static int passwords(void *context, struct passwd_pair *passwd) {
	const struct login *login = context;
	struct reason reason;
	if (!login->logins->password_file)
		return -ENOENT;
	int error = passwd_read(login->logins->password_file, passwd, &reason);
	if (error)
		log_error("%s", reason.text);
	return error;
}

static const struct place *place_of(const struct login *login) {
	return &peer_remote(login->peer)->place;
}

/* Returns what to tell a client that has to wait after wrong passwords, or NULL if it need not wait. */
static const char *blocked(struct login *login) {
	struct login_rfb *rfb = &login->rfb;
	const struct logins *logins = login->logins;
	uint64_t wait = guesses_wait(logins->guesses, place_of(login), uv_now(logins->loop));
	if (!wait)
		return NULL;
	rfb->refusal = REFUSAL_GUESSED;
	snprintf(rfb->blocked, sizeof rfb->blocked,
		"too many wrong passwords from this %s: wait %llu seconds",
		place_is_user(place_of(login)) ? "user" : "address", (unsigned long long)(wait + 999) / 1000);
	return rfb->blocked;
}

/* What the password gave, apart from what a user may do, which can change. */
static unsigned proven_rights(const struct handshake *handshake) {
	bool by_user = handshake_account(handshake)[0];
	return handshake->view_only && !by_user ? RIGHT_VIEW : RIGHTS_ALL;
}

static unsigned rights_of(const struct login *login) {
	const struct handshake *handshake = &login->rfb.handshake;
	return logins_rights(login->logins, peer_remote(login->peer), handshake_account(handshake),
		proven_rights(handshake));
}

static bool is_view_only(const struct login *login) {
	return !(rights_of(login) & RIGHT_TYPE) || login->logins->viewers->view_only;
}

/* --- the end of the handshake --- */

static void failed(struct login *login) {
	const struct handshake *handshake = &login->rfb.handshake;
	const struct logins *logins = login->logins;
	const char *user = handshake_account(handshake);
	if (handshake->proof_wrong) {
		guesses_failed(logins->guesses, place_of(login), user, uv_now(logins->loop));
		record_wrong_proof(login);
	} else if (!handshake->judged) {
		record_refused(login, login->rfb.refusal, handshake->reason.text);
	}
	login_linger(login);
}

static void succeeded(struct login *login) {
	const struct handshake *handshake = &login->rfb.handshake;
	struct guesses *guesses = login->logins->guesses;
	uint64_t now = uv_now(login->logins->loop);
	guesses_right(guesses, place_of(login), now);
	/* the view-only password must not allow endless guesses at the other one */
	if (!handshake->view_only)
		guesses_proven(guesses, place_of(login), handshake_account(handshake), now);
}

/* It is a viewer from now on. */
static void become_viewer(struct login *login) {
	struct handshake *handshake = &login->rfb.handshake;
	struct peer *peer = login->peer;
	const struct remote *remote = peer_remote(peer);
	struct viewer_login as = {.id = viewers_new_id(login->logins->viewers),
		.security = handshake->security,
		.minor = handshake->minor,
		.shared = handshake->shared,
		.proven = proven_rights(handshake),
		.rights = rights_of(login)};
	snprintf(as.account, sizeof as.account, "%s", handshake_account(handshake));
	if (remote->user.known)
		local_users_name(login->logins->local_users, remote->user.uid, as.user, sizeof as.user);
	record_came_in(login, is_view_only(login), as.id);
	handshake_finish(handshake);
	/* pictures from here on: wiping them would cost as much as copying them */
	peer_set_secret(peer, false);
	int error = viewer_create(login->logins->viewers, peer, &as);
	if (error)
		peer_end(peer, strerror(-error));
	else
		login_destroy(login);
}

static void joined(struct login *login) {
	const struct handshake *handshake = &login->rfb.handshake;
	if (security_infos[handshake->security].proof != SECURITY_PROOF_NONE)
		succeeded(login);
	if (!rights_of(login)) {
		record_refused(login, REFUSAL_UNFIT, viewer_no_rights);
		peer_end(login->peer, viewer_no_rights);
		return;
	}
	const struct sharing_newcomer newcomer = {
		.shared = handshake->shared, .view_only = is_view_only(login)};
	bool alone;
	const struct logins *logins = login->logins;
	const struct peer *peer = login->peer;
	const char *refusal = admission_refusal(logins, peer, &newcomer, &alone);
	if (refusal) {
		record_refused(login, REFUSAL_CROWD, refusal);
		peer_end(login->peer, refusal);
		return;
	}
	become_viewer(login);
	if (alone && viewer_of(peer) && !viewer_waits(viewer_of(peer)))
		admission_end_others(logins, peer);
}

/* --- its steps --- */

static void go_on(struct login *login, struct queue *in);

static enum grace_wait wait(const struct login *login, const struct queue *in) {
	return handshake_wait(&login->rfb.handshake, queue_size(in) > 0);
}

static enum grace_wait wait_for_turn(const struct login *login, const struct queue *in) {
	(void)login;
	(void)in;
	return GRACE_TURN;
}

static enum grace_wait wait_for_pam(const struct login *login, const struct queue *in) {
	(void)login;
	(void)in;
	return GRACE_PAM;
}

static void stand_still(struct login *login, struct queue *in) {
	(void)login;
	(void)in;
}

static void tell(struct login *login, const char *why) {
	auth_plain_forget(login->rfb.job); /* PAM's answer would come too late for it */
	login->rfb.job = NULL;
	handshake_fail(&login->rfb.handshake, peer_out(login->peer), why);
}

static const struct login_step shaking = {go_on, wait, tell};
static const struct login_step held = {stand_still, wait_for_turn, tell};
static const struct login_step checking = {stand_still, wait_for_pam, tell};

/* While it stands still, nothing more is read. */
static void enter(struct login *login, const struct login_step *step) {
	peer_set_reading(login->peer, step == &shaking);
	login_enter(login, step);
}

/* --- PAM --- */

static enum auth_verdict user_verdict(const struct login *login) {
	unsigned rights = rights_of_user(&login->logins->users, login->rfb.handshake.credentials.user);
	if (!rights)
		return AUTH_REFUSED;
	return rights & RIGHT_TYPE ? AUTH_FULL : AUTH_VIEW_ONLY;
}

static void verdict(void *context, enum auth_plain_answer answer) {
	struct login *login = context;
	struct handshake *handshake = &login->rfb.handshake;
	struct queue *out = peer_out(login->peer);
	login->rfb.job = NULL;
	if (login->step != &checking || !peer_is_open(login->peer))
		return;
	enter(login, &shaking);
	const char *wait = answer == AUTH_PLAIN_WRONG ? NULL : blocked(login); /* others may have failed */
	if (answer == AUTH_PLAIN_WRONG) {
		handshake_verdict(handshake, AUTH_REFUSED, out);
	} else if (wait || answer == AUTH_PLAIN_NOT_ASKED) {
		login->rfb.refusal = REFUSAL_GUESSED;
		handshake_fail(handshake, out, wait ? wait : "too many wrong passwords: try again");
	} else {
		handshake_verdict(handshake, user_verdict(login), out);
		record_let_in(login, handshake->view_only ? " (view only)" : "");
	}
	peer_resume(login->peer);
}

static void check_user(struct login *login) {
	const struct handshake *handshake = &login->rfb.handshake;
	const struct remote *remote = peer_remote(login->peer);
	struct auth_plain_question question = {
		.from = remote->place,
		.type = handshake_security_name(handshake),
		.listed = user_verdict(login) != AUTH_REFUSED,
	};
	snprintf(question.address, sizeof question.address, "%s", remote->address);
	local_users_describe(login->logins->local_users, &remote->user, question.by, sizeof question.by);
	snprintf(question.user, sizeof question.user, "%s", handshake->credentials.user);
	snprintf(question.password, sizeof question.password, "%s", handshake->credentials.password);
	peer_host(login->peer, question.host, sizeof question.host);
	enter(login, &checking);
	login->rfb.job = auth_plain_start(login->logins->plain, &question, verdict, login);
	explicit_bzero(&question, sizeof question);
	if (!login->rfb.job)
		peer_end(login->peer, "out of memory");
}

/* --- proofs --- */

static void look(struct login *login) {
	struct handshake *handshake = &login->rfb.handshake;
	guesses_looked(login->logins->guesses, place_of(login), uv_now(login->logins->loop));
	/* a proof of a user name is not decided here */
	if (handshake_prove(handshake, peer_out(login->peer)) == HANDSHAKE_MORE)
		record_let_in(login, handshake->view_only ? " (view-only password)" : " (full password)");
}

static void hold(struct login *login) {
	enter(login, &held);
	held_hold(login->logins->held, login);
	record_line(login, REFUSAL_GUESSED,
		"%s: its password has to wait for its turn: too many wrong ones come from its network, or from everywhere",
		peer_remote(login->peer)->who);
}

/* This is checked for every proof. Otherwise parallel connections could exceed the limits. */
static void prove(struct login *login) {
	const char *wait = blocked(login);
	if (wait)
		handshake_fail(&login->rfb.handshake, peer_out(login->peer), wait);
	else if (guesses_pause(login->logins->guesses, place_of(login), uv_now(login->logins->loop)))
		hold(login);
	else
		look(login);
}

void login_rfb_look(struct login *login) {
	const char *wait = blocked(login); /* parallel connections may have failed meanwhile */
	enter(login, &shaking);
	if (wait)
		handshake_fail(&login->rfb.handshake, peer_out(login->peer), wait);
	else
		look(login);
	peer_resume(login->peer);
}

/* --- layers --- */

static void encrypted(struct login *login) {
	handshake_encrypted(&login->rfb.handshake, peer_out(login->peer));
}

static void in_tls(struct login *login) {
	enter(login, &shaking);
	encrypted(login);
}

static void start_tls(struct login *login) {
	bool x509 = security_infos[login->rfb.handshake.security].x509;
	login_tls_start(login, x509, x509, in_tls);
}

static void start_aes(struct login *login) {
	struct aes_keys keys;
	struct peer *peer = login->peer;
	peer_flush(peer);
	if (!peer_is_open(peer))
		return;
	handshake_aes_keys(&login->rfb.handshake, &keys);
	struct transport *below = peer_lift(peer);
	struct transport *aes = below ? transport_aes(below, &keys) : NULL;
	explicit_bzero(&keys, sizeof keys);
	peer_put(peer, aes);
	if (aes)
		encrypted(login);
	else
		peer_end(peer, "out of memory");
}

static void stop_aes(struct login *login) {
	struct peer *peer = login->peer;
	peer_flush(peer);
	if (!peer_is_open(peer))
		return;
	peer_put(peer, transport_aes_unwrap(peer_transport(peer)));
	encrypted(login);
}

/* --- the handshake --- */

/* Does one thing that the handshake asks for. Returns false if it waits for bytes or has left this step. */
static bool shake(struct login *login, struct queue *in) {
	size_t used = 0;
	enum handshake_step step = handshake_feed(
		&login->rfb.handshake, queue_bytes(in), queue_size(in), &used, peer_out(login->peer));
	queue_take(in, used);
	switch (step) {
	case HANDSHAKE_MORE:
		return false;
	case HANDSHAKE_START_TLS:
		start_tls(login);
		break;
	case HANDSHAKE_START_AES:
		start_aes(login);
		break;
	case HANDSHAKE_STOP_AES:
		stop_aes(login);
		break;
	case HANDSHAKE_PROVE:
		prove(login);
		break;
	case HANDSHAKE_CHECK_USER:
		check_user(login);
		break;
	case HANDSHAKE_DONE:
		joined(login);
		break;
	case HANDSHAKE_FAILED:
		failed(login);
		break;
	}
	return login->step == &shaking && peer_is_open(login->peer);
}

/* A connection that a browser opened in advance, and used too late, was greeted as a viewer. This cannot be
 * undone. Bytes like these cannot be RFB. */
static bool is_late_browser(const struct login *login, const struct queue *in) {
	bool spoke = login->rfb.handshake.minor || !queue_size(in);
	return !spoke && speech_of(queue_bytes(in)[0]) != SPEECH_RFB;
}

static void came_late(struct login *login, const struct queue *in) {
	bool web = speech_of(queue_bytes(in)[0]) == SPEECH_HTTP;
	record_line(login, REFUSAL_UNFIT,
		"%s: %s, but it kept silent for so long that it was greeted as a VNC viewer: it has to connect again",
		peer_remote(login->peer)->who, web ? "a browser" : "TLS");
	if (web)
		silence_saw_browser(login);
	login_linger(login);
}

static void go_on(struct login *login, struct queue *in) {
	if (is_late_browser(login, in))
		came_late(login, in);
	else
		while (shake(login, in))
			;
}

/* --- beginning and end --- */

/* Returns why the client is refused, whatever it would prove, or NULL. */
static const char *find_refusal(struct login *login, const struct security_list *offered) {
	/* earlier wrong guesses do not matter to a viewer that needs no password */
	const char *refusal = offer_has_unproven(offered) ? NULL : blocked(login);
	if (refusal)
		return refusal;
	refusal = admission_crowded(login->logins, login->peer);
	if (refusal)
		login->rfb.refusal = REFUSAL_CROWD;
	return refusal;
}

void login_rfb_start(struct login *login, bool greeted) {
	const struct logins *logins = login->logins;
	struct handshake_options options = {.passwords = passwords,
		.context = login,
		.unasked = offer_is_unasked(login),
		.greeted = greeted,
		.rsa_key = logins->keys.rsa_key,
		.rsa_users = !logins->password_file};
	offer_list(login, &options.offered);
	login->rfb.refusal = REFUSAL_UNFIT;
	const char *refusal = find_refusal(login, &options.offered);
	if (refusal)
		snprintf(options.refusal, sizeof options.refusal, "%s", refusal);
	else if (offer_is_turned_away(login))
		offer_explain_turning_away(login, options.refusal, sizeof options.refusal);
	enter(login, &shaking);
	handshake_init(&login->rfb.handshake, &options, peer_out(login->peer));
}

void login_rfb_finish(struct login *login) {
	handshake_finish(&login->rfb.handshake);
	auth_plain_forget(login->rfb.job);
	login->rfb.job = NULL;
}
