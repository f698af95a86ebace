/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stand_in: a converter for benchmarks on machines that have a GPU and no dma-buf to import. It uploads a
 * frame's memory into a texture once, before the frame's first conversion. From then on that texture takes
 * the place of the import. The gl converter does everything else.
 */
#ifndef ZEROVNC_STAND_IN_H
#define ZEROVNC_STAND_IN_H

#include "encode/converter.h"

/* Takes ownership of a gl converter. NULL if memory ran out, and then the gl converter is destroyed, too. Its
 * convert() takes XRGB8888 in memory that never changes. */
struct converter *stand_in_create(struct converter *gl);

/* The texture, in the context of the gl converter. 0 before the first frame. */
unsigned stand_in_texture(const struct converter *converter);

#endif
