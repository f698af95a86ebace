/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop_size: what a viewer asks for by SetDesktopSize, and the ExtendedDesktopSize rectangle that answers
 * it. Each request gets one answer, in the order in which the requests came. Sizes that nobody asked for are
 * announced by the encoder. Pure; layouts and meaning follow the community's protocol document (rfbproto).
 */
#ifndef ZEROVNC_DESKTOP_SIZE_H
#define ZEROVNC_DESKTOP_SIZE_H

#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "server/rfb/protocol.h"

/* The status that answers a complete SetDesktopSize message. No size can be set here, so it never says that
 * the size was set. */
enum desktop_size_status desktop_size_judge(const uint8_t *message);

/* Returns the bytes of the rectangle that has this desktop. */
size_t desktop_size_bytes(const struct encoder_desktop *desktop);

/* Writes the rectangle, with the present size and its screens: some viewers adopt them whatever the status
 * says. Returns desktop_size_bytes(). */
size_t desktop_size_write(
	uint8_t *to, enum desktop_size_status status, const struct encoder_desktop *desktop);

#endif
