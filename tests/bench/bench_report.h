/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_report: what bench_convert measured, as a table, as JSON, and as a plot of cost over the dirty share.
 */
#ifndef ZEROVNC_BENCH_REPORT_H
#define ZEROVNC_BENCH_REPORT_H

#include <stdint.h>

enum { REPORT_MAX_ROWS = 64, REPORT_SHARES = 6 };

/* One size, content and dirty share. Times are milliseconds: median and minimum. */
struct report_row {
	uint32_t width, height;
	const char *content; /* "random", "desktop" */
	int share;           /* index into report_share_names */
	uint32_t tiles_changed, tiles;
	uint64_t bytes_read_back;
	double convert_ms[2];                         /* until the pixels are in the picture */
	double launch_ms, wait_ms, unpack_ms;         /* medians of its parts */
	double read_ms[2], compare_ms[2], copy_ms[2]; /* glReadPixels, memcmp, memcpy of the whole frame */
	double cpu_us; /* of this thread, per frame; of the whole process if that is more */
};

extern const char *const report_share_names[REPORT_SHARES];

struct report {
	const char *renderer, *detail;
	int rounds, count;
	struct report_row rows[REPORT_MAX_ROWS];
};

void report_print_table(const struct report *report);
/* 0 or -errno. */
int report_write_json(const struct report *report, const char *path);
int report_write_svg(const struct report *report, const char *path);

#endif
