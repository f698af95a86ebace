/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop_size: what a viewer asks for by SetDesktopSize, and the ExtendedDesktopSize rectangle that answers
 * it. Each request gets one answer, in the order in which the requests came. Sizes that nobody asked for are
 * announced by the encoder. Pure; layouts and meaning follow the community's protocol document (rfbproto).
 */
#ifndef ZEROVNC_DESKTOP_SIZE_H
#define ZEROVNC_DESKTOP_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "encode/rfb/protocol.h"

struct desktop_size_screen {
	uint32_t id;
	unsigned x, y, width, height;
};

/* What a SetDesktopSize message asks for. */
struct desktop_size_wish {
	uint16_t width, height;
	bool is_valid; /* the screens are all there, lie inside, and are neither empty nor alike */
	/* They lie side by side with their tops in a line, and fill the desktop as far as such screens can.
	 * They are listed from left to right, if they are no more than PICTURE_MAX_SCREENS. */
	bool is_row;
	unsigned count;
	struct desktop_size_screen screens[PICTURE_MAX_SCREENS];
};

/* What came of it. */
struct desktop_size_outcome {
	enum desktop_size_status status;
	uint32_t width, height, screen_count; /* of the newest picture */
	bool other;                           /* it is another desktop than when one was asked for last */
};

/* Reads a complete SetDesktopSize message. */
struct desktop_size_wish desktop_size_read(const uint8_t *message);

/* Returns the bytes of the rectangle that has this desktop. */
size_t desktop_size_bytes(const struct encoder_desktop *desktop);

/* Writes the rectangle, with the present size and its screens: some viewers adopt them whatever the status
 * says. Returns desktop_size_bytes(). */
size_t desktop_size_write(uint8_t *to, enum desktop_size_reason by, enum desktop_size_status status,
	const struct encoder_desktop *desktop);

#endif
