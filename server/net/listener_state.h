/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener_state: what the two parts of listener share: TCP and what is passed on (listener.c), unix sockets
 * (listener_unix.c), and who is let in by a list (listener_acl.c). */
#ifndef ZEROVNC_LISTENER_STATE_H
#define ZEROVNC_LISTENER_STATE_H

#include "server/net/listener.h"

enum { LISTENER_BACKLOG = 128 };

/* Takes the socket over, unless there is no memory: NULL. */
struct listener_socket *listener_add(struct listener_sockets *sockets, int fd);

/* Lets the members of the group read and write what is this user's, and nobody else. 0 or -errno: -EOPNOTSUPP
 * where the file system has no access control lists. */
int listener_let_group_in(const char *path, gid_t group);

/* Returns `error`, with a reason that names the remedy. */
int listener_explain(int error, const char *what, struct reason *reason);

/* As listener_check(), for "unix:PATH[,mode=0600]". */
int listener_check_unix(const char *what, struct reason *reason);

/* As listener_open(), for "unix:PATH[,mode=0600]", and for the unix socket that nobody named. */
int listener_open_unix(const char *what, struct listener_sockets *sockets, struct reason *reason);
int listener_open_default_unix(struct listener_sockets *sockets, struct reason *reason);

#endif
