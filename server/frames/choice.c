/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/choice.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "capture/broker/client.h"

bool choice_is_several(const struct source_options *options) {
	bool has_outputs = options->kind == SOURCE_AUTO || options->kind == SOURCE_KMS;
	return has_outputs && heads_are_several(options->output);
}

/* Whether all outputs were asked for, and there is none yet. */
static bool is_none_yet(const char *outputs, int error) {
	return error == -EAGAIN || (error == -ENODEV && strcasecmp(outputs, "all") == 0);
}

int choice_heads(const struct source_options *options, const char *outputs, struct head heads[HEADS_MAX],
	size_t *count, struct reason *reason) {
	return options->broker
		       ? broker_find_heads(options->broker, options->card, outputs, heads, count, reason)
		       : heads_find(options->card, outputs, heads, count, reason);
}

int choice_find(const struct source_options *options, struct head heads[HEADS_MAX], size_t *count,
	struct reason *reason) {
	*count = 0;
	if (!choice_is_several(options))
		return 0;
	int error = choice_heads(options, options->output, heads, count, reason);
	return error && is_none_yet(options->output, error) ? 0 : error;
}

struct source_options choice_source(const struct source_options *options, const struct head *head) {
	struct source_options source = *options;
	if (head) {
		source.kind = SOURCE_KMS;
		source.card = head->card;
		source.output = head->output;
	} else if (choice_is_several(options)) {
		source.output = NULL;
	}
	return source;
}

void choice_name(const struct head *head, char name[CHOICE_NAME_SIZE]) {
	snprintf(name, CHOICE_NAME_SIZE, "%s/%s", head_card_name(head), head->output);
}
