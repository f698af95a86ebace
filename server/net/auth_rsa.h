/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_rsa: the key exchange of the RSA-AES security types (RA2, RA2ne and their 256-bit kin). Each side
 * sends its RSA key and a random number under the other's; the session keys are hashes of both, and hashes of
 * both RSA keys prove that nobody stands between. Pure: bytes in, bytes out. As the community's protocol
 * document (rfbproto) has it.
 */
#ifndef ZEROVNC_AUTH_RSA_H
#define ZEROVNC_AUTH_RSA_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reason.h"
#include "server/net/queue.h"
#include "server/net/transport_aes.h"

enum { AUTH_RSA_MIN_BITS = 1024, AUTH_RSA_MAX_BITS = 4096, AUTH_RSA_MAX_HASH = 32 };

struct auth_rsa_key;

/* The server's key in the form that is needed here. NULL: not an RSA key, or out of memory. */
struct auth_rsa_key *auth_rsa_key_create(gnutls_x509_privkey_t key);
void auth_rsa_key_destroy(struct auth_rsa_key *key); /* takes NULL */

struct auth_rsa;

/* One exchange; puts the server's public key out. `bits`: of AES. */
struct auth_rsa *auth_rsa_create(const struct auth_rsa_key *key, unsigned bits, struct queue *out);
void auth_rsa_destroy(struct auth_rsa *rsa); /* wipes; takes NULL */

/* Bytes of the viewer's key after its length in bits (4 bytes): 0: that length is not served. */
size_t auth_rsa_viewer_key_size(uint32_t bits);
/* The viewer's key; puts our random number out, under that key. A key that has a factor in common with ours
 * is refused: it is ours, sent back to let us talk with ourselves. 0 or -EPROTO with a reason. */
int auth_rsa_viewer_key(
	struct auth_rsa *rsa, uint32_t bits, const uint8_t *bytes, struct queue *out, struct reason *reason);
/* Bytes of the viewer's random number, its length of 2 bytes included. */
size_t auth_rsa_random_size(const struct auth_rsa *rsa);
/* The viewer's random number. What cannot be read becomes a key that nobody knows; ours, sent back, is
 * refused, for both directions would have one key. 0 or -EPROTO with a reason. */
int auth_rsa_viewer_random(struct auth_rsa *rsa, const uint8_t *bytes, struct reason *reason);

void auth_rsa_keys(const struct auth_rsa *rsa, struct aes_keys *keys);
/* What each side says to prove that it saw the same two keys: `hash` gets the bytes, returns how many. */
size_t auth_rsa_server_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]);
size_t auth_rsa_viewer_hash(const struct auth_rsa *rsa, uint8_t hash[AUTH_RSA_MAX_HASH]);

#endif
