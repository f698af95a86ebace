/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edid: what a monitor says about itself, for one that does not exist. After VESA E-EDID 1.3, CTA-861-G and
 * HDMI 2.0. Any thread. */
#ifndef ZEROVNC_MONITOR_EDID_H
#define ZEROVNC_MONITOR_EDID_H

#include <stdint.h>

#include "capture/base/reason.h"

enum {
	EDID_SIZE = 256, /* a base block and a CTA extension, which makes it an HDMI monitor */
	/* A detailed timing has twelve bits for each direction. */
	EDID_MAX_SIDE = 4095,
	EDID_MIN_WIDTH = 320,
	EDID_MIN_HEIGHT = 200,
};

/* 0, or -EINVAL with a reason: no EDID can have this size. */
int edid_check(unsigned width, unsigned height, struct reason *reason);

/*
 * Makes an EDID whose preferred mode has this size, with reduced blanking (CVT). Standard sizes that are
 * smaller follow, for those who cannot have that one. The refresh rate is 60 Hz, or less if the pixel clock
 * would exceed 600 MHz, which is HDMI 2.0's limit (a detailed timing ends at 655 MHz). It goes to `refresh`,
 * in Hz. 0, or -EINVAL with a reason as edid_check().
 */
int edid_make(
	unsigned width, unsigned height, uint8_t edid[EDID_SIZE], unsigned *refresh, struct reason *reason);

#endif
