/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/auth/plain_users.h"
#include "server/net/auth/rsa.h"
#include "server/net/auth/verdict.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/sharing.h"
#include "server/net/stranger.h"
#include "server/net/stranger_state.h"
#include "server/net/turns.h"
#include "server/net/viewer/viewer.h"

static int passwords(void *context, struct passwd_pair *passwd) {
	struct peer *peer = context;
	struct reason reason;
	if (!peer->gateway->password_file)
		return -ENOENT;
	int error = passwd_read(peer->gateway->password_file, passwd, &reason);
	if (error)
		log_error("%s", reason.text);
	return error;
}

/* Returns what to tell a peer that has to wait after wrong passwords, or NULL if it need not wait. */
static const char *blocked(struct peer *peer) {
	uint64_t wait = limits_wait(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop));
	if (!wait)
		return NULL;
	peer->refusal = REFUSAL_GUESSED;
	snprintf(peer->blocked, sizeof peer->blocked,
		"too many wrong passwords from this %s: wait %llu seconds",
		limits_is_user(&peer->key) ? "user" : "address", (unsigned long long)(wait + 999) / 1000);
	return peer->blocked;
}

/* Before a type was chosen nothing was proven; the line then looks like all other lines about a peer. */
static const char *describe(
	const struct peer *peer, char line[VERDICT_LINE], const char *what, const char *more) {
	const struct handshake *handshake = &peer->handshake;
	const char *user = handshake_account(handshake);
	char by[80];
	if (!handshake->chosen)
		return verdict_line(line, &(struct verdict_about){.address = peer->who}, what, more);
	local_users_describe(peer->gateway->local_users, &peer->user, by, sizeof by);
	const struct verdict_about about = {handshake_security_name(handshake), user, peer->address, by};
	return verdict_line(line, &about, what, more);
}

static void say_let_in(const struct peer *peer, const char *how) {
	char line[VERDICT_LINE];
	log_info("%s", describe(peer, line, "let in", how));
}

static void say_refused(const struct peer *peer, const char *why) {
	char line[VERDICT_LINE];
	refusals_log(peer->gateway->refusals, peer->refusal, "%s", describe(peer, line, "refused: ", why));
}

static size_t count_viewers(const struct gateway *gateway, const struct limits_key *key) {
	size_t count = 0;
	const struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		count += peer->phase == PEER_VIEWER && (!key || limits_same(&peer->key, key));
	return count;
}

/* Returns why this place may not have one more viewer, or NULL if it may. */
static const char *crowded(const struct peer *peer) {
	if (count_viewers(peer->gateway, NULL) >= LIMITS_VIEWERS)
		return "too many viewers";
	if (count_viewers(peer->gateway, &peer->key) >= LIMITS_VIEWERS_PER_PLACE)
		return limits_is_user(&peer->key) ? "too many viewers of this user"
						  : "too many viewers from this address";
	return NULL;
}

/* Being on loopback does not identify a person: if no password is asked for, only some of this machine's
 * users come in. */
static bool is_turned_away(const struct peer *peer) {
	const struct gateway *gateway = peer->gateway;
	return peer->loopback && !gateway->policy.given && !gateway->password_file &&
	       local_users_standing(gateway->local_users, &peer->user) == LOCAL_STRANGER;
}

/* If there is a password, only explicitly named users come in without it: root may be a proxy, and everybody
 * may be behind that. */
static bool is_unasked(const struct peer *peer) {
	const struct gateway *gateway = peer->gateway;
	return !peer->exposed && !gateway->policy.given && gateway->password_file &&
	       local_users_standing(gateway->local_users, &peer->user) == LOCAL_NAMED;
}

static void explain_turning_away(const struct peer *peer, char *text, size_t size) {
	char name[48];
	local_users_name(peer->gateway->local_users, peer->user.uid, name, sizeof name);
	if (peer->user.known)
		snprintf(text, size,
			"user %s may not come in without a password: start the server with --local-users=%s or with --password-file",
			name, name);
	else
		snprintf(text, size,
			"this server cannot tell which user of its machine you are: start it with --password-file, or with --local-users=* for everybody on that machine");
}

static bool all_ask(const struct security_list *list) {
	for (size_t i = 0; i < list->count; i++)
		if (security_infos[list->types[i]].proof == SECURITY_PROOF_NONE)
			return false;
	return true;
}

void stranger_offer(const struct peer *peer, struct security_list *list) {
	const struct gateway *gateway = peer->gateway;
	struct reason reason;
	*list = gateway->policy.list;
	if (!gateway->policy.given)
		security_list_default(peer->exposed, gateway->password_file, list, &reason);
	if (is_unasked(peer))
		security_list_prefer(list, SECURITY_NONE);
	if (is_turned_away(peer))
		list->count = 0;
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct security_info *info = &security_infos[list->types[i]];
		bool lacks_key = (info->x509 && !gateway->keys.certificates) ||
				 (info->proof == SECURITY_PROOF_EITHER && !gateway->keys.rsa_key);
		if (!lacks_key)
			list->types[kept++] = list->types[i];
	}
	list->count = kept;
	if (peer->inside_tls)
		security_list_inside_tls(list);
}

void stranger_start_rfb(struct peer *peer) {
	struct gateway *gateway = peer->gateway;
	struct handshake_options options = {.passwords = passwords,
		.context = peer,
		.unasked = is_unasked(peer),
		.rsa_key = gateway->keys.rsa_key,
		.rsa_users = !gateway->password_file};
	stranger_offer(peer, &options.offered);
	peer->refusal = REFUSAL_UNFIT;
	/* earlier wrong guesses do not matter to a viewer that needs no password */
	const char *refusal = all_ask(&options.offered) ? blocked(peer) : NULL;
	if (!refusal && (refusal = crowded(peer)))
		peer->refusal = REFUSAL_CROWD;
	if (refusal)
		snprintf(options.refusal, sizeof options.refusal, "%s", refusal);
	else if (is_turned_away(peer))
		explain_turning_away(peer, options.refusal, sizeof options.refusal);
	peer->phase = PEER_HANDSHAKE;
	handshake_init(&peer->handshake, &options, &peer->out);
}

static void failed(struct peer *peer) {
	const struct handshake *handshake = &peer->handshake;
	const char *user = handshake_account(handshake);
	char line[VERDICT_LINE];
	if (handshake->proof_wrong) {
		limits_failed(peer->gateway->limits, &peer->key, user, uv_now(peer->gateway->loop));
		log_warning("%s", describe(peer, line, "refused: ",
					  user[0] ? "wrong name or password" : "wrong password"));
	} else if (!handshake->judged) {
		say_refused(peer, handshake->reason.text);
	}
	peer_linger(peer);
}

static void succeeded(struct peer *peer) {
	struct limits *limits = peer->gateway->limits;
	uint64_t now = uv_now(peer->gateway->loop);
	limits_right(limits, &peer->key, now);
	/* the view-only password must not allow endless guesses at the other one */
	if (!peer->handshake.view_only)
		limits_proven(limits, &peer->key, handshake_account(&peer->handshake), now);
}

/* Returns why a client that has proved who it is may not come in beside the present viewers, or NULL if it
 * may. */
static const char *shuts_out(struct peer *peer, enum sharing_verdict *verdict) {
	const struct gateway *gateway = peer->gateway;
	struct sharing_newcomer newcomer = {.shared = peer->handshake.shared,
		.view_only = peer->handshake.view_only || gateway->view_only};
	size_t typists = 0, lookers = 0;
	const struct peer *other;
	LIST_FOREACH(other, &gateway->peers, link)
		if (other->phase == PEER_VIEWER)
			*(gateway_viewer_view_only(viewer_of(other)) ? &lookers : &typists) += 1;
	const char *why;
	*verdict = sharing_decide(gateway->sharing, &newcomer, typists, lookers, &why);
	if (*verdict == SHARING_STAYS_OUT)
		return why;
	if (why)
		log_info("%s: %s", peer->who, why);
	/* others may have come in since it was greeted */
	return *verdict == SHARING_JOINS ? crowded(peer) : NULL;
}

static void end_others(struct peer *peer) {
	char why[192];
	snprintf(why, sizeof why, "%s has the desktop alone now", peer->who);
	struct peer *other;
	LIST_FOREACH(other, &peer->gateway->peers, link)
		if (other->phase == PEER_VIEWER)
			peer_end(other, why);
}

static void joined(struct peer *peer) {
	struct handshake *handshake = &peer->handshake;
	if (security_infos[handshake->security].proof != SECURITY_PROOF_NONE)
		succeeded(peer);
	enum sharing_verdict verdict;
	const char *refusal = shuts_out(peer, &verdict);
	if (refusal) {
		peer->refusal = REFUSAL_CROWD;
		say_refused(peer, refusal);
		peer_end(peer, refusal);
		return;
	}
	char line[VERDICT_LINE];
	const struct verdict_about about = {.user = handshake_account(handshake), .address = peer->who};
	log_info("%s (RFB 3.%u, %s%s)", verdict_line(line, &about, "came in", ""), handshake->minor,
		handshake_security_name(handshake),
		handshake->view_only || peer->gateway->view_only ? ", view only" : "");
	if (verdict == SHARING_ALONE)
		end_others(peer);
	handshake_finish(handshake);
	/* pictures from here on: wiping them would cost as much as copying them */
	peer->in.secret = peer->out.secret = false;
	uv_timer_stop(&peer->timer);
	peer->phase = PEER_VIEWER;
	const struct viewer_login login = {.security = handshake->security,
		.minor = handshake->minor,
		.view_only = handshake->view_only || peer->gateway->view_only};
	int error = viewer_create(&peer->gateway->viewers, peer, &login);
	if (error)
		peer_end(peer, strerror(-error));
}

static void start_aes(struct peer *peer) {
	struct aes_keys keys;
	peer_flush(peer);
	if (peer->phase == PEER_ENDED)
		return;
	auth_rsa_keys(peer->handshake.rsa, &keys);
	struct transport *below = stranger_give_back(peer);
	peer->transport = below ? transport_aes(below, &keys) : NULL;
	explicit_bzero(&keys, sizeof keys);
	if (!peer->transport)
		peer_end(peer, "out of memory");
}

static enum auth_verdict user_verdict(const struct peer *peer) {
	const struct gateway *gateway = peer->gateway;
	return plain_users_verdict(gateway->plain_users, gateway->view_users, peer->handshake.user);
}

static void verdict(void *context, enum auth_plain_answer answer) {
	struct peer *peer = context;
	struct handshake *handshake = &peer->handshake;
	peer->job = NULL;
	if (peer->phase != PEER_CHECKING)
		return;
	peer->phase = PEER_HANDSHAKE;
	const char *wait = answer == AUTH_PLAIN_WRONG ? NULL : blocked(peer); /* others may have failed */
	if (answer == AUTH_PLAIN_WRONG) {
		handshake_verdict(handshake, AUTH_REFUSED, &peer->out);
	} else if (wait || answer == AUTH_PLAIN_NOT_ASKED) {
		peer->refusal = REFUSAL_GUESSED;
		handshake_fail(handshake, &peer->out, wait ? wait : "too many wrong passwords: try again");
	} else {
		handshake_verdict(handshake, user_verdict(peer), &peer->out);
		say_let_in(peer, handshake->view_only ? " (view only)" : "");
	}
	peer_resume(peer);
}

static void check_user(struct peer *peer) {
	struct handshake *handshake = &peer->handshake;
	struct auth_plain_question question = {
		.from = peer->key,
		.type = handshake_security_name(handshake),
		.listed = user_verdict(peer) != AUTH_REFUSED,
	};
	snprintf(question.address, sizeof question.address, "%s", peer->address);
	local_users_describe(peer->gateway->local_users, &peer->user, question.by, sizeof question.by);
	snprintf(question.user, sizeof question.user, "%s", handshake->user);
	snprintf(question.password, sizeof question.password, "%s", handshake->password);
	listener_peer_host(peer->fd, question.host, sizeof question.host);
	peer->phase = PEER_CHECKING;
	peer->job = auth_plain_start(peer->gateway->plain, &question, verdict, peer);
	explicit_bzero(&question, sizeof question);
	if (!peer->job)
		peer_end(peer, "out of memory");
}

static void look(struct peer *peer) {
	limits_looked(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop));
	/* a proof of a user name is not decided here */
	if (handshake_prove(&peer->handshake, &peer->out) == HANDSHAKE_MORE)
		say_let_in(peer, peer->handshake.view_only ? " (view-only password)" : " (full password)");
}

static void hold(struct peer *peer) {
	turns_hold(peer->gateway->turns, peer);
	refusals_log(peer->gateway->refusals, REFUSAL_GUESSED,
		"%s: its password has to wait for its turn: too many wrong ones come from its network, or from everywhere",
		peer->who);
}

/* This is checked for every proof. Otherwise parallel connections could exceed the limits. */
static void prove(struct peer *peer) {
	const char *wait = blocked(peer);
	if (wait)
		handshake_fail(&peer->handshake, &peer->out, wait);
	else if (limits_pause(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop)))
		hold(peer);
	else
		look(peer);
}

void stranger_look(struct peer *peer) {
	const char *wait = blocked(peer); /* parallel connections may have failed meanwhile */
	peer->phase = PEER_HANDSHAKE;
	if (wait)
		handshake_fail(&peer->handshake, &peer->out, wait);
	else
		look(peer);
	peer_resume(peer);
}

static void stop_aes(struct peer *peer) {
	peer_flush(peer);
	if (peer->phase != PEER_ENDED)
		peer->transport = transport_aes_unwrap(peer->transport);
}

/* Does one step of the handshake. Returns false if it waits for bytes or has left this phase. */
static bool handshake(struct peer *peer) {
	size_t used = 0;
	enum handshake_step step = handshake_feed(
		&peer->handshake, queue_bytes(&peer->in), queue_size(&peer->in), &used, &peer->out);
	queue_take(&peer->in, used);
	switch (step) {
	case HANDSHAKE_MORE:
		return false;
	case HANDSHAKE_START_TLS:
		stranger_start_tls(peer, security_infos[peer->handshake.security].x509);
		break;
	case HANDSHAKE_START_AES:
		start_aes(peer);
		if (peer->phase != PEER_ENDED)
			handshake_encrypted(&peer->handshake, &peer->out);
		break;
	case HANDSHAKE_STOP_AES:
		stop_aes(peer);
		if (peer->phase != PEER_ENDED)
			handshake_encrypted(&peer->handshake, &peer->out);
		break;
	case HANDSHAKE_PROVE:
		prove(peer);
		break;
	case HANDSHAKE_CHECK_USER:
		check_user(peer);
		break;
	case HANDSHAKE_DONE:
		joined(peer);
		break;
	case HANDSHAKE_FAILED:
		failed(peer);
		break;
	}
	return peer->phase == PEER_HANDSHAKE;
}

/* A connection that a browser opened in advance, and used too late, was greeted as a viewer. This cannot be
 * undone. Bytes like these cannot be RFB. */
static bool is_late_browser(const struct peer *peer) {
	bool spoke = peer->handshake.minor || !queue_size(&peer->in);
	return !spoke && stranger_speaks(queue_bytes(&peer->in)[0]) != STRANGER_RFB;
}

static void came_late(struct peer *peer) {
	bool web = stranger_speaks(queue_bytes(&peer->in)[0]) == STRANGER_HTTP;
	refusals_log(peer->gateway->refusals, REFUSAL_UNFIT,
		"%s: %s, but it kept silent for so long that it was greeted as a VNC viewer: it has to connect again",
		peer->who, web ? "a browser" : "TLS");
	if (web)
		stranger_saw_browser(peer);
	peer_linger(peer);
}

void stranger_go_on_rfb(struct peer *peer) {
	if (is_late_browser(peer))
		came_late(peer);
	else
		while (handshake(peer))
			;
}
