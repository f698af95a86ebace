/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate: a certificate with its key, as TLS uses it. It is reference-counted: a connection that began
 * with one keeps it, whatever later connections get. All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_CERTIFICATE_H
#define ZEROVNC_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

#include "capture/base/reason.h"

struct certificate {
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t leaf; /* the server's own certificate; a chain may follow it in the file */
	unsigned holders;
};

/* Loads two PEM files, each of which must be a regular and complete file, into a new certificate with one
 * holder. Returns 0, or -errno with a reason. */
int certificate_load(const char *certificate_path, const char *key_path, struct certificate **result,
	struct reason *reason);
struct certificate *certificate_hold(struct certificate *certificate);
/* The last holder frees it. Takes NULL. */
void certificate_release(struct certificate *certificate);

enum { CERTIFICATE_FINGERPRINT_SIZE = 3 * 32 };

/* What people want to know about a certificate. */
struct certificate_facts {
	char fingerprint[CERTIFICATE_FINGERPRINT_SIZE]; /* SHA-256 as "AB:CD:..." */
	char from[12], until[12];                       /* as "2028-11-28", UTC */
	char names[320];                                /* as "host, 192.0.2.7"; truncated with "..." */
};
void certificate_describe(gnutls_x509_crt_t leaf, struct certificate_facts *facts);

/* Whether its validity needs somebody's attention: it has expired, expires within two weeks, or is not valid
 * yet. `why` says which. */
bool certificate_needs_care(gnutls_x509_crt_t leaf, time_t now, struct reason *why);

/* Reads the first certificate of that file. Free it with gnutls_x509_crt_deinit(). Returns 0, -ENOENT if
 * there is no such file, or another -errno. Each error comes with a reason. */
int certificate_read_leaf(const char *path, gnutls_x509_crt_t *leaf, struct reason *reason);

#endif
