/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_certificate: the self-signed certificate that the server makes where the administrator gives none. It
 * is made anew, always for the same key, before it ends, and where it lacks a name or an address: viewers
 * that remember the key stay content.
 */
#ifndef ZEROVNC_OWN_CERTIFICATE_H
#define ZEROVNC_OWN_CERTIFICATE_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

#include "capture/reason.h"
#include "server/net/host_names.h"
#include "server/net/state_file.h"

enum {
	/* Apple's systems accept no longer one (825 days), and nobody wants a shorter one that is not of a
	 * public authority. */
	OWN_CERTIFICATE_DAYS = 820,
	OWN_CERTIFICATE_RENEW_DAYS = 30, /* before it ends */
};

/* 0 or -errno with a reason. */
int own_certificate_path(char path[STATE_FILE_PATH], struct reason *reason);

/* Makes one for that key and keeps it in `path`. 0 or -errno with a reason. */
int own_certificate_make(
	gnutls_x509_privkey_t key, const struct host_names *names, const char *path, struct reason *reason);

/* Whether there should be another: it ends soon, it lasts longer than clients accept, it lacks a name or an
 * address. `why` says which. One that somebody else has signed is not ours to replace. */
bool own_certificate_is_due(
	gnutls_x509_crt_t certificate, const struct host_names *names, time_t now, struct reason *why);

/* Whether it is of our making: signed by itself. */
bool own_certificate_is_ours(gnutls_x509_crt_t certificate);

#endif
