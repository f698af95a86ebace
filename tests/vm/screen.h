/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen: a KMS card as its owner (DRM master) drives it. Every connected output of the card shows our
 * buffers, which are flipped or drawn to in place. It uses legacy ioctls, which every driver takes. A fault
 * ends the program with a line that says what failed, except in screen_light(), which a card may refuse.
 */
#ifndef ZEROVNC_SCREEN_H
#define ZEROVNC_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <xf86drmMode.h>

#include "tests/vm/buffer.h"

enum { SCREEN_MAX_HEADS = 4, SCREEN_BUFFERS = 2 };

enum screen_dark {
	SCREEN_DARK_CRTC, /* the CRTC is switched off */
	SCREEN_DARK_DPMS, /* the connector sleeps; the CRTC keeps its framebuffer */
};

/* How to light the screen. */
struct screen_shape {
	uint32_t width, height; /* the mode's size; 0: what the connector prefers */
	uint32_t refresh;       /* if not 0, we make a mode of our own, whether or not the connector has it */
	uint32_t fourcc;
	bool flip;  /* two buffers; false: one */
	bool block; /* a flip is a call that returns when it is done, and holds the card's locks until then */
	uint32_t pad_right, pad_below; /* how much larger the framebuffer is than the mode ... */
	uint32_t x, y;                 /* ... and where the visible part begins in it */
};

struct screen_head {
	uint32_t connector_id, crtc_id, dpms_property;
	uint32_t primary_id, overlay_id; /* planes; 0: the card has no such plane */
	struct buffer window;            /* the window on the overlay plane; fb_id 0: there is none */
	char name[32];
	bool off; /* it was switched off because nothing is plugged in any more */
	drmModeModeInfo mode;
	struct buffer buffers[SCREEN_BUFFERS];
};

struct screen {
	int fd; // owned
	int head_count;
	struct screen_head heads[SCREEN_MAX_HEADS];
	struct screen_shape shape;
	int shown; /* the buffer that is on the screen */
	bool lit;
	bool lone;     /* the overlay plane shows the buffers, and the primary plane is off */
	int flips_due; /* how many flips were requested and are not yet done */
};

/* `card`: a node, or the name of a driver ("vkms", "virtio_gpu", "bochs-drm"), which means its first card.
 * `output`: a connector's name; NULL: all that are connected. */
void screen_open(struct screen *screen, const char *card, const char *output);

/* Fills the visible part of a buffer that is about to be shown for the first time. */
typedef void (*screen_fill)(
	void *context, int head, uint32_t width, uint32_t height, uint8_t *pixels, uint32_t pitch);

/* Makes buffers of this shape, has the first one of each head filled and shows it. False: the card refuses
 * the shape. Then what was shown before stays, and errno says why. */
bool screen_light(struct screen *screen, const struct screen_shape *shape, screen_fill fill, void *context);

/* Returns where the visible part of a buffer begins, and its pitch. */
uint8_t *screen_pixels(const struct screen *screen, int head, int buffer, uint32_t *pitch);

/* Shows a buffer on every head and waits until it is on the screen. */
void screen_flip(struct screen *screen, int buffer);
/* Tells the card that the shown buffer was drawn to, which is needed if the driver uploads. */
void screen_dirty(struct screen *screen);

void screen_darken(struct screen *screen, enum screen_dark how);
/* Shows again what was shown before the screen went dark. */
void screen_lighten(struct screen *screen);

/* Switches off the heads that are not connected any more, and shows the screen on those that are connected
 * again. Returns how many are connected. */
int screen_follow_plugs(struct screen *screen);

/*
 * What follows concerns the first head's planes, and is false where the card refuses it; errno says why. */

/* Has the primary plane turn or mirror what it shows. `how`: a word of its property "rotation"
 * ("rotate-180"). */
bool screen_turn(struct screen *screen, const char *how);
/* Lays a window of this format over the picture, which belongs to no scene. Width 0 removes it. */
bool screen_window(
	struct screen *screen, uint32_t fourcc, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
/* Shows the buffers on the overlay plane while the primary plane is off; or as before. */
bool screen_set_lone(struct screen *screen, bool lone);
/* Has the CRTC change all colours after the planes: halve the blue, or invert each channel. */
enum screen_colors { SCREEN_COLORS_PLAIN, SCREEN_COLORS_WARM, SCREEN_COLORS_INVERTED };
bool screen_color(struct screen *screen, enum screen_colors colors);
/* How many vertical blanks the CRTC has counted. */
bool screen_count_vblanks(struct screen *screen, uint32_t *count);

/* Gives up everything, as a compositor does that ends. */
void screen_close(struct screen *screen);

#endif
