/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel: a fake display card. At link time, ioctl(), which all of libdrm uses, is replaced by one that
 * answers from the struct below. So a test can do to a card what no guest can be made to do at the right
 * moment. There are two connectors, two CRTCs with a primary plane each, and two cursor planes and two
 * overlays that fit either CRTC.
 */
#ifndef ZEROVNC_TEST_KERNEL_H
#define ZEROVNC_TEST_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/kms/console.h"

enum {
	KERNEL_HEADS = 2,
	KERNEL_OVERLAY = 2 * KERNEL_HEADS,
	KERNEL_PLANES = KERNEL_OVERLAY + 2,
	KERNEL_FBS = 8
};
enum { KERNEL_CONNECTOR = 100, KERNEL_ENCODER = 110, KERNEL_CRTC = 200, KERNEL_PLANE = 300, KERNEL_FB = 400 };

struct kernel {
	char node[64]; /* a file in place of the card's node; reading events returns its content */

	/* what the driver is like */
	bool atomic, hides_framebuffers, has_vblank, unplugged;

	struct {
		bool there, connected;
		uint32_t crtc_id; /* 0: none */
		uint64_t dpms, hdr, tile;
		uint64_t colorspace; /* as the kernel numbers them: 9 is BT2020_RGB */
	} connectors[KERNEL_HEADS];
	struct {
		bool active;
		uint16_t width, height; /* 0: no mode */
		uint32_t x, y;
		uint64_t ctm, gamma,
			degamma; /* as `tile` and `hdr`: ids of blobs: indexes into `blobs`, and 1 */
		const uint16_t
			*legacy; /* the table of the older ioctl: 256 reds, greens, blues; NULL: none */
	} crtcs[KERNEL_HEADS];
	struct {
		uint32_t fb_id, crtc_id;
		uint64_t src[4], dst[4], zpos;
	} planes[KERNEL_PLANES]; /* of each head, then the cursors, then the overlays */
	struct {
		uint32_t width, height;
		uint32_t fourcc; /* 0: XRGB8888 */
	} fbs[KERNEL_FBS];       /* width 0: no such framebuffer */

	struct {
		const void *data;
		uint32_t size;
	} blobs[6];

	unsigned vanishing; /* this many times GETFB2 finds the framebuffer gone and the plane on another one
			     */

	bool being_drawn; /* what is exported has a writer that is not done */

	uint64_t wait_ns;      /* how long GETPLANE waits for a client that holds the locks */
	uint32_t vblank_count; /* vertical blanks so far; lighting a head takes one */
	uint64_t now_ns;       /* the clock, which does not advance by itself */

	enum kms_console_right console;
	bool unregistered; /* the card was removed, but its ioctls answer as before */

	/* what is counted */
	unsigned ioctls;
	unsigned console_asked;
	int handles_open; /* handles that GETFB2 gave and that were not closed */
	unsigned vblanks_queued;
};

extern struct kernel kernel;

/* Makes a card whose first connector shows framebuffer KERNEL_FB of 640x480. The second one has no monitor.
 */
void kernel_reset(void);
/* Lights a head with a mode and a framebuffer of the same size. */
void kernel_light(int connector, int crtc, int fb, uint16_t width, uint16_t height);
/* Removes the card and adds another one with the same number. */
void kernel_replace_card(void);
/* Puts a vblank event into the node's file, where the next read finds it. */
void kernel_send_vblank(void);
void kernel_finish(void);

#endif
