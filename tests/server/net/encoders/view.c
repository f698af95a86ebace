/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/encoders/view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "encode/rfb/bytes.h"
#include "tests/test.h"

static void on_jpeg(void *context, const struct decode_area *area, const uint8_t *jpeg, size_t size) {
	struct view *view = context;
	size_t at = (size_t)area->y * view->decoder.width + area->x;
	view->quality = quality_of(jpeg, size);
	if (!view->wrong.text[0])
		quality_check(jpeg, size, view->decoder.pixels + at, view->truth + at, view->decoder.width,
			&view->wrong);
}

static void expect_format(struct view *view, const struct pixel_layout *format) {
	decode_set_format(&view->decoder, format->wire);
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		for (unsigned value = 0; value < 256; value++) {
			uint8_t colour[FORMAT_CHANNELS] = {0};
			colour[i] = (uint8_t)value;
			view->exact[i][value] = format_pixel(&view->decoder.format, colour);
		}
}

void view_open(struct view *view, const struct desk *desk, const uint32_t *truth) {
	memset(view, 0, sizeof *view);
	seen_join(desk, &view->seen);
	source_socket(&view->source, view->seen.fd);
	CHECK(decode_init(&view->decoder, view->seen.width, view->seen.height) == 0);
	view->decoder.on_jpeg = on_jpeg;
	view->decoder.context = view;
	view->truth = truth;
	expect_format(view, &formats_native);
}

void view_close(struct view *view) {
	decode_finish(&view->decoder);
	source_finish(&view->source);
	seen_leave(&view->seen);
}

void view_say_format(struct view *view, const struct pixel_layout *format) {
	uint8_t message[20] = {0};
	memcpy(message + 4, format->wire, 16);
	seen_say(view->seen.fd, message, sizeof message);
	expect_format(view, format);
}

void view_say_encodings(struct view *view, const int32_t *list, unsigned count) {
	seen_encodings(&view->seen, list, count);
	decode_set_encodings(&view->decoder, list, count);
}

void view_say_request(struct view *view, const struct decode_area *area) {
	seen_request(&view->seen, false, (uint16_t)area->x, (uint16_t)area->y, (uint16_t)area->width,
		(uint16_t)area->height);
}

void view_wait(struct view *view) {
	struct reason reason = {""};
	uint8_t type = 1;
	do {
		struct pollfd poller = {.fd = view->seen.fd, .events = POLLIN};
		if (view->source.size)
			type = view->source.bytes[0];
		else
			CHECK(poll(&poller, 1, 10000) == 1 && recv(view->seen.fd, &type, 1, MSG_PEEK) == 1);
	} while (type == 1 && decode_message(&view->decoder, &view->source, &reason) == 1);
	CHECK_SAY(type == 0, "a message %u: %s", type, reason.text);
}

/* The gateway answers fences by itself, in their order. When the first answer comes, the request may still
 * wait for a look at the screen, which the gateway has asked for by then. That look comes in the same turn as
 * the second answer at the latest. */
void view_settle(struct view *view) {
	static const uint8_t fence[9] = {248, 0, 0, 0, 0x80};
	uint8_t answer[9];
	for (int i = 0; i < 3; i++) {
		seen_say(view->seen.fd, fence, sizeof fence);
		CHECK(source_read(&view->source, answer, sizeof answer) && answer[0] == 248);
	}
}

void view_expect(struct view *view, const struct pixel_layout *format, const int32_t *list, unsigned count) {
	expect_format(view, format);
	decode_set_encodings(&view->decoder, list, count);
}

static uint32_t exact(const struct view *view, uint32_t colour) {
	return view->exact[FORMAT_RED][colour >> 16 & 255] | view->exact[FORMAT_GREEN][colour >> 8 & 255] |
	       view->exact[FORMAT_BLUE][colour & 255];
}

static int wrong_pixel(const struct view *view, size_t at, struct reason *reason) {
	const struct decoder *decoder = &view->decoder;
	uint32_t x = (uint32_t)(at % decoder->width), y = (uint32_t)(at / decoder->width);
	if (decoder->kinds[at] == DECODED_NOTHING)
		return reason_set(reason, -EPROTO, "nothing was drawn at %u,%u", x, y);
	return reason_set(reason, -EPROTO, "%x at %u,%u instead of %x", decoder->pixels[at], x, y,
		exact(view, view->truth[at]));
}

static bool is_right(const struct view *view, size_t at) {
	return view->decoder.kinds[at] == DECODED_FROM_JPEG ||
	       (view->decoder.kinds[at] == DECODED_EXACTLY &&
		       view->decoder.pixels[at] == exact(view, view->truth[at]));
}

int view_check(const struct view *view, const struct decode_area *area, struct reason *reason) {
	for (uint32_t y = area->y; y < area->y + area->height; y++) {
		size_t row = (size_t)y * view->decoder.width;
		for (uint32_t x = area->x; x < area->x + area->width; x++)
			if (!is_right(view, row + x))
				return wrong_pixel(view, row + x, reason);
	}
	return 0;
}

int view_read(struct view *view, const struct decode_area *areas, unsigned count, struct reason *reason) {
	struct decoder *decoder = &view->decoder;
	uint64_t size = 0;
	for (unsigned i = 0; i < count; i++) {
		decode_clear(decoder, &areas[i]);
		size += (uint64_t)areas[i].width * areas[i].height;
	}
	view->wrong.text[0] = '\0';
	while (decoder->decoded.area < size) {
		int result = decode_message(decoder, &view->source, reason);
		if (result < 0)
			return result;
	}
	if (decoder->decoded.area > size)
		return reason_set(reason, -EPROTO, "%llu pixels for an area of %llu",
			(unsigned long long)decoder->decoded.area, (unsigned long long)size);
	if (view->wrong.text[0])
		return reason_set(reason, -EPROTO, "%s", view->wrong.text);
	int error = 0;
	for (unsigned i = 0; i < count && error == 0; i++)
		error = view_check(view, &areas[i], reason);
	return error;
}
