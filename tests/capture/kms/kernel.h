/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel: a display card in a box. drmIoctl(), through which all of libdrm goes, is replaced at link time by
 * one that answers from the struct below; so a test can do to a card what no guest can be made to do at the
 * right moment. Two connectors, two CRTCs, a primary plane each, two cursor planes and two overlays that go
 * with either.
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
	char node[64]; /* a file that stands for the card's node; its content is what reading events gives */

	/* what the driver is like */
	bool atomic, hides_framebuffers, has_vblank, unplugged;

	struct {
		bool there, connected;
		uint32_t crtc_id; /* 0: none */
		uint64_t dpms, hdr;
	} connectors[KERNEL_HEADS];
	struct {
		bool active;
		uint16_t width, height; /* 0: no mode */
		uint32_t x, y;
		uint64_t ctm, gamma; /* ids of blobs: indexes into `blobs`, and 1 */
	} crtcs[KERNEL_HEADS];
	struct {
		uint32_t fb_id, crtc_id;
		uint64_t src[4], dst[4];
	} planes[KERNEL_PLANES]; /* of each head, then the cursors, then the overlays */
	struct {
		uint32_t width, height;
	} fbs[KERNEL_FBS]; /* width 0: no such framebuffer */

	struct {
		const void *data;
		uint32_t size;
	} blobs[4];

	unsigned
		vanishing; /* so many times GETFB2 finds the framebuffer gone, and the plane on another one */

	bool being_drawn; /* what is exported has a writer who is not done */

	uint64_t wait_ns;      /* so long GETPLANE waits for a client that holds the locks */
	uint32_t vblank_count; /* so many there were; lighting a head takes one */
	uint64_t now_ns;       /* the clock, which stands still otherwise */

	enum kms_console_right console;
	bool unregistered; /* the card went, and its ioctls answer as before */

	/* what is counted */
	unsigned ioctls;
	unsigned console_asked;
	int handles_open; /* given by GETFB2 and not closed */
	unsigned vblanks_queued;
};

extern struct kernel kernel;

/* A card whose first connector is lit by framebuffer KERNEL_FB of 640x480; the second one has no monitor. */
void kernel_reset(void);
/* Lights a head with a mode and a framebuffer of the same size. */
void kernel_light(int connector, int crtc, int fb, uint16_t width, uint16_t height);
/* The card goes, and another one comes under its number. */
void kernel_replace_card(void);
/* Puts a vblank event where the next read of the node's file finds it. */
void kernel_send_vblank(void);
void kernel_finish(void);

#endif
