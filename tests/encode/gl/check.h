/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check: what every gl converter must do, whatever its context. A failure ends the program, saying where.
 */
#ifndef ZEROVNC_TESTS_CHECK_H
#define ZEROVNC_TESTS_CHECK_H

#include "encode/converter.h"

/* Framebuffers in memory: formats, sizes, paddings, rotations, changes. */
void check_memory(struct converter *converter, uint64_t seed);
/* A texture of the converter's own context, as a dma-buf becomes one. */
void check_texture(struct converter *converter, uint64_t seed);
/* The same through samplerExternalOES. False where this context cannot have such a texture. */
bool check_external(struct converter *converter, uint64_t seed);
/* So many tiles that threads help to unpack and dispatches are cut. Returns of how many tiles their colours
 * were left in the picture. */
uint32_t check_large(struct converter *converter, uint64_t seed);
/* What it is told to forget it finds changed, and nothing else. Any converter. */
void check_forget(struct converter *converter, uint64_t seed);
/* A lit CRTC with no plane is black. */
void check_black(struct converter *converter);

#endif
