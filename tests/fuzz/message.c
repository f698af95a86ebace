/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first byte of the input chooses the rules, and the rest is what a viewer sends. What a message refers
 * to must lie inside it. The same bytes cut short must ask for more or be refused, and never be taken for
 * something else. What is made of a pixel format must be a format that encoders can handle. */
#include "server/rfb/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_format(const struct format_served *format) {
	const uint8_t *pixels = format->pixels;
	if ((pixels[0] != 8 && pixels[0] != 16 && pixels[0] != 32) || pixels[2] > 1 || pixels[3] != 1)
		abort();
	for (int i = 0; i < 3; i++) {
		uint64_t maximum = (uint64_t)pixels[4 + 2 * i] << 8 | pixels[5 + 2 * i];
		if (pixels[10 + i] >= pixels[0] || maximum << pixels[10 + i] >> pixels[0])
			abort();
	}
	if (format->plain && !format->note && !format->colour_map)
		abort();
}

static void check(const struct message *message, const uint8_t *bytes, size_t size) {
	if (message->size > size || message->size > MESSAGE_MAX_SIZE ||
		message->skip > (uint64_t)UINT32_MAX + 4 || (!message->served && !message->note))
		abort();
	if (!message->served)
		return;
	if (message->type == MESSAGE_SET_PIXEL_FORMAT)
		check_format(&message->format);
	if (message->type == MESSAGE_SET_DESKTOP_SIZE && message->desktop_size.is_valid &&
		(!message->desktop_size.width || !message->desktop_size.height))
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
		/* a copy of exactly these bytes, so that reading beyond them is noticed */
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
		size_t step =
			message.skip > size - (size_t)used ? size : (size_t)(used + (ssize_t)message.skip);
		data += step;
		size -= step;
	}
	return 0;
}
