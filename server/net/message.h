/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message: what viewers say after the handshake. A pure parser: it knows the length of every message, checks
 * every field, and names what this server does not serve, so that nobody behind it sees anything odd.
 *
 * Layouts: RFC 6143, 7.5; fences, continuous updates, SetDesktopSize and QEMU's extended keys as the
 * community's protocol document (rfbproto) has them.
 */
#ifndef ZEROVNC_MESSAGE_H
#define ZEROVNC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/reason.h"

enum {
	MESSAGE_MAX_ENCODINGS = 1024,
	MESSAGE_MAX_FENCE = 64,
	MESSAGE_MAX_CUT_TEXT = 1 << 20,
	/* The longest message that must lie in memory as a whole; clipboard text is passed over in pieces. */
	MESSAGE_MAX_SIZE = 4 + 4 * MESSAGE_MAX_ENCODINGS,
};

/* Values are the message numbers of RFB. */
enum message_type {
	MESSAGE_SET_PIXEL_FORMAT = 0,
	MESSAGE_SET_ENCODINGS = 2,
	MESSAGE_UPDATE_REQUEST = 3,
	MESSAGE_KEY = 4,
	MESSAGE_POINTER = 5,
	MESSAGE_CUT_TEXT = 6,
	MESSAGE_CONTINUOUS_UPDATES = 150,
	MESSAGE_FENCE = 248,
	MESSAGE_SET_DESKTOP_SIZE = 251,
	MESSAGE_QEMU = 255, /* only its extended key event */
};

struct message_rectangle {
	uint16_t x, y, width, height;
};

struct message {
	enum message_type type;
	const uint8_t *bytes; /* of the whole message but a clipboard's text; the caller's memory */
	size_t size;
	size_t skip; /* bytes that follow and are to be passed over */
	union {
		struct {
			const uint8_t *list; /* `count` numbers of four bytes */
			size_t count;
		} encodings;
		struct {
			bool incremental;
			struct message_rectangle area;
		} request;
		struct {
			uint32_t keysym, scancode; /* scancode: XT, 0xe0 prefix as 0xe0xx; 0: none */
			bool down;
		} key;
		struct {
			uint16_t x, y;
			uint32_t buttons;
		} pointer;
		struct {
			bool enable;
			struct message_rectangle area;
		} continuous;
		struct {
			uint32_t flags;
			const uint8_t *payload;
			size_t size;
		} fence;
		struct {
			uint16_t width, height;
		} desktop;
	};
};

enum { MESSAGE_FENCE_BLOCK_BEFORE = 1, MESSAGE_FENCE_BLOCK_AFTER = 2, MESSAGE_FENCE_SYNC_NEXT = 4 };
#define MESSAGE_FENCE_REQUEST 0x80000000u

/* What the viewer and we agreed on changes how some messages look. */
struct message_rules {
	bool extended_buttons; /* a pointer event with the top bit of its mask set has one byte more */
};

/*
 * The first message of `bytes`: its size, 0 where more bytes are needed, or -EPROTO with a reason (malformed,
 * too long, or not served here): the viewer must go.
 */
ssize_t message_parse(const uint8_t *bytes, size_t size, const struct message_rules *rules,
	struct message *message, struct reason *reason);

#endif
