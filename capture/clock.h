/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: the one clock that every room tells time by. */
#ifndef ZEROVNC_CLOCK_H
#define ZEROVNC_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds, as the kernel's vertical blanks are stamped. Any thread. */
uint64_t clock_now_ns(void);

#endif
