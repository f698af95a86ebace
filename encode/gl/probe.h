/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: finds out which OpenGL this machine has in a process that ends. Once a GL library and its driver are
 * loaded, they stay in a process for good, even if they turn out to be of no use (Mesa's software renderer
 * with LLVM: 60 MB and some threads). Also, a driver that hangs or crashes only takes that process down.
 *
 * The process is the running program itself, started again with the arguments PROBE_COMMAND and the card's
 * node. Its main() passes these to probe_answer(). A program that does so declares it by probe_enable(). If
 * it gives up the right to start programs, it leaves behind a process that may make copies of itself
 * (probe_serve), and asks that one.
 */
#ifndef ZEROVNC_PROBE_H
#define ZEROVNC_PROBE_H

#include <stdbool.h>

#include "capture/base/reason.h"

#define PROBE_COMMAND "probe-gl"

struct probe {
	int error;          /* 0, or -errno if there is no OpenGL ES, and `reason` says why */
	bool software;      /* the renderer runs on the CPU */
	char renderer[128]; /* GL_RENDERER */
	struct reason reason;
};

/* To be called before the program's first thread starts. */
void probe_enable(void);

/* From now on probe_card() asks the process at the other end of this SOCK_SEQPACKET socket, and only one
 * thread may call it. Takes ownership. To be called before the program's first thread starts. */
void probe_use(int fd);

/* In that process, which has one thread: answers until the other end is closed. */
void probe_serve(int fd);

/*
 * Asks. Blocks for as long as the driver takes to start, but at most 15 seconds. 0: `probe` is filled.
 * -ETIMEDOUT, -EIO: the driver hung or crashed, with a reason. -ENOSYS: the program did not enable this, or
 * no process can be started. Leaves no process behind, unless the kernel cannot end it.
 */
int probe_card(const char *card_node, struct probe *probe, struct reason *reason);

/* In the process that was started: answers on standard output. Returns the exit status. */
int probe_answer(const char *card_node);

#endif
