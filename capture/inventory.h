/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory: what display hardware there is and what this process may do with it, as plain data for `outputs`
 * and `doctor`. It is a snapshot. The cards in it stay open until inventory_destroy(). */
#ifndef ZEROVNC_INVENTORY_H
#define ZEROVNC_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/kms/device.h"
#include "capture/kms/output.h"

struct inventory_mode {
	uint32_t width, height, refresh_mhz;
	bool preferred;
};

struct inventory_output {
	struct kms_output output; /* name, state, CRTC, present mode */
	struct inventory_mode *modes;
	size_t mode_count;
};

struct inventory_crtc {
	uint32_t id;
	int vblank; /* 0: its vertical blanks can be waited for; -EOPNOTSUPP: the driver has none;
		       -EAGAIN: the CRTC is dark, so this is not known */
};

/* What a plane shows and how it could be read. */
struct inventory_plane {
	uint32_t id, type; /* DRM_PLANE_TYPE_* */
	uint32_t possible_crtcs, format_count;
	uint32_t crtc_id, fb_id; /* 0: none */
	bool has_hotspot;

	/* of the framebuffer; all 0 if there is none or it could not be examined */
	uint32_t width, height, fourcc;
	uint64_t modifier;
	bool implicit_linear, exported, mapped; /* as a dma-buf; through the card */
	struct reason unreadable;               /* why it cannot be read; empty if it can */
};

struct inventory_card {
	char node[64];
	int open_error; /* 0, or the -errno because of which the rest is empty */
	struct reason open_reason;
	struct kms_device device;
	bool dumb_buffers, prime_export, prime_import;
	struct inventory_output *outputs;
	size_t output_count;
	struct inventory_crtc *crtcs;
	size_t crtc_count;
	struct inventory_plane *planes;
	size_t plane_count;
};

struct inventory {
	bool may_capture; /* CAP_SYS_ADMIN is effective */
	struct inventory_card *cards;
	size_t card_count;
};

/* 0 or -ENOMEM. Cards that cannot be opened are listed, too, with the reason. */
int inventory_create(struct inventory **result);
/* Takes NULL. */
void inventory_destroy(struct inventory *inventory);

/* "primary", "overlay", "cursor". */
const char *inventory_plane_type(uint32_t type);

#endif
