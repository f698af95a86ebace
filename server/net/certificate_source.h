/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate_source: where the certificate in use comes from: two files of the administrator's, or our own
 * pair (private_key.h, own_certificate.h). Newcomers get what the files hold when they come: replaced files
 * are taken without a restart; until both fit together the pair before them stays in use. Our own certificate
 * is made anew when it is due. Looking costs two stat() calls where nothing has changed.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_CERTIFICATE_SOURCE_H
#define ZEROVNC_CERTIFICATE_SOURCE_H

#include <sys/socket.h>

#include "server/net/certificate.h"

struct certificate_source;

/* `certificate` and `key`: PEM files; both NULL: our own pair, made where there is none. Says in the log what
 * is in use. 0 or -errno with a reason. */
int certificate_source_create(
	const char *certificate, const char *key, struct certificate_source **result, struct reason *reason);
void certificate_source_destroy(struct certificate_source *source); /* takes NULL */

/* What a connection that begins now is to use; borrowed, until the next call. `reached_at`: our address of
 * it. */
struct certificate *certificate_source_current(
	struct certificate_source *source, const struct sockaddr *reached_at);

#endif
