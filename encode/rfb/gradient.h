/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gradient: rfbproto's gradient filter of Tight: how far each channel is from what its neighbours tell. Pure.
 */
#ifndef ZEROVNC_GRADIENT_H
#define ZEROVNC_GRADIENT_H

#include <stdint.h>

/* Writes how much each byte of a row's pixels differs from what the pixels to the left and above tell: their
 * sum less the one between them, as far as a byte goes. Left of the first pixel, all is 0. `above` may not be
 * NULL. */
void gradient_row(uint32_t *to, const uint32_t *row, const uint32_t *above, unsigned width);

#endif
