/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message: what viewers say after the handshake. A pure parser: it checks every field, so that nobody behind
 * it sees anything odd, and knows the length of messages that are not served, too: these are passed over.
 * Only what has no known length or cannot be shown at all ends a viewer.
 *
 * Layouts: RFC 6143, 7.5; fences, continuous updates, SetDesktopSize, xvp, gii and QEMU's messages as the
 * community's protocol document (rfbproto) has them. FixColourMapEntries: RFB 3.3's. SetScale,
 * SetServerInput, SetSW, text chat, file transfer, KeepAlive, sessions and monitors: UltraVNC's rfbproto.h
 * and what its viewer sends. VMware's: what its browser viewer (WMKS) sends. Car Connectivity: ETSI TS 103
 * 544-2.
 */
#ifndef ZEROVNC_MESSAGE_H
#define ZEROVNC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/reason.h"
#include "server/net/desktop_size.h"
#include "server/net/viewer_format.h"
#include "server/rfb/protocol.h"

enum {
	MESSAGE_MAX_ENCODINGS = 1024, /* what a viewer names beyond them is passed over */
	MESSAGE_LONG_TEXT = 1 << 20,  /* clipboard text that is longer is worth a line in the log */
	/* The longest message that must lie in memory as a whole; clipboard text is passed over in pieces. */
	MESSAGE_MAX_SIZE = 4 + 4 * MESSAGE_MAX_ENCODINGS,
};

struct message_rectangle {
	uint16_t x, y, width, height;
};

struct message {
	enum message_type type;
	bool served;          /* false: nothing is to be done but to pass it over */
	const uint8_t *bytes; /* of the whole message but for `skip`; the caller's memory */
	size_t size;
	uint64_t skip;    /* bytes that follow and are to be passed over */
	const char *note; /* what about it is odd, for the log; NULL: nothing */
	union {
		struct viewer_format format;
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
		enum desktop_size_status desktop_size;
	};
};

/* What the viewer and we agreed on changes how some messages look. */
struct message_rules {
	bool extended_buttons; /* a pointer event with the top bit of its mask set has one byte more */
};

/*
 * The first message of `bytes`: its size without what is to be skipped behind it, 0 where more bytes are
 * needed, or -EPROTO with a reason (its length is not known, or it asks for what cannot be): the viewer must
 * go.
 */
ssize_t message_parse(const uint8_t *bytes, size_t size, const struct message_rules *rules,
	struct message *message, struct reason *reason);

#endif
