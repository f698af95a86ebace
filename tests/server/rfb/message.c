/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb/message.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

#define BYTES(...)    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ZEROS(n, ...) (const uint8_t[n]){__VA_ARGS__}, n

enum how {
	SERVED,
	ODD,         /* served, and noted in the log */
	PASSED_OVER, /* noted in the log, and otherwise ignored */
};

static const struct row {
	const char *what;
	const uint8_t *bytes;
	size_t given;
	bool extended_buttons;
	ssize_t result;
	enum how how;
	uint64_t skip;
} rows[] = {
	{"32 bits", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false, 20,
		SERVED, 0},
	{"16 bits", BYTES(0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0), false, 20,
		SERVED, 0},
	{"flags of 255", BYTES(0, 0, 0, 0, 16, 16, 255, 255, 0, 31, 0, 63, 0, 31, 11, 5, 0, 9, 9, 9), false,
		20, SERVED, 0},
	{"ten bits a channel", BYTES(0, 0, 0, 0, 32, 30, 0, 1, 3, 255, 3, 255, 3, 255, 20, 10, 0, 0, 0, 0),
		false, 20, SERVED, 0},
	{"sixteen bits a channel",
		BYTES(0, 0, 0, 0, 32, 32, 0, 1, 255, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false, 20,
		SERVED, 0},
	{"colour map", BYTES(0, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false, 20, SERVED,
		0},
	{"colour map of 16 bits", BYTES(0, 0, 0, 0, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false,
		20, ODD, 0},
	{"24 bits", BYTES(0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false,
		-EPROTO, SERVED, 0},
	{"0 bits", BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false, -EPROTO, SERVED,
		0},
	{"depth 0", BYTES(0, 0, 0, 0, 32, 0, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false, 20, ODD,
		0},
	{"depth over bits", BYTES(0, 0, 0, 0, 16, 24, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0), false,
		20, ODD, 0},
	{"maximum 0", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 0, 0, 255, 0, 255, 99, 8, 0, 0, 0, 0), false, 20,
		ODD, 0},
	{"maximum with a hole", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 253, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0),
		false, 20, ODD, 0},
	{"channels that overlap", BYTES(0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 10, 5, 0, 0, 0, 0),
		false, 20, ODD, 0},
	{"shift too far", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 25, 8, 0, 0, 0, 0), false,
		-EPROTO, SERVED, 0},
	{"hole and shift too far", BYTES(0, 0, 0, 0, 8, 8, 0, 1, 0, 5, 0, 7, 0, 3, 6, 3, 0, 0, 0, 0), false,
		-EPROTO, SERVED, 0},
	{"shift 255", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 255, 0, 0, 0), false,
		-EPROTO, SERVED, 0},
	{"channel of 16 bits in 8", BYTES(0, 0, 0, 0, 8, 8, 0, 1, 255, 255, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0),
		false, -EPROTO, SERVED, 0},
	{"no encodings", BYTES(2, 0, 0, 0), false, 4, SERVED, 0},
	{"two encodings", BYTES(2, 0, 0, 2, 0, 0, 0, 7, 255, 255, 255, 33), false, 12, SERVED, 0},
	{"1,024 encodings", ZEROS(4 + 4096, 2, 0, 4, 0), false, 4 + 4096, SERVED, 0},
	{"1,025 encodings", ZEROS(4 + 4096, 2, 0, 4, 1), false, 4 + 4096, ODD, 4},
	{"65,535 encodings", ZEROS(4 + 4096, 2, 0, 255, 255), false, 4 + 4096, ODD, 4 * 64511},
	{"request", BYTES(3, 1, 0, 0, 0, 0, 255, 255, 255, 255), false, 10, SERVED, 0},
	{"key", BYTES(4, 1, 0, 0, 0, 0, 255, 13), false, 8, SERVED, 0},
	{"pointer", BYTES(5, 255, 0, 1, 0, 2), false, 6, SERVED, 0},
	{"pointer with more buttons", BYTES(5, 0x80, 0, 1, 0, 2, 3), true, 7, SERVED, 0},
	{"plain pointer of such a viewer", BYTES(5, 1, 0, 1, 0, 2), true, 6, SERVED, 0},
	{"clipboard", BYTES(6, 0, 0, 0, 0, 0, 0, 5), false, 8, SERVED, 5},
	{"clipboard of a mebibyte", BYTES(6, 0, 0, 0, 0, 16, 0, 0), false, 8, SERVED, 1 << 20},
	{"clipboard of more", BYTES(6, 0, 0, 0, 0, 16, 0, 1), false, 8, ODD, (1 << 20) + 1},
	{"clipboard as long as can be", BYTES(6, 0, 0, 0, 127, 255, 255, 255), false, 8, ODD, INT32_MAX},
	{"extended clipboard", BYTES(6, 0, 0, 0, 255, 255, 255, 252), false, 8, SERVED, 4},
	{"extended clipboard, huge", BYTES(6, 0, 0, 0, 128, 0, 0, 0), false, 8, ODD, 1u << 31},
	{"continuous updates", BYTES(150, 1, 0, 0, 0, 0, 1, 0, 1, 0), false, 10, SERVED, 0},
	{"fence without payload", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 0), false, 9, SERVED, 0},
	{"fence", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 2, 7, 8), false, 11, SERVED, 0},
	{"fence of 64", ZEROS(9 + 64, 248, 0, 0, 0, 128, 0, 0, 1, 64), false, 9 + 64, SERVED, 0},
	{"fence of 65", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 65), false, 9, PASSED_OVER, 65},
	{"desktop of no screens", BYTES(251, 0, 1, 0, 1, 0, 0, 0), false, 8, SERVED, 0},
	{"desktop of a screen", ZEROS(24, 251, 0, 1, 0, 1, 0, 1, 0), false, 24, SERVED, 0},
	{"desktop of 255 screens", ZEROS(8 + 255 * 16, 251, 0, 1, 0, 1, 0, 255, 0), false, 8 + 255 * 16,
		SERVED, 0},
	{"QEMU key", BYTES(255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30), false, 12, SERVED, 0},
	/* not served */
	{"QEMU audio on", BYTES(255, 1, 0, 0), false, 4, PASSED_OVER, 0},
	{"QEMU audio off", BYTES(255, 1, 0, 1), false, 4, PASSED_OVER, 0},
	{"QEMU audio's format", BYTES(255, 1, 0, 2, 3, 2, 0, 0, 172, 68), false, 10, PASSED_OVER, 0},
	{"colour map entries", BYTES(1, 0, 0, 0, 0, 2), false, 6, PASSED_OVER, 12},
	{"file transfer", BYTES(7, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9), false, 12, PASSED_OVER, 9},
	{"file transfer, an offer", BYTES(7, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9), false, 12, PASSED_OVER, 9 + 4},
	{"file transfer, a long one", BYTES(7, 8, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255), false, 12,
		PASSED_OVER, (uint64_t)UINT32_MAX + 4},
	{"scale", BYTES(8, 2, 0, 0), false, 4, PASSED_OVER, 0},
	{"server input", BYTES(9, 1, 0, 0), false, 4, PASSED_OVER, 0},
	{"single window", BYTES(10, 0, 0, 1, 0, 1), false, 6, PASSED_OVER, 0},
	{"text chat", BYTES(11, 0, 0, 0, 0, 0, 1, 0), false, 8, PASSED_OVER, 256},
	{"text chat, opened", BYTES(11, 0, 0, 0, 255, 255, 255, 255), false, 8, PASSED_OVER, 0},
	{"text chat, over", BYTES(11, 0, 0, 0, 255, 255, 255, 253), false, 8, PASSED_OVER, 0},
	{"text chat, a long one", BYTES(11, 0, 0, 0, 255, 255, 255, 252), false, 8, PASSED_OVER,
		UINT32_MAX - 3},
	{"key frame", BYTES(12), false, 1, PASSED_OVER, 0},
	{"keep alive", BYTES(13), false, 1, PASSED_OVER, 0},
	{"scale factor", BYTES(15, 2, 0, 0), false, 4, PASSED_OVER, 0},
	{"sessions", BYTES(20), false, 1, PASSED_OVER, 0},
	{"session", BYTES(21, 1), false, 2, PASSED_OVER, 0},
	{"streaming plugin", BYTES(80, 0, 0, 0), false, 4, PASSED_OVER, 0},
	{"VMware", BYTES(127, 0, 0, 8), false, 4, PASSED_OVER, 4},
	{"VMware, too short", BYTES(127, 0, 0, 3), false, -EPROTO, SERVED, 0},
	{"car", BYTES(128, 1, 1, 2), false, 4, PASSED_OVER, 258},
	{"xvp", BYTES(250, 0, 1, 2), false, 4, PASSED_OVER, 0},
	{"gii, big-endian", BYTES(253, 129, 0, 2), false, 4, PASSED_OVER, 2},
	{"gii, little-endian", BYTES(253, 1, 2, 0), false, 4, PASSED_OVER, 2},
	{"monitor", BYTES(254, 1, 0, 0), false, 4, PASSED_OVER, 0},
	/* of no known length */
	{"QEMU audio, something else", BYTES(255, 1, 0, 3), false, -EPROTO, SERVED, 0},
	{"QEMU, something else", BYTES(255, 2), false, -EPROTO, SERVED, 0},
	{"OLIVE", BYTES(249), false, -EPROTO, SERVED, 0},
	{"TightVNC", BYTES(252), false, -EPROTO, SERVED, 0},
	{"unknown", BYTES(42), false, -EPROTO, SERVED, 0},
};

static enum how how_of(const struct message *message) {
	return !message->served ? PASSED_OVER : message->note ? ODD : SERVED;
}

/* Tries each row as a whole. Then cuts it at every byte: the parser must ask for more or refuse, and never
 * accept. */
static void table(void) {
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct message_rules rules = {.extended_buttons = row->extended_buttons};
		struct message message;
		struct reason reason = {""};
		ssize_t result = message_parse(row->bytes, row->given, &rules, &message, &reason);
		CHECK_SAY(result == row->result, "%s: %zd", row->what, result);
		CHECK_SAY(result < 0 || message.skip == row->skip, "%s: %llu more", row->what,
			(unsigned long long)message.skip);
		CHECK_SAY(result < 0 || how_of(&message) == row->how, "%s: %s", row->what, message.note);
		CHECK_SAY((result < 0) == (reason.text[0] != 0), "%s: '%s'", row->what, reason.text);
		for (size_t cut = 0; cut < row->given; cut++) {
			uint8_t *exact = malloc(cut + !cut); /* so that reading beyond the end is noticed */
			memcpy(exact, row->bytes, cut);
			result = message_parse(exact, cut, &rules, &message, &reason);
			CHECK_SAY(result == 0 || (result == -EPROTO && row->result < 0), "%s cut at %zu: %zd",
				row->what, cut, result);
			free(exact);
		}
	}
}

static struct message parse(const uint8_t *bytes, size_t size, bool extended_buttons) {
	struct message_rules rules = {.extended_buttons = extended_buttons};
	struct message message;
	CHECK(message_parse(bytes, size, &rules, &message, NULL) > 0);
	return message;
}

static void fields(void) {
	struct message m = parse(BYTES(3, 1, 0, 1, 0, 2, 1, 0, 2, 0), false);
	CHECK(m.request.incremental && m.request.area.x == 1 && m.request.area.y == 2);
	CHECK(m.request.area.width == 256 && m.request.area.height == 512);
	m = parse(BYTES(4, 0, 0, 0, 0, 0, 255, 13), false);
	CHECK(!m.key.down && m.key.keysym == 0xff0d && m.key.scancode == 0);
	m = parse(BYTES(255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30), false);
	CHECK(m.key.down && m.key.keysym == 97 && m.key.scancode == 30);
	m = parse(BYTES(5, 0x85, 1, 0, 2, 0), false);
	CHECK(m.pointer.buttons == 0x85 && m.pointer.x == 256 && m.pointer.y == 512);
	m = parse(BYTES(5, 0x85, 1, 0, 2, 0, 3), true);
	CHECK(m.pointer.buttons == 0x185);
	m = parse(BYTES(6, 0, 0, 0, 255, 255, 255, 252), false);
	CHECK(m.skip == 4);
	m = parse(BYTES(2, 0, 0, 1, 255, 255, 255, 33), false);
	CHECK(m.encodings.count == 1 && m.encodings.list[3] == 33);
	m = parse(BYTES(248, 0, 0, 0, 128, 0, 0, 5, 2, 7, 8), false);
	CHECK(m.fence.flags == (MESSAGE_FENCE_REQUEST | 5) && m.fence.size == 2 && m.fence.payload[1] == 8);
	m = parse(BYTES(150, 1, 0, 3, 0, 4, 0, 5, 0, 6), false);
	CHECK(m.continuous.enable && m.continuous.area.x == 3 && m.continuous.area.height == 6);
	m = parse(ZEROS(4 + 4096, 2, 0, 255, 255, 0, 0, 0, 7), false);
	CHECK(m.encodings.count == 1024 && m.encodings.list[3] == 7);
}

/* What encoders are told in place of what viewers ask for. */
static void formats(void) {
	static const struct {
		uint8_t asked[20], pixels[16];
		bool colour_map, plain;
	} table[] = {
		{{0, 0, 0, 0, 16, 16, 9, 7, 0, 31, 0, 63, 0, 31, 11, 5, 0, 1, 2, 3},
			{16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0}, false, false},
		{{0, 0, 0, 0, 32, 0, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0},
			{32, 0, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0}, false, false},
		{{0, 0, 0, 0, 16, 16, 0, 1, 0, 5, 0, 0, 0, 31, 11, 200, 0},
			{16, 16, 0, 1, 0, 5, 0, 0, 0, 31, 11, 0, 0}, false, true},
		{{0, 0, 0, 0, 8, 8, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9}, {8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6},
			true, false},
		{{0, 0, 0, 0, 32, 8, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9},
			{32, 8, 1, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6}, true, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct format_served format = parse(table[i].asked, 20, false).format;
		CHECK_SAY(memcmp(format.pixels, table[i].pixels, 16) == 0, "format %zu", i);
		CHECK_SAY(format.colour_map == table[i].colour_map && format.plain == table[i].plain,
			"format %zu", i);
	}
	uint8_t map[FORMAT_MAP_SIZE];
	CHECK(format_write_map(map) == 6 + 6 * 256 && memcmp(map, "\1\0\0\0\1\0", 6) == 0);
	/* 0x81: red 1 of 7, green 0, blue 2 of 3 */
	CHECK(memcmp(map + 6 + 6 * 0x81, "\x24\x92\0\0\xaa\xaa", 6) == 0);
	CHECK(memcmp(map + 6 + 6 * 0xff, "\xff\xff\xff\xff\xff\xff", 6) == 0);
}

/* Judges a desktop with these screens: id, x, y, width, height. */
static struct desktop_size_wish judged(
	uint16_t width, uint16_t height, unsigned count, const uint16_t screens[][5]) {
	uint8_t message[8 + 16 * 4] = {251};
	message[2] = (uint8_t)(width >> 8);
	message[3] = (uint8_t)width;
	message[4] = (uint8_t)(height >> 8);
	message[5] = (uint8_t)height;
	message[6] = (uint8_t)count;
	for (unsigned i = 0; i < count; i++)
		for (int j = 0; j < 5; j++) {
			size_t at = 8 + 16 * i + 2 + 2 * (size_t)j; /* the lower half of the id */
			message[at] = (uint8_t)(screens[i][j] >> 8);
			message[at + 1] = (uint8_t)screens[i][j];
		}
	return parse(message, 8 + 16 * count, false).desktop_size;
}

static void desktop_sizes(void) {
	const uint16_t all[][5] = {{0, 0, 0, 640, 480}}, empty[][5] = {{0, 0, 0, 0, 480}};
	const uint16_t beside[][5] = {{1, 0, 0, 320, 480}, {2, 320, 0, 320, 480}};
	const uint16_t alike[][5] = {{1, 0, 0, 320, 480}, {1, 320, 0, 320, 480}};
	const uint16_t outside[][5] = {{0, 1, 0, 640, 480}}, far[][5] = {{0, 65535, 0, 65535, 480}};
	const uint16_t half[][5] = {{0, 0, 0, 320, 480}};
	const uint16_t reversed[][5] = {{2, 400, 0, 240, 400}, {1, 0, 0, 400, 480}};
	const uint16_t low[][5] = {{2, 400, 80, 240, 400}, {1, 0, 0, 400, 480}};
	const uint16_t over[][5] = {{2, 300, 0, 340, 400}, {1, 0, 0, 400, 480}};
	struct desktop_size_wish wish = judged(640, 480, 1, all);
	CHECK(wish.is_valid && wish.is_row && wish.count == 1 && wish.width == 640 && wish.height == 480);
	wish = judged(640, 480, 2, beside);
	CHECK(wish.is_valid && wish.is_row && wish.count == 2 && wish.screens[1].id == 2);
	wish = judged(640, 480, 2, reversed);
	CHECK(wish.is_valid && wish.is_row && wish.screens[0].id == 1 && wish.screens[0].width == 400);
	CHECK(wish.screens[1].id == 2 && wish.screens[1].x == 400 && wish.screens[1].height == 400);
	wish = judged(641, 480, 2, beside);
	CHECK(wish.is_valid && !wish.is_row);
	wish = judged(640, 481, 2, beside);
	CHECK(wish.is_valid && !wish.is_row);
	wish = judged(640, 480, 2, low);
	CHECK(wish.is_valid && !wish.is_row);
	wish = judged(640, 480, 2, over);
	CHECK(wish.is_valid && !wish.is_row);
	wish = judged(640, 480, 1, half);
	CHECK(wish.is_valid && !wish.is_row);
	CHECK(!judged(640, 480, 0, NULL).is_valid);
	CHECK(!judged(0, 0, 1, all).is_valid);
	CHECK(!judged(640, 479, 1, all).is_valid);
	CHECK(!judged(640, 480, 1, empty).is_valid);
	CHECK(!judged(640, 480, 2, alike).is_valid);
	CHECK(!judged(640, 480, 1, outside).is_valid);
	CHECK(!judged(65535, 480, 1, far).is_valid);
}

static unsigned at16(const uint8_t *bytes) {
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* A desktop of this many screens, each of which has a column of its own. 0: none was said. */
static struct encoder_desktop desktop_of(unsigned count) {
	struct encoder_desktop desktop;
	encoder_desktop_init(&desktop, 0x1002, 0x304);
	if (count)
		desktop.screen_count = count;
	for (unsigned i = 0; i < count; i++)
		desktop.screens[i] = (struct picture_screen){
			0xa0b0c000 + i, {(int32_t)(0x100 * i + 2), (int32_t)(0x10 + i), 0x100, 0x201 + i}};
	return desktop;
}

/* The rectangle says who asked and with what result, the size, and all screens; nothing is written behind
 * it. */
static void writes_desktop_size(unsigned count) {
	static const uint8_t head[] = {0, 2, 0, 3, 0x10, 2, 3, 4, 0xff, 0xff, 0xfe, 0xcc};
	struct encoder_desktop desktop = desktop_of(count);
	uint8_t rectangle[12 + 4 + 16 * 16 + 1];
	size_t size = 12 + 4 + 16 * (size_t)count;
	memset(rectangle, 0xee, sizeof rectangle);
	CHECK(desktop_size_bytes(&desktop) == size);
	CHECK(desktop_size_write(rectangle, DESKTOP_SIZE_BY_ANOTHER_CLIENT, DESKTOP_SIZE_INVALID, &desktop) ==
		size);
	CHECK(memcmp(rectangle, head, sizeof head) == 0 && rectangle[size] == 0xee);
	CHECK(rectangle[12] == count && !rectangle[13] && !rectangle[14] && !rectangle[15]);
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *screen = rectangle + 16 + 16 * (size_t)i;
		CHECK(at16(screen) == 0xa0b0 && at16(screen + 2) == 0xc000 + i);
		CHECK(at16(screen + 4) == 0x100 * i + 2 && at16(screen + 6) == 0x10 + i);
		CHECK(at16(screen + 8) == 0x100 && at16(screen + 10) == 0x201 + i);
		CHECK(at16(screen + 12) == 0 && at16(screen + 14) == 0);
	}
}

static void writes_the_only_screen(void) {
	static const uint8_t expected[] = {0, 1, 0, 1, 0x10, 2, 3, 4, 0xff, 0xff, 0xfe, 0xcc, 1, 0, 0, 0, 0,
		0, 0, 1, 0, 0, 0, 0, 0x10, 2, 3, 4, 0, 0, 0, 0};
	struct encoder_desktop desktop = desktop_of(0);
	uint8_t rectangle[sizeof expected];
	CHECK(desktop_size_bytes(&desktop) == sizeof expected);
	CHECK(desktop_size_write(rectangle, DESKTOP_SIZE_BY_THIS_CLIENT, DESKTOP_SIZE_PROHIBITED, &desktop) ==
		sizeof expected);
	CHECK(memcmp(rectangle, expected, sizeof expected) == 0);
}

int main(void) {
	table();
	fields();
	formats();
	desktop_sizes();
	writes_the_only_screen();
	writes_desktop_size(1);
	writes_desktop_size(2);
	writes_desktop_size(16);
	return 0;
}
