/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sources exist. It is apart from what is done with a source, so that the broker has only its own. */
#include "capture/broker/client.h"
#include "capture/machine.h"
#include "capture/pattern.h"
#include "capture/source.h"

int source_open(const struct source_options *options, struct source **source, struct reason *why) {
	int error = options->kind == SOURCE_PATTERN ? pattern_source_open(options, source, why)
		    : options->broker               ? broker_open(options->broker, options, source, why)
						    : machine_open(options, source, why);
	if (!error)
		(*source)->turn = options->turn;
	return error;
}
