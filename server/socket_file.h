/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_file: the file of a unix socket. A server that was killed leaves its own behind. */
#ifndef ZEROVNC_SOCKET_FILE_H
#define ZEROVNC_SOCKET_FILE_H

/*
 * Removes a socket at which nobody listens any more. Anything else that lies there stays. 0: nothing is in
 * the way now; or we cannot tell, and binding will report it. -EADDRINUSE: a server listens there. -EEXIST:
 * it is no socket. Does not wait.
 */
int socket_file_clear(const char *path);

#endif
