/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encodings: the numbers of RFB's encodings, and which of them the library is told of. */
#ifndef ZEROVNC_ENCODINGS_H
#define ZEROVNC_ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENCODING_DESKTOP_SIZE = -223,
	ENCODING_LAST_RECT = -224,
	ENCODING_RICH_CURSOR = -239,
	ENCODING_QEMU_MOTION = -257, /* "QEMU pointer motion change" */
	ENCODING_QEMU_KEYS = -258,
	ENCODING_DESKTOP_NAME = -307,
	ENCODING_EXTENDED_DESKTOP_SIZE = -308,
	ENCODING_FENCE = -312,
	ENCODING_CONTINUOUS_UPDATES = -313,
	ENCODING_CURSOR_WITH_ALPHA = -314,
	ENCODING_EXTENDED_BUTTONS = -316,
};

/* Builds the SetEncodings message for the library out of the viewer's, of what the library serves itself.
 * Returns its size, at most 4 + 4 * count. `list`: big-endian numbers as they came. `last_rect`: LastRect may
 * be among them. */
size_t encodings_filter(const uint8_t *list, size_t count, bool last_rect, uint8_t *message);

#endif
