/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: the clocks that every room tells time by. */
#ifndef ZEROVNC_CLOCK_H
#define ZEROVNC_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds, as the kernel's vertical blanks are stamped. Any thread. */
uint64_t clock_now_ns(void);

/* The processor time, in nanoseconds, that this process took so far: of all its threads; and the calling
 * thread alone. */
uint64_t clock_process_cpu_ns(void);
uint64_t clock_thread_cpu_ns(void);

#endif
