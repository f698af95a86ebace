/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auth_vnc: VNC authentication (RFC 6143, 7.2.2): a DES challenge and response that uses the first eight
 * bytes of a password. Pure. */
#ifndef ZEROVNC_AUTH_VNC_H
#define ZEROVNC_AUTH_VNC_H

#include <stdint.h>

#include "server/net/auth/passwd.h"

enum { AUTH_VNC_SIZE = 16 };

enum auth_verdict { AUTH_REFUSED, AUTH_FULL, AUTH_VIEW_ONLY };

/* The answer of a viewer that knows `password`. */
void auth_vnc_answer(
	const char *password, const uint8_t challenge[AUTH_VNC_SIZE], uint8_t answer[AUTH_VNC_SIZE]);

/* Takes the same time whatever the answer is. An empty password matches nothing. */
enum auth_verdict auth_vnc_check(const struct passwd_pair *passwd, const uint8_t challenge[AUTH_VNC_SIZE],
	const uint8_t answer[AUTH_VNC_SIZE]);

/* Checks a password that was sent as plain text (inside something encrypted). Takes constant time, as
 * above. */
enum auth_verdict auth_vnc_check_password(const struct passwd_pair *passwd, const char *password);

#endif
