/* SPDX-License-Identifier: GPL-2.0-or-later */
/* made: describes the displays that zerovnc has made, as they are now. Any thread. */
#ifndef ZEROVNC_MONITOR_MADE_H
#define ZEROVNC_MONITOR_MADE_H

#include "capture/monitor/record.h"
#include "capture/monitor/survey.h"

/* Describes an output as the only screen. Says nothing of its kind, and no words. */
void made_describe(const char *root, const struct survey_output *output, struct monitor *result);

/* Writes to `order` the indices of outputs in the kernel's order, or as they are if it does not tell (before
 * Linux 6.2). */
void made_sort(
	const char *root, const struct record_output *outputs, size_t count, size_t order[MONITOR_SCREENS]);

/* Describes what is on record and plugged in. Returns whether anything is. */
bool made_find(const struct record *record, struct monitor *result);

#endif
