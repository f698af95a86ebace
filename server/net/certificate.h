/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate: a certificate with its key, as TLS uses it. Counted: whoever began with one goes on with it,
 * whatever newcomers get. All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_CERTIFICATE_H
#define ZEROVNC_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

#include "capture/reason.h"

struct certificate {
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t leaf; /* the server's own; a chain may follow it in the file */
	unsigned holders;
};

/* Two PEM files, each a regular one that is wholly there, into a new one with one holder. 0 or -errno with a
 * reason. */
int certificate_load(const char *certificate_path, const char *key_path, struct certificate **result,
	struct reason *reason);
struct certificate *certificate_hold(struct certificate *certificate);
/* Frees it with the last holder. Takes NULL. */
void certificate_release(struct certificate *certificate);

enum { CERTIFICATE_FINGERPRINT_SIZE = 3 * 32 };

/* What people want to know of one. */
struct certificate_facts {
	char fingerprint[CERTIFICATE_FINGERPRINT_SIZE]; /* SHA-256, "AB:CD:..." */
	char from[12], until[12];                       /* "2028-11-28", UTC */
	char names[320];                                /* "host, 192.0.2.7"; cut with "..." */
};
void certificate_describe(gnutls_x509_crt_t leaf, struct certificate_facts *facts);

/* Whether somebody should do something about its time: it has expired, does so within two weeks, or is not
 * valid yet. `why` says which. */
bool certificate_needs_care(gnutls_x509_crt_t leaf, time_t now, struct reason *why);

/* The first of that file, freed with gnutls_x509_crt_deinit(). -ENOENT: there is none; another -errno. Each
 * with a reason. */
int certificate_read_leaf(const char *path, gnutls_x509_crt_t *leaf, struct reason *reason);

#endif
