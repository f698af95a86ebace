/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/message.h"

#include <errno.h>
#include <string.h>

#include "tests/test.h"

#define BYTES(...)    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ZEROS(n, ...) (const uint8_t[n]){__VA_ARGS__}, n

static const struct row {
	const char *what;
	const uint8_t *bytes;
	size_t given;
	bool extended_buttons;
	ssize_t result;
} rows[] = {
	{"32 bits", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false, 20},
	{"16 bits", BYTES(0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0), false, 20},
	{"ten bits a channel", BYTES(0, 0, 0, 0, 32, 30, 0, 1, 3, 255, 3, 255, 3, 255, 20, 10, 0, 0, 0, 0),
		false, 20},
	{"colour map", BYTES(0, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false, 20},
	{"colour map of 16 bits", BYTES(0, 0, 0, 0, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), false,
		-EPROTO},
	{"24 bits", BYTES(0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false,
		-EPROTO},
	{"depth 0", BYTES(0, 0, 0, 0, 32, 0, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false,
		-EPROTO},
	{"depth over bits", BYTES(0, 0, 0, 0, 16, 24, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0), false,
		-EPROTO},
	{"maximum 0", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 0, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0), false,
		-EPROTO},
	{"maximum with a hole", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 253, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0),
		false, -EPROTO},
	{"shift too far", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 25, 8, 0, 0, 0, 0), false,
		-EPROTO},
	{"shift 255", BYTES(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 255, 0, 0, 0), false,
		-EPROTO},
	{"channel of 16 bits in 8", BYTES(0, 0, 0, 0, 8, 8, 0, 1, 255, 255, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0),
		false, -EPROTO},
	{"no encodings", BYTES(2, 0, 0, 0), false, 4},
	{"two encodings", BYTES(2, 0, 0, 2, 0, 0, 0, 7, 255, 255, 255, 33), false, 12},
	{"1,025 encodings", BYTES(2, 0, 4, 1), false, -EPROTO},
	{"65,535 encodings", BYTES(2, 0, 255, 255), false, -EPROTO},
	{"request", BYTES(3, 1, 0, 0, 0, 0, 255, 255, 255, 255), false, 10},
	{"key", BYTES(4, 1, 0, 0, 0, 0, 255, 13), false, 8},
	{"pointer", BYTES(5, 255, 0, 1, 0, 2), false, 6},
	{"pointer with more buttons", BYTES(5, 0x80, 0, 1, 0, 2, 3), true, 7},
	{"plain pointer of such a viewer", BYTES(5, 1, 0, 1, 0, 2), true, 6},
	{"clipboard", BYTES(6, 0, 0, 0, 0, 0, 0, 5), false, 8},
	{"clipboard of a mebibyte", BYTES(6, 0, 0, 0, 0, 16, 0, 0), false, 8},
	{"clipboard of more", BYTES(6, 0, 0, 0, 0, 16, 0, 1), false, -EPROTO},
	{"extended clipboard", BYTES(6, 0, 0, 0, 255, 255, 255, 252), false, 8},
	{"extended clipboard, huge", BYTES(6, 0, 0, 0, 128, 0, 0, 0), false, -EPROTO},
	{"continuous updates", BYTES(150, 1, 0, 0, 0, 0, 1, 0, 1, 0), false, 10},
	{"fence without payload", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 0), false, 9},
	{"fence", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 2, 7, 8), false, 11},
	{"fence of 65", BYTES(248, 0, 0, 0, 128, 0, 0, 1, 65), false, -EPROTO},
	{"desktop of no screens", BYTES(251, 0, 1, 0, 1, 0, 0, 0), false, 8},
	{"desktop of a screen", ZEROS(24, 251, 0, 1, 0, 1, 0, 1, 0), false, 24},
	{"QEMU key", BYTES(255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30), false, 12},
	{"QEMU audio", BYTES(255, 1), false, -EPROTO},
	{"colour map entries", BYTES(1), false, -EPROTO},
	{"file transfer", BYTES(7), false, -EPROTO},
	{"scale", BYTES(8), false, -EPROTO},
	{"text chat", BYTES(11), false, -EPROTO},
	{"xvp", BYTES(250), false, -EPROTO},
	{"gii", BYTES(253), false, -EPROTO},
	{"unknown", BYTES(42), false, -EPROTO},
};

/* Each row as a whole; then cut at every byte, where it must ask for more or refuse, and never accept. */
static void table(void) {
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		struct message_rules rules = {.extended_buttons = row->extended_buttons};
		struct message message;
		struct reason reason = {""};
		ssize_t result = message_parse(row->bytes, row->given, &rules, &message, &reason);
		CHECK_SAY(result == row->result, "%s: %zd", row->what, result);
		CHECK_SAY((result < 0) == (reason.text[0] != 0), "%s: '%s'", row->what, reason.text);
		for (size_t cut = 0; cut < row->given; cut++) {
			uint8_t *exact = malloc(cut + !cut); /* so that reading beyond is seen */
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
}

int main(void) {
	table();
	fields();
	return 0;
}
