/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/viewers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int viewers_init(struct viewers *viewers, uv_loop_t *loop, struct encoders *encoders,
	const struct gateway_events *events, const struct gateway_options *options) {
	*viewers = (struct viewers){.loop = loop,
		.encoders = encoders,
		.events = events,
		.desktop_name = strdup(options->desktop_name ? options->desktop_name : ""),
		.relative_pointer = options->relative_pointer,
		.view_only = options->view_only};
	return viewers->desktop_name ? 0 : -ENOMEM;
}

void viewers_finish(struct viewers *viewers) {
	free(viewers->desktop_name);
	viewers->desktop_name = NULL;
}

uint64_t viewers_new_id(struct viewers *viewers) {
	return ++viewers->last_id;
}

void viewers_count_waiting(struct viewers *viewers, int change) {
	bool before = viewers->waiting > 0;
	viewers->waiting += (uint32_t)change;
	bool after = viewers->waiting > 0;
	if (before != after)
		viewers->events->wanted(viewers->events->context, after);
}
