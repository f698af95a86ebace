/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <errno.h>

#include "capture/kms/kms.h"
#include "capture/pattern.h"

/* No display hardware is no failure: there is always the test desktop, and a word on why it is shown. */
static int open_any(const struct source_options *options, struct source **source, struct reason *why) {
	struct reason no_card;
	int error = kms_open(options, source, why);
	if (error != -ENODEV || options->card || options->output)
		return error;
	no_card = *why;
	error = pattern_source_open(options, source, why);
	if (error)
		return error;
	return reason_set(why, 0, "the built-in test desktop, because %s", no_card.text);
}

static int (*const openers[])(
	const struct source_options *options, struct source **source, struct reason *why) = {
	[SOURCE_AUTO] = open_any,
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
