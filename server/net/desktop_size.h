/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop_size: what a viewer asks for by SetDesktopSize, and the ExtendedDesktopSize rectangle that answers
 * it: one for each, in the order in which they came. Sizes that nobody asked for are told by libvncserver.
 * Pure; layouts and meaning as the community's protocol document (rfbproto) has them.
 */
#ifndef ZEROVNC_DESKTOP_SIZE_H
#define ZEROVNC_DESKTOP_SIZE_H

#include <stddef.h>
#include <stdint.h>

#include "server/rfb/protocol.h"

enum { DESKTOP_SIZE_RECTANGLE = RECTANGLE_HEADER_SIZE + DESKTOP_SIZE_SCREENS + DESKTOP_SIZE_SCREEN };

/* What becomes of a whole SetDesktopSize message. No size can be set here, so the answer is never that it
 * was. */
enum desktop_size_status desktop_size_judge(const uint8_t *message);

/* The rectangle, with the size that there is: some viewers take it for theirs whatever the status says. Has
 * one screen, numbered as libvncserver numbers it. Returns DESKTOP_SIZE_RECTANGLE. */
size_t desktop_size_write(uint8_t *to, enum desktop_size_status status, uint16_t width, uint16_t height);

#endif
