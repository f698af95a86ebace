/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quality: how far a JPEG may differ from the picture. */
#ifndef ZEROVNC_TEST_QUALITY_H
#define ZEROVNC_TEST_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"

struct quality {
	uint16_t steps[64];                /* the quantisation steps of its luminance */
	unsigned components, across, down; /* number of pixels that share a colour */
};

struct quality quality_of(const uint8_t *jpeg, size_t size);
/* Returns the steps of libjpeg's quality, 1 to 100. */
struct quality quality_wanted(int quality);

/*
 * Checks that a decoded JPEG is as near to the true pixels as its own tables and sampling allow, which is as
 * near as what libjpeg makes of those pixels with the same ones. Both are 0x00RRGGBB, with `stride` pixels
 * from row to row. 0 or -EPROTO with a reason.
 */
int quality_check(const uint8_t *jpeg, size_t size, const uint32_t *decoded, const uint32_t *truth,
	size_t stride, struct reason *reason);

#endif
