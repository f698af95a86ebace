/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/stand_in.h"

#include "capture/monitor/monitor.h"
#include "server/config/monitor.h"
#include "server/log.h"

static const char this_machine[] = "";

/* If a monitor is wanted, a virtual card is taken over, and must not be removed before. */
static void sweep(bool wanted) {
	struct monitor monitor;
	struct reason words, reason;
	if (wanted && monitor_made(this_machine, &monitor) == 0 && monitor.kind == MONITOR_VIRTUAL)
		return;
	if (monitor_sweep(this_machine, &words, &reason) != 0)
		log_warning("a server that was killed has left a display behind, which is still there: %s",
			reason.text);
	else if (words.text[0])
		log_info("a server that was killed had left a display behind: %s", words.text);
}

bool stand_in_begin(const struct config *config) {
	struct monitor_wish wish;
	struct monitor monitor;
	struct reason reason;
	bool wanted = config_monitor(config->monitor, &wish, &reason) == 1; /* it was checked before */
	sweep(wanted);
	if (!wanted)
		return false;
	if (monitor_plug(this_machine, &wish, &monitor, &reason) != 0) {
		log_warning("--monitor=%s: %s", config->monitor, reason.text);
		return false;
	}
	log_info("--monitor=%s: %s", config->monitor, monitor.words.text);
	return monitor.ours;
}

void stand_in_end(bool ours) {
	struct reason words, reason;
	if (!ours)
		return;
	if (monitor_unplug(this_machine, &words, &reason) != 0)
		log_warning("%s; `zerovnc unplug` tries again", reason.text);
	else if (words.text[0])
		log_info("%s", words.text);
}
