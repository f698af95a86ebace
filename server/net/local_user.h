/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_user: which user of this machine holds the other end of a connection, and what it has not read yet.
 * Of a unix socket the kernel noted it when the other side connected (SO_PEERCRED, unix(7)). Of TCP inside
 * this machine the kernel is asked who owns the socket with the same two ends, the other way round
 * (NETLINK_SOCK_DIAG, sock_diag(7)).
 *
 * Any thread. Nothing here waits: the kernel answers a netlink question before send() returns.
 */
#ifndef ZEROVNC_LOCAL_USER_H
#define ZEROVNC_LOCAL_USER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/reason.h"

struct local_user {
	bool known;
	uid_t uid; /* as this process's user namespace numbers it; meaningless where it is not known */
};

/*
 * Fills `user` for the connected stream socket `fd` (borrowed). 0: it is known. Else it is not, with a
 * reason: -ENOTCONN: nobody here holds the other end: it is another machine's, or whoever connected has
 * closed it already (such a socket belongs to nobody, and the kernel calls that uid 0). -EOPNOTSUPP: this
 * kernel or this process's confinement does not tell; the reason says what would help. Another -errno: it
 * could not be asked this time.
 */
int local_user_find(int fd, struct local_user *user, struct reason *reason);

/* Bytes that came for whoever holds the other end of this TCP connection and that it has not read yet, where
 * that is a process on this machine. A -errno as above where it cannot be told. */
int64_t local_user_unread(int fd);

/* Whether local_user_find() will be told of connections that come in by this listening TCP socket (borrowed).
 * May wait while the kernel loads a module: for the start. 0 or as above. */
int local_user_probe(int listening, struct reason *reason);

#endif
