/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/resize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/monitor/monitor.h"
#include "server/config/monitor.h"
#include "server/log.h"
#include "server/session/resizer.h"

static int resize(const char *size, struct monitor *monitor, struct reason *reason) {
	struct monitor_screen sizes[MONITOR_SCREENS];
	size_t count = config_screens(size, sizes);
	memset(monitor, 0, sizeof *monitor);
	if (!count)
		return reason_set(reason, -EINVAL,
			"'%.60s' is not WIDTHxHEIGHT, each from 16 to 16384, or several of them", size);
	return monitor_resize("", sizes, count, monitor, reason);
}

int resize_run(const char *size) {
	struct monitor monitor;
	struct reason reason = {""};
	if (strcmp(size, "-") == 0) { /* whoever may connect is decided by the socket */
		resizer_serve(STDIN_FILENO);
		return 0;
	}
	if (resize(size, &monitor, &reason) != 0) {
		log_error("%s", reason.text);
		return 1;
	}
	puts(monitor.words.text);
	return 0;
}
