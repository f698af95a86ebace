/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/h264/driver/bits.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 256, LONGEST = 32 /* leading zeros of ue(v) */ };

void bits_finish(struct bits *bits) {
	free(bits->bytes);
	*bits = (struct bits){0};
}

static bool make_room(struct bits *bits, size_t more) {
	size_t needed = (bits->count + 7) / 8 + more, room = bits->room ? bits->room : ROOM_FIRST;
	if (needed <= bits->room)
		return true;
	while (room < needed)
		room *= 2;
	uint8_t *bytes = realloc(bits->bytes, room);
	if (!bytes) {
		bits->failed = true;
		return false;
	}
	memset(bytes + bits->room, 0, room - bits->room);
	bits->bytes = bytes;
	bits->room = room;
	return true;
}

void bits_put(struct bits *bits, uint32_t value, unsigned count) {
	if (!make_room(bits, sizeof value))
		return;
	while (count--) {
		if (value >> count & 1)
			bits->bytes[bits->count / 8] |= (uint8_t)(0x80 >> bits->count % 8);
		bits->count++;
	}
}

void bits_put_unsigned(struct bits *bits, uint32_t value) {
	unsigned length = 0;
	while ((value + 1) >> (length + 1))
		length++;
	bits_put(bits, 0, length);
	bits_put(bits, value + 1, length + 1);
}

void bits_put_signed(struct bits *bits, int32_t value) {
	bits_put_unsigned(bits, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

void bits_align(struct bits *bits) {
	bits->count = (bits->count + 7) / 8 * 8;
}

uint8_t *bits_extend(struct bits *bits, size_t count) {
	if (!make_room(bits, count))
		return NULL;
	uint8_t *at = bits->bytes + bits->count / 8;
	bits->count += 8 * count;
	return at;
}

void bits_end(struct bits *bits) {
	bits_put(bits, 1, 1);
	bits_align(bits);
}

void bits_put_nal(struct bits *stream, const struct bits *nal) {
	size_t size = nal->count / 8, written = 0;
	bits_put(stream, 1, 32);
	/* at worst every other byte is followed by one more */
	uint8_t *to = bits_extend(stream, size + size / 2 + 1);
	unsigned zeros = 0;
	for (size_t i = 0; to && i < size; i++) {
		uint8_t byte = nal->bytes[i];
		if (zeros == 2 && byte <= 3) {
			to[written++] = 3;
			zeros = 0;
		}
		zeros = byte ? 0 : zeros + 1;
		to[written++] = byte;
	}
	if (to)
		stream->count -= 8 * (size + size / 2 + 1 - written);
	stream->failed |= nal->failed;
}

/* Returns where the NAL unit begins, or `size`. */
static size_t skip_start_code(const uint8_t *data, size_t size) {
	size_t zeros = 0;
	while (zeros < size && !data[zeros])
		zeros++;
	return zeros >= 2 && zeros < size && data[zeros] == 1 ? zeros + 1 : size;
}

bool bits_take_nal(struct bits *nal, const uint8_t *data, size_t count, bool escaped) {
	size_t size = (count + 7) / 8, start = skip_start_code(data, size);
	unsigned zeros = 0;
	for (size_t i = start; i < size; i++) {
		bool whole = i < count / 8;
		if (escaped && zeros == 2 && whole && data[i] < 3)
			return false;
		bool extra = escaped && zeros == 2 && whole && data[i] == 3;
		if (!extra)
			bits_put(nal, data[i] >> (whole ? 0 : 8 - count % 8),
				whole ? 8 : (unsigned)(count % 8));
		zeros = data[i] ? 0 : zeros + 1;
	}
	return start < size;
}

uint32_t reader_take(struct reader *reader, unsigned count) {
	uint32_t value = 0;
	for (; count; count--, reader->at++) {
		size_t at = reader->at;
		unsigned bit = at < reader->bits->count
				       ? (unsigned)reader->bits->bytes[at / 8] >> (7 - at % 8) & 1
				       : 0;
		value = value << 1 | bit;
	}
	return value;
}

uint32_t reader_take_unsigned(struct reader *reader) {
	unsigned length = 0;
	while (length < LONGEST - 1 && !reader_take(reader, 1))
		length++;
	return (1u << length) - 1 + reader_take(reader, length);
}

int32_t reader_take_signed(struct reader *reader) {
	uint32_t value = reader_take_unsigned(reader);
	return value % 2 ? (int32_t)(value / 2 + 1) : -(int32_t)(value / 2);
}
