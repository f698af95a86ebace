/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: what OpenGL this machine has, found out by a process that ends. A GL library and its driver stay in
 * a process for good once they are loaded (Mesa's software renderer with LLVM: 60 MB and some threads), even
 * where they turn out to be of no use; and a driver that hangs or crashes takes nobody along.
 *
 * The process is the running program itself, started again with the arguments PROBE_COMMAND and the card's
 * node: its main() hands these to probe_answer(). A program that does so says it by probe_enable().
 */
#ifndef ZEROVNC_PROBE_H
#define ZEROVNC_PROBE_H

#include <stdbool.h>

#include "capture/base/reason.h"

#define PROBE_COMMAND "probe-gl"

struct probe {
	int error;          /* 0, or -errno: there is no OpenGL ES, `reason` says why */
	bool software;      /* the renderer runs on the CPU */
	char renderer[128]; /* GL_RENDERER */
	struct reason reason;
};

/* Before the program's first thread. */
void probe_enable(void);

/*
 * Asks. Blocks for as long as the driver takes to start, 15 seconds at the most. 0: `probe` is filled;
 * -ETIMEDOUT, -EIO: the driver hung or crashed, with a reason; -ENOSYS: there is nobody to ask, since the
 * program did not enable it or no process can be started. Leaves no process behind, unless the kernel cannot
 * end it.
 */
int probe_card(const char *card_node, struct probe *probe, struct reason *reason);

/* In the process that was started: answers on standard output. Returns the exit status. */
int probe_answer(const char *card_node);

#endif
