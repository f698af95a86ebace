/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/vnc.h"

#include <nettle/des.h>
#include <nettle/memops.h>
#include <string.h>

/* VNC feeds each byte's bits to DES in reverse order. */
static uint8_t mirrored(uint8_t byte) {
	uint8_t result = 0;
	for (int bit = 0; bit < 8; bit++)
		if (byte & 1 << bit)
			result |= (uint8_t)(0x80 >> bit);
	return result;
}

void auth_vnc_answer(
	const char *password, const uint8_t challenge[AUTH_VNC_SIZE], uint8_t answer[AUTH_VNC_SIZE]) {
	uint8_t key[DES_KEY_SIZE] = {0};
	for (size_t i = 0; i < sizeof key && password[i]; i++)
		key[i] = mirrored((uint8_t)password[i]);
	struct des_ctx des;
	des_set_key(&des, key); /* the result says whether the key is weak; a password may be */
	des_encrypt(&des, AUTH_VNC_SIZE, answer, challenge);
	explicit_bzero(key, sizeof key);
	explicit_bzero(&des, sizeof des);
}

static enum auth_verdict choose(const struct passwd_pair *passwd, int full, int view) {
	if (passwd->full[0] && full)
		return AUTH_FULL;
	return passwd->view[0] && view ? AUTH_VIEW_ONLY : AUTH_REFUSED;
}

enum auth_verdict auth_vnc_check(const struct passwd_pair *passwd, const uint8_t challenge[AUTH_VNC_SIZE],
	const uint8_t answer[AUTH_VNC_SIZE]) {
	uint8_t expected[2][AUTH_VNC_SIZE];
	auth_vnc_answer(passwd->full, challenge, expected[0]);
	auth_vnc_answer(passwd->view, challenge, expected[1]);
	int full = memeql_sec(expected[0], answer, AUTH_VNC_SIZE);
	int view = memeql_sec(expected[1], answer, AUTH_VNC_SIZE);
	explicit_bzero(expected, sizeof expected);
	return choose(passwd, full, view);
}

/* Fills up with zeros, so that both sides are compared completely. */
static void pad(char padded[PASSWD_MAX + 1], const char *password) {
	memset(padded, 0, PASSWD_MAX + 1);
	memcpy(padded, password, strnlen(password, PASSWD_MAX));
}

enum auth_verdict auth_vnc_check_password(const struct passwd_pair *passwd, const char *password) {
	char given[PASSWD_MAX + 1], known[PASSWD_MAX + 1];
	pad(given, password);
	pad(known, passwd->full);
	int full = memeql_sec(known, given, sizeof given);
	pad(known, passwd->view);
	int view = memeql_sec(known, given, sizeof given);
	explicit_bzero(given, sizeof given);
	explicit_bzero(known, sizeof known);
	return choose(passwd, full, view);
}
