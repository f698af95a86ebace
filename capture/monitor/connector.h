/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connector: a connector's files in /sys/class/drm. Any thread; those that wait block. */
#ifndef ZEROVNC_MONITOR_CONNECTOR_H
#define ZEROVNC_MONITOR_CONNECTOR_H

#include "capture/monitor/attribute.h"
#include "capture/monitor/record.h"

/* Writes the path of a file of a connector. */
void connector_path(char path[ATTRIBUTE_PATH], const char *folder, const char *file);

/* Whether the file's first line is `value`. */
bool connector_reads(const char *root, const char *folder, const char *file, const char *value);

/* Waits until the connector has this status, "connected" or "disconnected". False: it did not get it. */
bool connector_becomes(const char *root, const char *folder, const char *status);

/* Waits until the programs on the chosen outputs on record have seen the monitors go and have let go of them.
 * One that finds a monitor plugged in again when it looks keeps the old mode. Not all programs let go: it
 * ends after a few seconds. */
void connector_await_dark(const struct record *record, const bool *chosen);

#endif
