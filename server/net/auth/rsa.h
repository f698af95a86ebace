/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_rsa: the key exchange of the RSA-AES security types (RA2, RA2ne and their 256-bit variants). Each side
 * sends its RSA key, and a random number encrypted with the other side's key. The session keys are hashes of
 * both random numbers. Hashes of both RSA keys prove that there is no man in the middle. Pure: bytes in,
 * bytes out. Follows the community's protocol document (rfbproto).
 */
#ifndef ZEROVNC_AUTH_RSA_H
#define ZEROVNC_AUTH_RSA_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/net/queue.h"
#include "server/net/transport/aes.h"

enum { AUTH_RSA_MIN_BITS = 1024, AUTH_RSA_MAX_BITS = 4096, AUTH_RSA_MAX_HASH = 32 };

struct auth_rsa_key;

/* The server's key in the form that is needed here. Returns NULL if it is not an RSA key, or when out of
 * memory. */
struct auth_rsa_key *auth_rsa_key_create(gnutls_x509_privkey_t key);
void auth_rsa_key_destroy(struct auth_rsa_key *key); /* takes NULL */

struct auth_rsa;

/* Begins one exchange: puts the server's public key into `out`. `bits`: the size of the AES keys. The key is
 * borrowed. */
struct auth_rsa *auth_rsa_create(const struct auth_rsa_key *key, unsigned bits, struct queue *out);
void auth_rsa_destroy(struct auth_rsa *rsa); /* wipes secrets; takes NULL */

/* Returns how many bytes of the viewer's key follow its length in bits (4 bytes); 0 if that length is not
 * served. */
size_t auth_rsa_viewer_key_size(uint32_t bits);
/* Takes the viewer's key and puts our random number, encrypted with that key, into `out`. A key that has a
 * factor in common with ours is refused: it is our own key, sent back to let us talk with ourselves. Returns
 * 0, or -EPROTO with a reason. */
int auth_rsa_viewer_key(
	struct auth_rsa *rsa, uint32_t bits, const uint8_t *bytes, struct queue *out, struct reason *reason);
/* The size of the viewer's random number in bytes, including its length field of 2 bytes. */
size_t auth_rsa_random_size(const struct auth_rsa *rsa);
/* Takes the viewer's random number. A number that cannot be decrypted becomes a key that nobody knows. Our
 * own number, sent back, is refused because both directions would then have the same key. Returns 0, or
 * -EPROTO with a reason. */
int auth_rsa_viewer_random(struct auth_rsa *rsa, const uint8_t *bytes, struct reason *reason);

void auth_rsa_keys(const struct auth_rsa *rsa, struct aes_keys *keys);
/* What each side sends to prove that it saw the same two keys. Writes the bytes to `hash` and returns how
 * many. */
size_t auth_rsa_server_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]);
size_t auth_rsa_viewer_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]);

#endif
