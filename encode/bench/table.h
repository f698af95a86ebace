/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_table: what a benchmark measured, for people. */
#ifndef ZEROVNC_BENCH_TABLE_H
#define ZEROVNC_BENCH_TABLE_H

#include <stdio.h>

#include "encode/bench/bench.h"

/*
 * Prints a line for each column that says what it is or why it is missing, and then a table in milliseconds.
 * The table has a row for each pace and kind. For each column that was measured it has the median, 95 %, and
 * processor time, and from the second column on also the median as a multiple of the first column's.
 */
void bench_print(const struct bench *bench, FILE *stream);

/* The median of `series` as a multiple of that of `of`. 0 if one of them was not measured. */
double bench_ratio(const struct bench_series *series, const struct bench_series *of);

#endif
