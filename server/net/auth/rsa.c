/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/rsa.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <nettle/bignum.h>
#include <nettle/memops.h>
#include <nettle/rsa.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"

/* A public key as it is sent: its length in bits, the modulus, and the exponent, which is as long as the
 * modulus. */
enum { MAX_KEY_BYTES = AUTH_RSA_MAX_BITS / 8, MAX_WIRE_KEY = 4 + 2 * MAX_KEY_BYTES };

struct wire_key {
	uint8_t bytes[MAX_WIRE_KEY];
	size_t size;
};

struct auth_rsa_key {
	struct rsa_public_key public_key;
	struct rsa_private_key private_key;
	struct wire_key wire;
};

struct auth_rsa {
	const struct auth_rsa_key *key;
	unsigned bits;
	size_t random_size;
	struct wire_key viewer;
	uint8_t server_random[32], viewer_random[32];
};

static void random_bytes(void *context, size_t length, uint8_t *bytes) {
	(void)context;
	if (gnutls_rnd(GNUTLS_RND_KEY, bytes, length))
		abort(); /* nothing can continue without random numbers */
}

static void write_wire(struct wire_key *wire, const struct rsa_public_key *key) {
	size_t bits = mpz_sizeinbase(key->n, 2), bytes = (bits + 7) / 8;
	bytes_put32(wire->bytes, (uint32_t)bits);
	nettle_mpz_get_str_256(bytes, wire->bytes + 4, key->n);
	nettle_mpz_get_str_256(bytes, wire->bytes + 4 + bytes, key->e);
	wire->size = 4 + 2 * bytes;
}

struct auth_rsa_key *auth_rsa_key_create(gnutls_x509_privkey_t source) {
	gnutls_datum_t m, e, d, p, q, u, e1, e2;
	if (gnutls_x509_privkey_export_rsa_raw2(source, &m, &e, &d, &p, &q, &u, &e1, &e2))
		return NULL;
	struct auth_rsa_key *key = calloc(1, sizeof *key);
	if (key) {
		rsa_public_key_init(&key->public_key);
		rsa_private_key_init(&key->private_key);
		nettle_mpz_set_str_256_u(key->public_key.n, m.size, m.data);
		nettle_mpz_set_str_256_u(key->public_key.e, e.size, e.data);
		nettle_mpz_set_str_256_u(key->private_key.d, d.size, d.data);
		nettle_mpz_set_str_256_u(key->private_key.p, p.size, p.data);
		nettle_mpz_set_str_256_u(key->private_key.q, q.size, q.data);
		/* CRT values computed from the above: nettle wants a = d mod p-1, b = d mod q-1, c = 1/q mod
		 * p */
		mpz_t minus_one;
		mpz_init(minus_one);
		mpz_sub_ui(minus_one, key->private_key.p, 1);
		mpz_mod(key->private_key.a, key->private_key.d, minus_one);
		mpz_sub_ui(minus_one, key->private_key.q, 1);
		mpz_mod(key->private_key.b, key->private_key.d, minus_one);
		mpz_clear(minus_one);
		mpz_invert(key->private_key.c, key->private_key.q, key->private_key.p);
	}
	gnutls_datum_t *parts[] = {&m, &e, &d, &p, &q, &u, &e1, &e2};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		gnutls_memset(parts[i]->data, 0, parts[i]->size);
		gnutls_free(parts[i]->data);
	}
	if (key &&
		(!rsa_public_key_prepare(&key->public_key) || !rsa_private_key_prepare(&key->private_key) ||
			key->public_key.size > MAX_KEY_BYTES)) {
		auth_rsa_key_destroy(key);
		return NULL;
	}
	if (key)
		write_wire(&key->wire, &key->public_key);
	return key;
}

void auth_rsa_key_destroy(struct auth_rsa_key *key) {
	if (!key)
		return;
	rsa_public_key_clear(&key->public_key);
	rsa_private_key_clear(&key->private_key);
	free(key);
}

struct auth_rsa *auth_rsa_create(const struct auth_rsa_key *key, unsigned bits, struct queue *out) {
	struct auth_rsa *rsa = calloc(1, sizeof *rsa);
	if (!rsa)
		return NULL;
	rsa->key = key;
	rsa->bits = bits;
	rsa->random_size = bits / 8;
	queue_add(out, key->wire.bytes, key->wire.size);
	return rsa;
}

void auth_rsa_destroy(struct auth_rsa *rsa) {
	if (rsa)
		explicit_bzero(rsa, sizeof *rsa);
	free(rsa);
}

size_t auth_rsa_viewer_key_size(uint32_t bits) {
	return bits < AUTH_RSA_MIN_BITS || bits > AUTH_RSA_MAX_BITS ? 0 : 2 * ((bits + 7) / 8);
}

/* Refuses a key that would cost us much (a huge exponent) or that is not valid (an even number). */
static bool is_fair(struct rsa_public_key *key, uint32_t bits) {
	return mpz_sizeinbase(key->n, 2) == bits && mpz_odd_p(key->n) && mpz_odd_p(key->e) &&
	       mpz_sizeinbase(key->e, 2) <= 32 && mpz_cmp_ui(key->e, 3) >= 0 && rsa_public_key_prepare(key);
}

/* Whether the key shares a factor with our modulus: it is our own key with any exponent, or a multiple of
 * it. */
static bool has_part_of(const struct rsa_public_key *key, const struct rsa_public_key *ours) {
	mpz_t common;
	mpz_init(common);
	mpz_gcd(common, key->n, ours->n);
	bool has = mpz_cmp_ui(common, 1) != 0;
	mpz_clear(common);
	return has;
}

static int check_key(
	const struct auth_rsa *rsa, struct rsa_public_key *key, uint32_t bits, struct reason *reason) {
	if (!is_fair(key, bits))
		return reason_set(reason, -EPROTO, "the viewer's RSA key is not valid");
	if (has_part_of(key, &rsa->key->public_key))
		return reason_set(reason, -EPROTO, "the viewer sent this server's own RSA key back");
	return 0;
}

static int encrypt_random(
	struct auth_rsa *rsa, const struct rsa_public_key *key, struct queue *out, struct reason *reason) {
	uint8_t message[2 + MAX_KEY_BYTES];
	mpz_t cipher;
	mpz_init(cipher);
	random_bytes(NULL, rsa->random_size, rsa->server_random);
	int good = rsa_encrypt(key, NULL, random_bytes, rsa->random_size, rsa->server_random, cipher);
	if (good) {
		bytes_put16(message, (uint16_t)key->size);
		nettle_mpz_get_str_256(key->size, message + 2, cipher);
		queue_add(out, message, 2 + key->size);
	}
	mpz_clear(cipher);
	return good ? 0 : reason_set(reason, -EPROTO, "the viewer's RSA key cannot encrypt anything");
}

int auth_rsa_viewer_key(
	struct auth_rsa *rsa, uint32_t bits, const uint8_t *bytes, struct queue *out, struct reason *reason) {
	size_t size = (bits + 7) / 8;
	bytes_put32(rsa->viewer.bytes, bits);
	memcpy(rsa->viewer.bytes + 4, bytes, 2 * size);
	rsa->viewer.size = 4 + 2 * size;
	struct rsa_public_key key;
	rsa_public_key_init(&key);
	nettle_mpz_set_str_256_u(key.n, size, bytes);
	nettle_mpz_set_str_256_u(key.e, size, bytes + size);
	int error = check_key(rsa, &key, bits, reason);
	if (!error)
		error = encrypt_random(rsa, &key, out, reason);
	rsa_public_key_clear(&key);
	return error;
}

size_t auth_rsa_random_size(const struct auth_rsa *rsa) {
	return 2 + rsa->key->public_key.size;
}

int auth_rsa_viewer_random(struct auth_rsa *rsa, const uint8_t *bytes, struct reason *reason) {
	size_t size = rsa->key->public_key.size;
	if (bytes_get16(bytes) != size)
		return reason_set(reason, -EPROTO, "the viewer's random number has the wrong size");
	/* Nothing may reveal whether the padding was right, or a viewer could make us decrypt for it bit by
	 * bit. */
	random_bytes(NULL, rsa->random_size, rsa->viewer_random);
	mpz_t cipher;
	mpz_init(cipher);
	nettle_mpz_set_str_256_u(cipher, size, bytes + 2);
	if (mpz_cmp(cipher, rsa->key->public_key.n) < 0)
		rsa_sec_decrypt(&rsa->key->public_key, &rsa->key->private_key, NULL, random_bytes,
			rsa->random_size, rsa->viewer_random, cipher);
	mpz_clear(cipher);
	if (memeql_sec(rsa->server_random, rsa->viewer_random, rsa->random_size))
		return reason_set(reason, -EPROTO, "the viewer sent this server's own random number back");
	return 0;
}

/* SHA-1 goes with 128 bits, SHA-256 with 256. Returns the digest's size. */
static size_t hash_two(unsigned bits, const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
	uint8_t digest[AUTH_RSA_MAX_HASH]) {
	if (bits == 128) {
		struct sha1_ctx sha1;
		sha1_init(&sha1);
		sha1_update(&sha1, a_size, a);
		sha1_update(&sha1, b_size, b);
		sha1_digest(&sha1, SHA1_DIGEST_SIZE, digest);
		explicit_bzero(&sha1, sizeof sha1);
		return SHA1_DIGEST_SIZE;
	}
	struct sha256_ctx sha256;
	sha256_init(&sha256);
	sha256_update(&sha256, a_size, a);
	sha256_update(&sha256, b_size, b);
	sha256_digest(&sha256, SHA256_DIGEST_SIZE, digest);
	explicit_bzero(&sha256, sizeof sha256);
	return SHA256_DIGEST_SIZE;
}

void auth_rsa_keys(const struct auth_rsa *rsa, struct aes_keys *keys) {
	size_t size = rsa->random_size;
	keys->bits = rsa->bits;
	hash_two(rsa->bits, rsa->server_random, size, rsa->viewer_random, size, keys->incoming);
	hash_two(rsa->bits, rsa->viewer_random, size, rsa->server_random, size, keys->outgoing);
}

size_t auth_rsa_server_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]) {
	return hash_two(rsa->bits, rsa->key->wire.bytes, rsa->key->wire.size, rsa->viewer.bytes,
		rsa->viewer.size, hash);
}

size_t auth_rsa_viewer_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]) {
	return hash_two(rsa->bits, rsa->viewer.bytes, rsa->viewer.size, rsa->key->wire.bytes,
		rsa->key->wire.size, hash);
}
