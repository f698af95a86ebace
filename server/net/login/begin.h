/* SPDX-License-Identifier: GPL-2.0-or-later */
/* begin: the first step of a login. The client's first bytes show whether it speaks TLS or HTTP. A client
 * that sends nothing for a moment is a VNC viewer (silence.h). */
#ifndef ZEROVNC_BEGIN_H
#define ZEROVNC_BEGIN_H

#include <stdbool.h>

struct logins;
struct peer;

/* The peer has just connected: it belongs to an unauthenticated client from now on. Returns 0, or -ENOMEM and
 * the peer still has no owner. */
int begin_login(struct logins *logins, struct peer *peer);

/* The same for a connection that we have made: it is a viewer's, and is greeted at once. `greeted`: it was
 * greeted already. */
int begin_called(struct logins *logins, struct peer *peer, bool greeted);

#endif
