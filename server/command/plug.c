/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/plug.h"

#include <stdio.h>

#include "capture/monitor/monitor.h"
#include "server/command/headless.h"
#include "server/config/monitor.h"
#include "server/log.h"

static const char this_machine[] = "";

int plug_run(const struct config *config) {
	const char *value = config->monitor ? config->monitor : config->has_file ? "no" : "auto";
	struct monitor_wish wish;
	struct monitor monitor;
	struct reason reason;
	if (config_monitor(value, &wish, &reason) != 1) {
		puts("nothing is done: --monitor=no");
		return 0;
	}
	wish.stays = true;
	if (monitor_plug(this_machine, &wish, &monitor, &reason) != 0) {
		log_error("%s", reason.text);
		return 1;
	}
	puts(monitor.words.text);
	return 0;
}

int unplug_run(void) {
	struct reason words, reason;
	/* in the order in which `zerovnc headless` does it */
	if (headless_undo(&reason) != 0 || monitor_unplug(this_machine, &words, &reason) != 0) {
		log_error("%s", reason.text);
		return 1;
	}
	puts(words.text[0] ? words.text : "zerovnc has made no monitor: nothing is done");
	return 0;
}
