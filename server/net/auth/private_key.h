/* SPDX-License-Identifier: GPL-2.0-or-later */
/* private_key: the keys that the server makes for itself at the first start (see state_file.h). They are
 * never renewed, because viewers remember them. */
#ifndef ZEROVNC_PRIVATE_KEY_H
#define ZEROVNC_PRIVATE_KEY_H

#include <gnutls/x509.h>

#include "capture/base/reason.h"
#include "server/net/auth/state_file.h"

enum private_key_use {
	PRIVATE_KEY_TLS,     /* for our own certificate */
	PRIVATE_KEY_RSA_AES, /* for the RSA-AES types */
};

/* The file that the key is kept in. Returns 0, or -errno with a reason. */
int private_key_path(enum private_key_use use, char path[STATE_FILE_PATH], struct reason *reason);

/* Loads the key, and makes it if there is none. Free it with gnutls_x509_privkey_deinit(). Returns 0, or
 * -errno with a reason. */
int private_key_open(enum private_key_use use, gnutls_x509_privkey_t *key, struct reason *reason);

/* Returns -EACCES with a reason if everybody may read that file. A missing file is reported by the code that
 * loads it. */
int private_key_check(const char *path, struct reason *reason);

#endif
