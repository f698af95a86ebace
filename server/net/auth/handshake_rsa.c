/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/handshake_rsa.h"

#include <errno.h>
#include <nettle/memops.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/protocol.h"

/* What was read, and where the answer goes. */
struct exchange {
	const uint8_t *bytes;
	struct credentials *credentials;
	struct queue *out;
};

static enum handshake_rsa_step on_key_size(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_key(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_random(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_hash(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_user_size(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_user(struct handshake_rsa *rsa, const struct exchange *exchange);
static enum handshake_rsa_step on_password(struct handshake_rsa *rsa, const struct exchange *exchange);

enum state { KEY_SIZE, KEY, RANDOM, SEALING, HASH, USER_SIZE, USER, PASSWORD, UNSEALING };

static const struct handshake_rsa_state {
	enum grace_wait wait; /* what the state waits for */
	enum handshake_rsa_step (*handle)(struct handshake_rsa *rsa, const struct exchange *exchange);
	bool result_expected; /* a failure is sent as SecurityResult */
} states[] = {
	[KEY_SIZE] = {GRACE_RSA_KEY, on_key_size, false},
	[KEY] = {GRACE_RSA, on_key, false},
	[RANDOM] = {GRACE_RSA, on_random, false},
	[SEALING] = {GRACE_RSA, NULL, false},
	[HASH] = {GRACE_RSA, on_hash, false},
	[USER_SIZE] = {GRACE_USER, on_user_size, false},
	[USER] = {GRACE_REST, on_user, false},
	[PASSWORD] = {GRACE_REST, on_password, true},
	[UNSEALING] = {GRACE_REST, NULL, true},
};

static enum handshake_rsa_step enter(struct handshake_rsa *rsa, enum state state, size_t need) {
	rsa->state = &states[state];
	rsa->need = need;
	return HANDSHAKE_RSA_MORE;
}

static enum handshake_rsa_step fail(struct handshake_rsa *rsa, const char *why) {
	reason_set(&rsa->reason, -EPROTO, "%s", why);
	return HANDSHAKE_RSA_FAILED;
}

enum handshake_rsa_step handshake_rsa_start(
	struct handshake_rsa *rsa, const struct handshake_rsa_wish *wish, struct queue *out) {
	rsa->wish = *wish;
	enter(rsa, KEY_SIZE, 4);
	rsa->exchange = wish->key ? auth_rsa_create(wish->key, wish->bits, out) : NULL;
	return rsa->exchange ? HANDSHAKE_RSA_MORE : fail(rsa, "no RSA key");
}

void handshake_rsa_finish(struct handshake_rsa *rsa) {
	auth_rsa_destroy(rsa->exchange);
	rsa->exchange = NULL;
}

static enum handshake_rsa_step on_key_size(struct handshake_rsa *rsa, const struct exchange *exchange) {
	rsa->bits = bytes_get32(exchange->bytes);
	size_t size = auth_rsa_viewer_key_size(rsa->bits);
	return size ? enter(rsa, KEY, size)
		    : fail(rsa, "the viewer's RSA key has a size that is not supported");
}

static enum handshake_rsa_step on_key(struct handshake_rsa *rsa, const struct exchange *exchange) {
	if (auth_rsa_viewer_key(rsa->exchange, rsa->bits, exchange->bytes, exchange->out, &rsa->reason))
		return HANDSHAKE_RSA_FAILED;
	return enter(rsa, RANDOM, auth_rsa_random_size(rsa->exchange));
}

static enum handshake_rsa_step on_random(struct handshake_rsa *rsa, const struct exchange *exchange) {
	if (auth_rsa_viewer_random(rsa->exchange, exchange->bytes, &rsa->reason))
		return HANDSHAKE_RSA_FAILED;
	enter(rsa, SEALING, 0);
	return HANDSHAKE_RSA_SEAL;
}

enum handshake_rsa_step handshake_rsa_layered(struct handshake_rsa *rsa, struct queue *out) {
	if (rsa->state == &states[UNSEALING])
		return HANDSHAKE_RSA_PROVE;
	uint8_t hash[AUTH_RSA_MAX_HASH];
	size_t size = auth_rsa_server_hash(rsa->exchange, hash);
	queue_add(out, hash, size);
	return enter(rsa, HASH, size);
}

static enum handshake_rsa_step on_hash(struct handshake_rsa *rsa, const struct exchange *exchange) {
	uint8_t hash[AUTH_RSA_MAX_HASH];
	size_t size = auth_rsa_viewer_hash(rsa->exchange, hash);
	if (!memeql_sec(hash, exchange->bytes, size))
		return fail(rsa,
			"the viewer saw different RSA keys: somebody may be intercepting the connection");
	uint8_t want = rsa->wish.users ? RSA_WANTS_USER_AND_PASSWORD : RSA_WANTS_PASSWORD;
	queue_add(exchange->out, &want, 1);
	return enter(rsa, USER_SIZE, 1);
}

static enum handshake_rsa_step on_user_size(struct handshake_rsa *rsa, const struct exchange *exchange) {
	size_t size = exchange->bytes[0];
	credentials_set_user_size(exchange->credentials, size);
	return enter(rsa, USER, size + 1); /* and the size of the password */
}

static enum handshake_rsa_step on_user(struct handshake_rsa *rsa, const struct exchange *exchange) {
	struct credentials *credentials = exchange->credentials;
	credentials_set_user(credentials, exchange->bytes);
	credentials_set_password_size(credentials, exchange->bytes[credentials->user_size]);
	return enter(rsa, PASSWORD, credentials->password_size);
}

/* The "ne" types stop encrypting after the password. */
static enum handshake_rsa_step on_password(struct handshake_rsa *rsa, const struct exchange *exchange) {
	credentials_set_password(exchange->credentials, exchange->bytes);
	if (rsa->wish.stays_sealed)
		return HANDSHAKE_RSA_PROVE;
	enter(rsa, UNSEALING, 0);
	return HANDSHAKE_RSA_UNSEAL;
}

enum handshake_rsa_step handshake_rsa_feed(
	struct handshake_rsa *rsa, const uint8_t *bytes, struct credentials *credentials, struct queue *out) {
	const struct exchange exchange = {bytes, credentials, out};
	return rsa->state->handle(rsa, &exchange);
}

enum grace_wait handshake_rsa_wait(const struct handshake_rsa *rsa) {
	return rsa->state->wait;
}

bool handshake_rsa_expects_result(const struct handshake_rsa *rsa) {
	return rsa->state->result_expected;
}
