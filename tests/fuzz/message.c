/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first byte chooses the rules; the rest is what a viewer says. What a message names must lie inside it,
 * and the same bytes cut shorter must ask for more or be refused, never be taken for something else. */
#include "server/net/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct message *message, const uint8_t *bytes, size_t size) {
	if (message->size > size || message->size > MESSAGE_MAX_SIZE || message->skip > MESSAGE_MAX_CUT_TEXT)
		abort();
	if (message->type == MESSAGE_SET_ENCODINGS &&
		message->encodings.list + 4 * message->encodings.count != bytes + message->size)
		abort();
	if (message->type == MESSAGE_FENCE &&
		message->fence.payload + message->fence.size != bytes + message->size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size)
		return 0;
	struct message_rules rules = {.extended_buttons = data[0] & 1};
	data++;
	size--;
	while (size) {
		struct message message;
		struct reason reason;
		/* a copy of just these bytes, so that reading beyond them is seen */
		uint8_t *exact = malloc(size);
		memcpy(exact, data, size);
		ssize_t used = message_parse(exact, size, &rules, &message, &reason);
		if (used > 0)
			check(&message, exact, size);
		if (used > 1) {
			struct message shorter;
			if (message_parse(exact, (size_t)used - 1, &rules, &shorter, &reason) > 0)
				abort();
		}
		free(exact);
		if (used <= 0)
			break;
		size_t step = (size_t)used + message.skip;
		if (step > size)
			step = size;
		data += step;
		size -= step;
	}
	return 0;
}
