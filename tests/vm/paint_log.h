/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paint_log: when each frame was shown. It is a file that painter and checker share, so that the checker
 * knows how old a picture is when a viewer has it. Times are CLOCK_MONOTONIC in nanoseconds; both run on one
 * machine.
 */
#ifndef ZEROVNC_PAINT_LOG_H
#define ZEROVNC_PAINT_LOG_H

#include <stdatomic.h>
#include <stdint.h>

enum { PAINT_LOG_FRAMES = 1 << 16 }; /* older frames are overwritten */

struct paint_log {
	_Atomic uint32_t newest;
	_Atomic uint64_t shown_ns[PAINT_LOG_FRAMES];
};

uint64_t paint_log_now(void);

/* Maps the file, and creates it if it does not exist. NULL with errno. It stays mapped until the process
 * ends. */
struct paint_log *paint_log_open(const char *path);

/* `log` may be NULL. */
void paint_log_note(struct paint_log *log, uint32_t frame);
/* Returns 0 if the frame was never noted. */
uint64_t paint_log_shown(const struct paint_log *log, uint32_t frame);

#endif
