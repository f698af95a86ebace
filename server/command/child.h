/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child: runs other programs, without a shell. The program is looked for in PATH. It gets our environment,
 * and no signal is blocked there. */
#ifndef ZEROVNC_CHILD_H
#define ZEROVNC_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"

/* Starts it. `words` ends with NULL. It gets SIGTERM when we end, however that happens. Only for a process
 * without other threads. 0, or -errno with a reason. The caller waits for it. */
int child_start(char *const *words, pid_t *child, struct reason *reason);

/*
 * Runs it to its end, with /dev/null as its standard input. `output` gets what it writes on standard output,
 * as far as there is room, and ends with
 * '\0'; NULL: it writes where we do. 0, or -errno with a reason: -EIO if it ended with another status than 0.
 */
int child_run(char *const *words, char *output, size_t size, struct reason *reason);

/* A descriptor that is readable once the process has ended. -errno if there is none: -ESRCH, it has ended.
 * The caller closes it. */
int child_watch(pid_t process);

#endif
