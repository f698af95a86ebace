/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include "capture/kms/kms.h"
#include "capture/pattern.h"

static int (*const openers[])(
	const struct source_options *options, struct source **source, struct reason *why) = {
	[SOURCE_AUTO] = kms_open, /* who opens it may wait for a card */
	[SOURCE_KMS] = kms_open,
	[SOURCE_PATTERN] = pattern_source_open,
};

int source_open(const struct source_options *options, struct source **source, struct reason *why) {
	return openers[options->kind](options, source, why);
}

void source_destroy(struct source *source) {
	if (source)
		source->impl->destroy(source);
}
