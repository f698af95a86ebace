/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/machine.h"

#include <errno.h>

#include "capture/fbdev.h"
#include "capture/kms/kms.h"

/* A display card; if the machine has none, a framebuffer device. Whoever opens it may wait for a card. */
static int open_any(const struct source_options *options, struct source **source, struct reason *why) {
	struct reason other;
	int error = kms_open(options, source, why);
	if (error != -ENODEV || options->card || options->output)
		return error;
	if (fbdev_open(options, source, &other) != 0)
		return error;
	*why = other;
	return 0;
}

int machine_open(const struct source_options *options, struct source **source, struct reason *why) {
	return options->kind == SOURCE_FBDEV ? fbdev_open(options, source, why)
	       : options->kind == SOURCE_KMS ? kms_open(options, source, why)
					     : open_any(options, source, why);
}
