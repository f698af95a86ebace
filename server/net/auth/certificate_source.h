/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate_source: where the certificate in use comes from: two files of the administrator's, or our own
 * pair (private_key.h, own_certificate.h). A new connection gets what the files hold when it comes, so
 * replaced files take effect without a restart. Until both files fit together, the pair before them stays in
 * use. Our own certificate is renewed when it is due. If nothing has changed, a check costs two stat() calls.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_CERTIFICATE_SOURCE_H
#define ZEROVNC_CERTIFICATE_SOURCE_H

#include <sys/socket.h>

#include "server/net/auth/certificate.h"

struct certificate_source;

/* `certificate` and `key`: PEM files. If both are NULL, our own pair is used, and made if there is none. Logs
 * which certificate is in use. Returns 0, or -errno with a reason. */
int certificate_source_create(
	const char *certificate, const char *key, struct certificate_source **result, struct reason *reason);
void certificate_source_destroy(struct certificate_source *source); /* takes NULL */

/* The certificate that a connection that begins now must use. It is borrowed, until the next call.
 * `reached_at`: the address of ours that the client connected to. */
struct certificate *certificate_source_current(
	struct certificate_source *source, const struct sockaddr *reached_at);

#endif
