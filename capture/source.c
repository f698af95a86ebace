/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <errno.h>

#include "capture/fbdev.h"
#include "capture/kms/kms.h"
#include "capture/pattern.h"

const char shortfall_planes[] = "a video or a window is missing, which the hardware lays over the rest";

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

static int (*const openers[])(
	const struct source_options *options, struct source **source, struct reason *why) = {
	[SOURCE_AUTO] = open_any,
	[SOURCE_KMS] = kms_open,
	[SOURCE_FBDEV] = fbdev_open,
	[SOURCE_PATTERN] = pattern_source_open,
};

int source_open(const struct source_options *options, struct source **source, struct reason *why) {
	return openers[options->kind](options, source, why);
}

void source_destroy(struct source *source) {
	if (source)
		source->impl->destroy(source);
}
