/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu: the converter that reads mapped memory. One pass over a frame compares it with the picture, which is
 * what was sent last, and stores the tiles that differ.
 *
 * Serves layers of linear memory; what they do not cover is black. It remembers nothing of what was sent, so
 * the picture may be from another converter, except that tiles which are dear to compose are left alone while
 * their layers stay as they are (still.h). `conversion.taken_over` keeps it from that.
 */
#ifndef ZEROVNC_CPU_H
#define ZEROVNC_CPU_H

#include "encode/converter.h"
#include "encode/cpu/kernel.h"

/* Uses the best kernel that this machine can run. NULL if memory ran out. */
struct converter *cpu_converter_create(void);

enum cpu_bounce { CPU_BOUNCE_MEASURED, CPU_BOUNCE_ALWAYS, CPU_BOUNCE_NEVER };

/* For tests and benchmarks: uses this kernel, and the bounce buffer as given here instead of as measured. */
struct converter *cpu_converter_create_with(const struct kernel *kernel, enum cpu_bounce bounce);

#endif
