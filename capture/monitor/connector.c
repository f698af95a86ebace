/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/connector.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A driver takes up to a second to probe a connector, and the emulated machines of the tests longer. */
enum { CONNECT_MS = 5000, POLL_MS = 20, UNPLUGGED_MS = 200, LET_GO_MS = 3000 };

static void pause_ms(unsigned ms) {
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

void connector_path(char path[ATTRIBUTE_PATH], const char *folder, const char *file) {
	snprintf(path, ATTRIBUTE_PATH, "/sys/class/drm/%s/%s", folder, file);
}

bool connector_reads(const char *root, const char *folder, const char *file, const char *value) {
	char path[ATTRIBUTE_PATH], line[32];
	connector_path(path, folder, file);
	return attribute_read(root, path, line, sizeof line) && strcmp(line, value) == 0;
}

bool connector_becomes(const char *root, const char *folder, const char *status) {
	for (unsigned waited = 0; waited < CONNECT_MS; waited += POLL_MS) {
		if (connector_reads(root, folder, "status", status))
			return true;
		pause_ms(POLL_MS);
	}
	return false;
}

void connector_await_dark(const struct record *record, const bool *chosen) {
	pause_ms(UNPLUGGED_MS);
	for (unsigned waited = 0; waited < LET_GO_MS; waited += POLL_MS) {
		bool lit = false;
		for (size_t i = 0; i < record->output_count; i++)
			lit |= chosen[i] &&
			       connector_reads(record->root, record->outputs[i].folder, "enabled", "enabled");
		if (!lit)
			return;
		pause_ms(POLL_MS);
	}
}
