/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nettle/memops.h>
#include <string.h>

#include "server/net/auth/handshake_state.h"
#include "server/net/auth/rsa.h"
#include "server/rfb/bytes.h"

static enum handshake_step on_key_size(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_key(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_random(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_hash(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_user_size(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_user(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_password(struct handshake *h, const uint8_t *bytes, struct queue *out);

enum rsa_state { KEY_SIZE, KEY, RANDOM, SEALING, HASH, USER_SIZE, USER, PASSWORD, UNSEALING };

/* A failure before the credentials is reported only by closing, because the viewer does not expect a result
 * there. */
static const struct handshake_state states[] = {
	[KEY_SIZE] = {"RSA key size", GRACE_RSA_KEY, on_key_size, false},
	[KEY] = {"RSA key", GRACE_RSA, on_key, false},
	[RANDOM] = {"RSA random number", GRACE_RSA, on_random, false},
	[SEALING] = {"start of AES", GRACE_RSA, NULL, false},
	[HASH] = {"RSA hash", GRACE_RSA, on_hash, false},
	[USER_SIZE] = {"RSA user size", GRACE_USER, on_user_size, false},
	[USER] = {"RSA user", GRACE_REST, on_user, false},
	[PASSWORD] = {"RSA password", GRACE_REST, on_password, true},
	[UNSEALING] = {"end of AES", GRACE_REST, NULL, true},
};

static enum handshake_step enter(struct handshake *h, enum rsa_state state, size_t need) {
	return handshake_enter(h, &states[state], need);
}

static bool is_256(const struct handshake *h) {
	return h->security == SECURITY_RA2_256 || h->security == SECURITY_RA2NE_256;
}

/* The "ne" types stop encrypting after the password. */
static bool stays_sealed(const struct handshake *h) {
	return security_infos[h->security].encrypted;
}

enum handshake_step handshake_rsa_start(struct handshake *h, struct queue *out) {
	h->rsa = h->options.rsa_key ? auth_rsa_create(h->options.rsa_key, is_256(h) ? 256 : 128, out) : NULL;
	if (!h->rsa)
		return handshake_fail(h, out, "no RSA key");
	return enter(h, KEY_SIZE, 4);
}

static enum handshake_step on_key_size(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	h->rsa_bits = bytes_get32(bytes);
	size_t size = auth_rsa_viewer_key_size(h->rsa_bits);
	return size ? enter(h, KEY, size)
		    : handshake_fail(h, out, "the viewer's RSA key has a size that is not supported");
}

static enum handshake_step on_key(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	struct reason reason;
	if (auth_rsa_viewer_key(h->rsa, h->rsa_bits, bytes, out, &reason))
		return handshake_fail(h, out, reason.text);
	return enter(h, RANDOM, auth_rsa_random_size(h->rsa));
}

static enum handshake_step on_random(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	struct reason reason;
	if (auth_rsa_viewer_random(h->rsa, bytes, &reason))
		return handshake_fail(h, out, reason.text);
	enter(h, SEALING, 0);
	return HANDSHAKE_START_AES;
}

bool handshake_rsa_encrypted(struct handshake *h, struct queue *out, enum handshake_step *step) {
	uint8_t hash[AUTH_RSA_MAX_HASH];
	if (h->state == &states[SEALING]) {
		size_t size = auth_rsa_server_hash(h->rsa, hash);
		queue_add(out, hash, size);
		*step = enter(h, HASH, size);
		return true;
	}
	if (h->state != &states[UNSEALING])
		return false;
	*step = handshake_proof(h);
	return true;
}

static enum handshake_step on_hash(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	uint8_t hash[AUTH_RSA_MAX_HASH];
	size_t size = auth_rsa_viewer_hash(h->rsa, hash);
	if (!memeql_sec(hash, bytes, size))
		return handshake_fail(h, out,
			"the viewer saw different RSA keys: somebody may be intercepting the connection");
	uint8_t want = h->options.rsa_users ? RSA_WANTS_USER_AND_PASSWORD : RSA_WANTS_PASSWORD;
	queue_add(out, &want, 1);
	return enter(h, USER_SIZE, 1);
}

static enum handshake_step on_user_size(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	h->user_size = bytes[0];
	return enter(h, USER, h->user_size + 1); /* and the size of the password */
}

static enum handshake_step on_user(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	memcpy(h->user, bytes, h->user_size);
	h->user[h->user_size] = 0;
	h->password_size = bytes[h->user_size];
	return enter(h, PASSWORD, h->password_size);
}

static enum handshake_step on_password(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	memcpy(h->password, bytes, h->password_size);
	h->password[h->password_size] = 0;
	if (stays_sealed(h))
		return handshake_proof(h);
	enter(h, UNSEALING, 0);
	return HANDSHAKE_STOP_AES;
}
