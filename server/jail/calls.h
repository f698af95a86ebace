/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jail_calls: which system calls the server and the processes that it leaves behind may make. 0 or -errno as
 * of confine_calls(). */
#ifndef ZEROVNC_JAIL_CALLS_H
#define ZEROVNC_JAIL_CALLS_H

#include <stdbool.h>

/* All but those of a list. For a server that reads no screen. */
int jail_calls_allow(void);

/* What no server does: to mount, to trace, to load code into the kernel, and the like. `exec`: also, to start
 * programs and to become another user. */
int jail_calls_refuse(bool exec);

/* For all threads: no unix socket and no process is made any more. */
int jail_calls_close(void);

/* For the process that tries GL drivers: no sockets. */
int jail_calls_prober(void);

/* For the porter: only what it does. */
int jail_calls_porter(void);

#endif
