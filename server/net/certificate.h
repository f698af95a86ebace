/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate: the server's certificate. What the administrator does not give is made at the first start and
 * kept (see state_file.h).
 */
#ifndef ZEROVNC_CERTIFICATE_H
#define ZEROVNC_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "capture/reason.h"

enum { CERTIFICATE_FINGERPRINT_SIZE = 3 * 32 };

/* The pair for TLS into new credentials. `certificate` and `key`: PEM files; both NULL: our own pair. 0 or
 * -errno with a reason. */
int certificate_load(const char *certificate, const char *key, gnutls_certificate_credentials_t *credentials,
	struct reason *reason);

/* The SHA-256 fingerprint of the certificate that would be used ("AB:CD:..."), for people to compare.
 * -ENOENT: none was made yet. */
int certificate_fingerprint(
	const char *certificate, char text[CERTIFICATE_FINGERPRINT_SIZE], struct reason *reason);

#endif
