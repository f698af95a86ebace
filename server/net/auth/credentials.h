/* SPDX-License-Identifier: GPL-2.0-or-later */
/* credentials: the user name and the password that a client has sent. */
#ifndef ZEROVNC_CREDENTIALS_H
#define ZEROVNC_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/net/auth/passwd.h"

enum { CREDENTIALS_MAX_USER = 255 };

struct credentials {
	size_t user_size, password_size; /* as the client sent them */
	char user[CREDENTIALS_MAX_USER + 1], password[PASSWD_MAX + 1];
};

/* Announces the sizes, which may be at most CREDENTIALS_MAX_USER and PASSWD_MAX. */
void credentials_set_user_size(struct credentials *credentials, size_t size);
void credentials_set_password_size(struct credentials *credentials, size_t size);

/* Copy as many bytes as were announced. */
void credentials_set_user(struct credentials *credentials, const uint8_t *bytes);
void credentials_set_password(struct credentials *credentials, const uint8_t *bytes);

/* Whether they are text that ends where they end: neither has a byte of 0. */
bool credentials_are_text(const struct credentials *credentials);

void credentials_wipe_password(struct credentials *credentials);
void credentials_wipe(struct credentials *credentials);

#endif
