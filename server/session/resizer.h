/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resizer: gives the monitors that zerovnc has made other sizes. A process that may not do so itself asks
 * another one by a socket: one that it left behind when it gave up that right (resizer_use), or else one
 * behind RESIZER_SOCKET, where a service manager starts `zerovnc resize -` for each connection
 * (zerovnc-resize.socket). A connection is of the kind SOCK_SEQPACKET, and carries requests
 * ("1600x900,1280x1024", without an end), each followed by its answer.
 */
#ifndef ZEROVNC_RESIZER_H
#define ZEROVNC_RESIZER_H

#include "capture/base/reason.h"
#include "capture/monitor/monitor.h"

#define RESIZER_SOCKET "/run/zerovnc-resize/socket"

enum { RESIZER_REQUEST = 64 };

struct resizer_answer {
	int error; /* 0 or -errno */
	char words[sizeof(struct reason)];
};

/* From now on the process at the other end of this SOCK_SEQPACKET socket is asked. Takes ownership of the
 * socket. To be called before there are threads. */
void resizer_use(int fd);

/* In such a process: answers until the other end is closed. */
void resizer_serve(int fd);

/* As monitor_resize(), by this process or by another one. Blocks. Any thread, but one at a time. */
int resizer_resize(const struct monitor_screen *sizes, size_t count, struct reason *reason);

/* The same, with another root and socket. */
int resizer_resize_at(const char *root, const char *socket, const struct monitor_screen *sizes, size_t count,
	struct reason *reason);

#endif
