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

#include "server/rfb/protocol.h"

enum { DESKTOP_SIZE_RECTANGLE = RECTANGLE_HEADER_SIZE + DESKTOP_SIZE_SCREENS + DESKTOP_SIZE_SCREEN };

/* The status that answers a complete SetDesktopSize message. No size can be set here, so it never says that
 * the size was set. */
enum desktop_size_status desktop_size_judge(const uint8_t *message);

/* Writes the rectangle, with the present size: some viewers adopt that size whatever the status says. It has
 * one screen, whose number is the one that encoders use, too. Returns DESKTOP_SIZE_RECTANGLE. */
size_t desktop_size_write(uint8_t *to, enum desktop_size_status status, uint16_t width, uint16_t height);

#endif
