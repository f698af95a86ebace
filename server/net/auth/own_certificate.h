/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_certificate: the self-signed certificate that the server makes if the administrator gives none. It is
 * renewed, always with the same key, before it expires and if it lacks a name or an address. So viewers that
 * remember the key do not complain.
 */
#ifndef ZEROVNC_OWN_CERTIFICATE_H
#define ZEROVNC_OWN_CERTIFICATE_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

#include "capture/base/reason.h"
#include "server/net/auth/host_names.h"
#include "server/net/auth/state_file.h"

enum {
	/* Apple's systems accept no certificate that is valid for more than 825 days. Shorter periods are
	 * demanded only of public authorities. */
	OWN_CERTIFICATE_DAYS = 820,
	OWN_CERTIFICATE_RENEW_DAYS = 30, /* days before it expires */
};

/* The file that it is kept in. Returns 0, or -errno with a reason. */
int own_certificate_path(char path[STATE_FILE_PATH], struct reason *reason);

/* Makes a certificate for that key and saves it in `path`. Returns 0, or -errno with a reason. */
int own_certificate_make(
	gnutls_x509_privkey_t key, const struct host_names *names, const char *path, struct reason *reason);

/* Whether the certificate should be renewed: it expires soon, it is valid for longer than clients accept, or
 * it lacks a name or an address. `why` says which. A certificate that somebody else has signed is not ours to
 * replace. */
bool own_certificate_is_due(
	gnutls_x509_crt_t certificate, const struct host_names *names, time_t now, struct reason *why);

/* Whether we made it: it is self-signed. */
bool own_certificate_is_ours(gnutls_x509_crt_t certificate);

#endif
