/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/credentials.h"

#include <string.h>

void credentials_set_user_size(struct credentials *credentials, size_t size) {
	credentials->user_size = size;
}

void credentials_set_password_size(struct credentials *credentials, size_t size) {
	credentials->password_size = size;
}

void credentials_set_user(struct credentials *credentials, const uint8_t *bytes) {
	memcpy(credentials->user, bytes, credentials->user_size);
	credentials->user[credentials->user_size] = 0;
}

void credentials_set_password(struct credentials *credentials, const uint8_t *bytes) {
	memcpy(credentials->password, bytes, credentials->password_size);
	credentials->password[credentials->password_size] = 0;
}

bool credentials_are_text(const struct credentials *credentials) {
	return !memchr(credentials->user, 0, credentials->user_size) &&
	       !memchr(credentials->password, 0, credentials->password_size);
}

void credentials_wipe_password(struct credentials *credentials) {
	explicit_bzero(credentials->password, sizeof credentials->password);
}

void credentials_wipe(struct credentials *credentials) {
	explicit_bzero(credentials->user, sizeof credentials->user);
	credentials_wipe_password(credentials);
}
