/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <errno.h>

#include "capture/pattern.h"

int source_open(const struct source_options *options, struct source **source, struct reason *why) {
	if (options->kind == SOURCE_KMS)
		return reason_set(why, -ENODEV, "no display hardware can be read by this build");
	return pattern_source_open(options, source, why);
}

void source_destroy(struct source *source) {
	if (source)
		source->impl->destroy(source);
}
