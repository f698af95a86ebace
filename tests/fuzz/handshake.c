/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first byte of the input chooses what is offered. It also chooses whether the hash of RSA-AES and the
 * answer to VNC's challenge, which no input can know, are the right ones at first. The rest is what an
 * unauthenticated client sends. Whatever that is: if a password is asked for, nobody gets in without the
 * right one, nothing begins that was not asked for, and the answer stays small. */
#include "server/net/auth/handshake.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "server/net/auth/rsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct auth_rsa_key *key;

static const char password[] = "j4Vt!9qLz#";

static int passwords(void *context, struct passwd_pair *pair) {
	memset(pair, 0, sizeof *pair);
	memcpy(pair->full, password, sizeof password); /* cannot be guessed */
	return 0;
}

static void make_key(void) {
	gnutls_x509_privkey_t made;
	gnutls_x509_privkey_init(&made);
	gnutls_x509_privkey_generate(made, GNUTLS_PK_RSA, 2048, 0);
	key = auth_rsa_key_create(made);
	gnutls_x509_privkey_deinit(made);
	if (!key)
		abort();
}

/* Writes what an honest viewer sends if the state asks for something that depends on our random numbers.
 * Returns 0 for other states. */
static size_t honest_words(const struct handshake *handshake, uint8_t words[AUTH_RSA_MAX_HASH]) {
	enum grace_wait wait = handshake_wait(handshake, false);
	if (wait == GRACE_RSA &&
		handshake->need <= AUTH_RSA_MAX_HASH) /* keys and random numbers are longer */
		return auth_rsa_viewer_hash(handshake->rsa.exchange, words);
	if (wait != GRACE_PASSWORD)
		return 0;
	auth_vnc_answer(password, handshake->challenge, words);
	return AUTH_VNC_SIZE;
}

static bool asked_for_nothing(const struct handshake *handshake) {
	return security_infos[handshake->security].proof == SECURITY_PROOF_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char *const offers[] = {"none", "vncauth", "vncauth,none", "tls-none,x509-vnc",
		"x509-plain", "ra2,ra2-256", "ra2ne,ra2ne-256", "tls-plain,ra2,none,vncauth"};
	if (!key)
		make_key();
	if (!size)
		return 0;
	struct handshake_options options = {.passwords = passwords, .rsa_key = key, .rsa_users = data[0] & 8};
	security_list_parse(offers[data[0] & 7], &options.offered, NULL);
	bool honest = data[0] & 16;
	data++;
	size--;
	struct queue out = {0};
	struct handshake handshake;
	handshake_init(&handshake, &options, &out);
	enum handshake_step step = HANDSHAKE_MORE;
	for (int turn = 0; turn < 64 && (step == HANDSHAKE_MORE ? size > 0 : true); turn++) {
		size_t used = 0;
		uint8_t words[AUTH_RSA_MAX_HASH];
		size_t count = honest && step == HANDSHAKE_MORE ? honest_words(&handshake, words) : 0;
		if (count) {
			step = handshake_feed(&handshake, words, count, &used, &out);
			continue;
		}
		switch (step) {
		case HANDSHAKE_MORE:
			/* one state at a time, because words of its own may follow */
			step = handshake_feed(&handshake, data,
				honest && size > handshake.need ? handshake.need : size, &used, &out);
			if (used > size)
				abort();
			data += used;
			size -= used;
			if (step == HANDSHAKE_MORE && size < handshake.need)
				size = 0;
			break;
		case HANDSHAKE_START_TLS:
		case HANDSHAKE_START_AES:
		case HANDSHAKE_STOP_AES:
			step = handshake_encrypted(&handshake, &out);
			break;
		case HANDSHAKE_PROVE:
			step = handshake_prove(&handshake, &out);
			break;
		case HANDSHAKE_CHECK_USER:
			if (strlen(handshake.credentials.user) != handshake.credentials.user_size ||
				strlen(handshake.credentials.password) != handshake.credentials.password_size)
				abort();
			step = handshake_verdict(&handshake, AUTH_REFUSED, &out);
			break;
		case HANDSHAKE_DONE:
			if (!asked_for_nothing(&handshake) &&
				!(honest &&
					security_infos[handshake.security].proof == SECURITY_PROOF_PASSWORD))
				abort();
			goto over;
		case HANDSHAKE_FAILED:
			goto over;
		}
	}
over:
	if (queue_size(&out) > 4096)
		abort();
	handshake_finish(&handshake);
	queue_finish(&out);
	return 0;
}
