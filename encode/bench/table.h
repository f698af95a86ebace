/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_table: what a benchmark measured, for people. */
#ifndef ZEROVNC_BENCH_TABLE_H
#define ZEROVNC_BENCH_TABLE_H

#include <stdio.h>

#include "encode/bench/bench.h"

/*
 * What each column is, or why it is missing, a line each; then a table in milliseconds: a row for each pace
 * and kind, and for each column that was measured median, 95 %, and processor time; from the second on also
 * its median as a multiple of the first one's.
 */
void bench_print(const struct bench *bench, FILE *stream);

/* Median of `series` as a multiple of that of `of`; 0 where one of them was not measured. */
double bench_ratio(const struct bench_series *series, const struct bench_series *of);

#endif
