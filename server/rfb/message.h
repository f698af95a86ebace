/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message: parses what viewers send after the handshake. A pure parser: it checks every field, so that the
 * code behind it sees nothing odd. It also knows the length of messages that are not served; these are
 * skipped. A viewer is ended only for a message whose length is not known, or for a pixel format that cannot
 * show any colour.
 *
 * Layouts: RFC 6143, 7.5. Fences, continuous updates, SetDesktopSize, xvp, gii and QEMU's messages: the
 * community's protocol document (rfbproto). FixColourMapEntries: RFB 3.3. SetScale, SetServerInput, SetSW,
 * text chat, file transfer, KeepAlive, sessions and monitors: UltraVNC's rfbproto.h and what its viewer
 * sends. VMware's: what its browser viewer (WMKS) sends. Car Connectivity: ETSI TS 103 544-2.
 */
#ifndef ZEROVNC_MESSAGE_H
#define ZEROVNC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/base/reason.h"
#include "capture/base/rect.h"
#include "encode/rfb/desktop_size.h"
#include "encode/rfb/protocol.h"
#include "server/rfb/format.h"

enum {
	MESSAGE_MAX_ENCODINGS = 1024, /* encodings that a viewer names beyond this many are ignored */
	MESSAGE_LONG_TEXT = 1 << 20,  /* clipboard text that is longer is noted in the log */
	/* The longest message that must be in memory as a whole. Clipboard text is skipped in pieces. */
	MESSAGE_MAX_SIZE = 4 + 4 * MESSAGE_MAX_ENCODINGS,
};

struct message {
	enum message_type type;
	bool served;          /* false: the message only has to be skipped */
	const uint8_t *bytes; /* the whole message except `skip`; the caller's memory */
	size_t size;
	uint64_t skip;    /* bytes that follow and must be skipped */
	const char *note; /* what is odd about it, for the log; NULL: nothing */
	union {
		struct format_served format;
		struct {
			const uint8_t *list; /* `count` numbers of four bytes each */
			size_t count;
		} encodings;
		struct {
			bool incremental;
			struct rect area;
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
			struct rect area;
		} continuous;
		struct {
			uint32_t flags;
			const uint8_t *payload;
			size_t size;
		} fence;
		struct desktop_size_wish desktop_size;
	};
};

/* Extensions that the viewer and we agreed on and that change the layout of some messages. */
struct message_rules {
	bool extended_buttons; /* a pointer event with the top bit of its mask set has one more byte */
};

/*
 * Parses the first message of `bytes`. Returns its size without the bytes to be skipped after it, 0 if more
 * bytes are needed, or -EPROTO with a reason if its length is not known or if it asks for a pixel format that
 * cannot show any colour. The viewer must be disconnected then.
 */
ssize_t message_parse(const uint8_t *bytes, size_t size, const struct message_rules *rules,
	struct message *message, struct reason *reason);

#endif
