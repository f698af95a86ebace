/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: the clocks that every room uses. */
#ifndef ZEROVNC_CLOCK_H
#define ZEROVNC_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds, the clock that also stamps the kernel's vertical blanks. Any thread. */
uint64_t clock_now_ns(void);

/* The processor time in nanoseconds that all threads of this process have used so far, and that the calling
 * thread alone has used. */
uint64_t clock_process_cpu_ns(void);
uint64_t clock_thread_cpu_ns(void);

#endif
