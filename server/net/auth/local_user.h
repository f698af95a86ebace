/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_user: which user of this machine holds the other end of a connection, and how much that end has not
 * read yet. For a unix socket the kernel noted the user when the other side connected (SO_PEERCRED, unix(7)).
 * For TCP inside this machine the kernel is asked who owns the socket with the same two ends in reverse
 * (NETLINK_SOCK_DIAG, sock_diag(7)).
 *
 * May be called on any thread. Nothing here waits: the kernel answers a netlink question before send()
 * returns.
 */
#ifndef ZEROVNC_LOCAL_USER_H
#define ZEROVNC_LOCAL_USER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/base/reason.h"

struct local_user {
	bool known;
	uid_t uid; /* as this process's user namespace numbers it; meaningless if not known */
};

/*
 * Fills `user` for the connected stream socket `fd` (borrowed). Returns 0 if the user is known. Otherwise
 * returns one of these errors, with a reason. -ENOTCONN: nobody here holds the other end, because it belongs
 * to another machine, or because the client has closed it already (such a socket belongs to nobody, and the
 * kernel calls that uid 0). -EOPNOTSUPP: this kernel or this process's confinement does not tell; the reason
 * says what would help. Another -errno: the kernel could not be asked this time.
 */
int local_user_find(int fd, struct local_user *user, struct reason *reason);

/* Whether every user has a number of its own in this process's user namespace. If not, those without one are
 * never known. */
bool local_user_knows_all(void);

/* Bytes that have arrived for the holder of the other end of this TCP connection and that it has not read
 * yet, if it is a process on this machine. Returns a -errno as above if that cannot be told. */
int64_t local_user_unread(int fd);

/* Whether local_user_find() will work for connections that come in through this listening TCP socket
 * (borrowed). It may wait while the kernel loads a module, so call it at the start. Returns 0 or an error as
 * above. */
int local_user_probe(int listening, struct reason *reason);

#endif
