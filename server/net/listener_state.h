/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener_state: what the parts of listener share: TCP and sockets that were passed on to us (listener.c),
 * unix sockets (listener_unix.c), and access control lists (listener_acl.c). */
#ifndef ZEROVNC_LISTENER_STATE_H
#define ZEROVNC_LISTENER_STATE_H

#include "server/net/listener.h"

enum { LISTENER_BACKLOG = 128 };

/* Adds the socket and owns it from then on. Returns NULL when out of memory; the socket then still belongs to
 * the caller. */
struct listener_socket *listener_add(struct listener_sockets *sockets, int fd);

/* Lets the members of the group, and nobody else, read and write a file of this user's. Returns 0 or -errno;
 * -EOPNOTSUPP if the file system has no access control lists. */
int listener_let_group_in(const char *path, gid_t group);

/* Returns `error` and sets a reason that names the remedy. */
int listener_explain(int error, const char *what, struct reason *reason);

/* The same as listener_check(), for "unix:PATH[,mode=0600]". */
int listener_check_unix(const char *what, struct reason *reason);

/* The same as listener_open(), for "unix:PATH[,mode=0600]", and for the default unix socket. */
int listener_open_unix(const char *what, struct listener_sockets *sockets, struct reason *reason);
int listener_open_default_unix(struct listener_sockets *sockets, struct reason *reason);

#endif
