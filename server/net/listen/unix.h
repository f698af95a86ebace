/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unix: the unix sockets of listener.h, and who may reach them. */
#ifndef ZEROVNC_LISTEN_UNIX_H
#define ZEROVNC_LISTEN_UNIX_H

#include "capture/base/reason.h"
#include "server/net/listen/sockets.h"

/* Sets the group of unix sockets. Call it before sockets are opened. It may wait for a network if groups are
 * kept on one. Returns 0, -EINVAL if there is no such group, or another -errno. Each error comes with a
 * reason. */
int listen_unix_set_group(struct listener_sockets *sockets, const char *name, struct reason *reason);

/* The same as listener_check(), for "unix:PATH[,mode=0600]". */
int listen_unix_check(const char *what, struct reason *reason);

/* The same as listener_open(), for "unix:PATH[,mode=0600]", and for the default unix socket. */
int listen_unix_open(const char *what, struct listener_sockets *sockets, struct reason *reason);
int listen_unix_open_default(struct listener_sockets *sockets, struct reason *reason);

#endif
