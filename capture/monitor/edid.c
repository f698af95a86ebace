/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/edid.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "capture/base/array.h"

enum {
	BLOCK = 128,
	DESCRIPTOR = 18,
	TEN_KHZ = 10000,
	MAX_CLOCK = 60000, /* in 10 kHz: HDMI 2.0 */
	MIN_CLOCK = 2520,  /* HDMI begins at 25 MHz, and drivers refuse less */
};

struct timing {
	unsigned clock; /* in units of 10 kHz */
	unsigned width, height;
	unsigned h_blank, h_front, h_sync, v_blank, v_front, v_sync; /* pixels, lines */
};

/* --- VESA CVT 1.1 with reduced blanking. libxcvt is not used, because it rounds widths to multiples of 8.
 * --- */

/* The width of the vertical sync pulse says which aspect ratio a mode has. */
static unsigned v_sync_of(unsigned width, unsigned height) {
	static const struct {
		unsigned width, height, lines;
	} aspects[] = {{4, 3, 4}, {16, 9, 5}, {16, 10, 6}, {5, 4, 7}, {15, 9, 7}};
	for (size_t i = 0; i < ARRAY_LEN(aspects); i++)
		if (width * aspects[i].height == height * aspects[i].width)
			return aspects[i].lines;
	return 10;
}

static struct timing reduced_blanking(unsigned width, unsigned height, unsigned hz) {
	enum { CLOCK_STEP = 25, BACK_PORCH = 6 };
	const double v_blank_us = 460;
	struct timing timing = {.width = width,
		.height = height,
		.h_blank = 160,
		.h_front = 48,
		.h_sync = 32,
		.v_front = 3,
		.v_sync = v_sync_of(width, height)};
	double line_us = (1e6 / hz - v_blank_us) / height;
	unsigned lines = (unsigned)(v_blank_us / line_us) + 1;
	unsigned least = timing.v_front + timing.v_sync + BACK_PORCH;
	timing.v_blank = lines > least ? lines : least;
	double pixels = (double)(width + timing.h_blank) * (height + timing.v_blank) * hz;
	timing.clock = (unsigned)(pixels / TEN_KHZ / CLOCK_STEP) * CLOCK_STEP;
	return timing;
}

/* A small mode gets more lines of blanking, so that its clock is one that HDMI has. */
static void raise_clock(struct timing *timing, unsigned hz) {
	if (timing->clock >= MIN_CLOCK)
		return;
	unsigned line = (timing->width + timing->h_blank) * hz;
	unsigned lines = (MIN_CLOCK * TEN_KHZ + line - 1) / line;
	timing->v_blank = lines - timing->height;
	timing->clock = (lines * line + TEN_KHZ - 1) / TEN_KHZ;
}

static struct timing find_timing(unsigned width, unsigned height, unsigned *hz) {
	struct timing timing;
	for (*hz = 60; (timing = reduced_blanking(width, height, *hz)).clock > MAX_CLOCK;)
		--*hz;
	raise_clock(&timing, *hz);
	return timing;
}

/* --- descriptors --- */

static uint8_t low(unsigned value) {
	return (uint8_t)value;
}

/* The upper four bits of two numbers of twelve. */
static uint8_t high(unsigned one, unsigned other) {
	return (uint8_t)(one >> 8 << 4 | other >> 8);
}

/* How large the picture is, in millimetres. */
struct extent {
	unsigned wide, high;
};

/* At 96 pixels an inch. 0: this is not told, because nobody believes less than 10 cm. */
static struct extent extent_of(const struct timing *timing) {
	struct extent extent = {timing->width * 254 / 960, timing->height * 254 / 960};
	return extent.wide < 100 || extent.high < 100 ? (struct extent){0, 0} : extent;
}

static void put_timing(uint8_t *at, const struct timing *timing, struct extent extent) {
	const uint8_t bytes[DESCRIPTOR] = {
		low(timing->clock), low(timing->clock >> 8), low(timing->width), low(timing->h_blank),
		high(timing->width, timing->h_blank), low(timing->height), low(timing->v_blank),
		high(timing->height, timing->v_blank), low(timing->h_front), low(timing->h_sync),
		low(timing->v_front << 4 | (timing->v_sync & 15)), low(timing->v_sync >> 4), low(extent.wide),
		low(extent.high),
		high(extent.wide, extent.high), [17] = 0x1a, /* separate digital sync, horizontal positive,
							vertical negative: reduced blanking */
	};
	memcpy(at, bytes, sizeof bytes);
}

static void put_name(uint8_t *at) {
	static const uint8_t bytes[DESCRIPTOR] = {
		0, 0, 0, 0xfc, 0, 'z', 'e', 'r', 'o', 'v', 'n', 'c', '\n', ' ', ' ', ' ', ' ', ' '};
	memcpy(at, bytes, sizeof bytes);
}

/* 1 to 200 Hz, 1 to 255 kHz, up to 600 MHz. */
static void put_limits(uint8_t *at) {
	static const uint8_t bytes[DESCRIPTOR] = {
		0, 0, 0, 0xfd, 0, 1, 200, 1, 255, 60, 0, '\n', ' ', ' ', ' ', ' ', ' ', ' '};
	memcpy(at, bytes, sizeof bytes);
}

static void put_nothing(uint8_t *at) {
	static const uint8_t bytes[DESCRIPTOR] = {0, 0, 0, 0x10};
	memcpy(at, bytes, sizeof bytes);
}

/* All bytes of a block add up to 0. */
static void put_sum(uint8_t *block) {
	unsigned sum = 0;
	for (size_t i = 0; i < BLOCK - 1; i++)
		sum += block[i];
	block[BLOCK - 1] = (uint8_t)(256 - sum % 256);
}

/* --- smaller sizes --- */

struct size {
	unsigned width, height;
};

static bool is_smaller(struct size size, unsigned width, unsigned height) {
	return size.width <= width && size.height <= height && (size.width < width || size.height < height);
}

static void put_established(uint8_t *at, unsigned width, unsigned height) {
	static const struct {
		struct size size;
		unsigned byte;
		uint8_t bit;
	} sizes[] = {{{800, 600}, 0, 0x01}, {{1024, 768}, 1, 0x08}};
	at[0] = 0x20; /* 640x480, which HDMI demands */
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (is_smaller(sizes[i].size, width, height))
			at[sizes[i].byte] |= sizes[i].bit;
}

/* Widths that are multiples of 8 up to 2288, and four aspect ratios. All at 60 Hz. */
static void put_standard(uint8_t *at, unsigned width, unsigned height) {
	enum { SLOTS = 8, ASPECT_4_3 = 0x40, ASPECT_5_4 = 0x80, ASPECT_16_9 = 0xc0, ASPECT_16_10 = 0 };
	static const struct {
		struct size size;
		uint8_t aspect;
	} sizes[] = {
		{{1920, 1200}, ASPECT_16_10},
		{{1920, 1080}, ASPECT_16_9},
		{{1680, 1050}, ASPECT_16_10},
		{{1600, 900}, ASPECT_16_9},
		{{1440, 900}, ASPECT_16_10},
		{{1280, 1024}, ASPECT_5_4},
		{{1280, 800}, ASPECT_16_10},
		{{1280, 720}, ASPECT_16_9},
	};
	_Static_assert(ARRAY_LEN(sizes) <= SLOTS, "EDID has eight places for standard timings");
	memset(at, 1, (size_t)SLOTS * 2); /* unused */
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (!is_smaller(sizes[i].size, width, height))
			continue;
		*at++ = (uint8_t)(sizes[i].size.width / 8 - 31);
		*at++ = sizes[i].aspect;
	}
}

/* Sizes that standard timings cannot have */
static void put_detailed(uint8_t *at, const struct timing *first) {
	static const struct size sizes[] = {{3840, 2160}, {2560, 1600}, {2560, 1440}, {1366, 768}};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (!is_smaller(sizes[i], first->width, first->height))
			continue;
		unsigned hz;
		struct timing timing = find_timing(sizes[i].width, sizes[i].height, &hz);
		put_timing(at, &timing, extent_of(first));
		at += DESCRIPTOR;
	}
}

/* --- blocks --- */

static void put_base(uint8_t *block, const struct timing *timing) {
	static const uint8_t head[] = {
		0, 255, 255, 255, 255, 255, 255, 0, /* the mark of an EDID */
		0x6a, 0xce,                         /* "ZVN" */
		1, 0, 0, 0, 0, 0, 0, 36,            /* product 1, made in 2026 */
		1, 3,                               /* EDID 1.3, as HDMI wants */
		0x80,                               /* digital */
		0, 0, 120, 0x0e,                    /* gamma 2.2; RGB, sRGB, the first timing is preferred */
		0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* the primaries of sRGB */
	};
	enum { WIDE = 21, HIGH = 22, ESTABLISHED = 35, STANDARD = 38, DESCRIPTORS = 54, EXTENSIONS = 126 };
	memcpy(block, head, sizeof head);
	struct extent extent = extent_of(timing);
	block[WIDE] = (uint8_t)((extent.wide + 5) / 10);
	block[HIGH] = (uint8_t)((extent.high + 5) / 10);
	put_established(block + ESTABLISHED, timing->width, timing->height);
	put_standard(block + STANDARD, timing->width, timing->height);
	uint8_t *at = block + DESCRIPTORS;
	put_timing(at, timing, extent);
	put_name(at += DESCRIPTOR);
	put_limits(at += DESCRIPTOR);
	put_nothing(at += DESCRIPTOR);
	block[EXTENSIONS] = 1;
	put_sum(block);
}

/* Without the blocks of HDMI it would be DVI, which ends at 165 MHz. */
static void put_cta(uint8_t *block, const struct timing *timing) {
	static const uint8_t head[] = {
		2, 3, 0, 0x80,    /* CTA-861, underscanned; where timings begin */
		0xe2, 0x00, 0x4a, /* the RGB range may be chosen; not overscanned */
		0x67, 0x03, 0x0c, 0x00, 0x10, 0x00, 0x00, 0x44, /* HDMI 1.4: up to 340 MHz */
		0x67, 0xd8, 0x5d, 0xc4, 0x01, 0x78, 0x80, 0x00, /* HDMI 2.0: up to 600 MHz, SCDC */
	};
	enum { TIMINGS = 2 };
	memcpy(block, head, sizeof head);
	block[TIMINGS] = sizeof head;
	put_detailed(block + sizeof head, timing);
	put_sum(block);
}

int edid_check(unsigned width, unsigned height, struct reason *reason) {
	if (width >= EDID_MIN_WIDTH && height >= EDID_MIN_HEIGHT && width <= EDID_MAX_SIDE &&
		height <= EDID_MAX_SIDE)
		return 0;
	return reason_set(reason, -EINVAL,
		"a monitor cannot have %ux%u pixels: its EDID can say from %ux%u to %ux%u", width, height,
		EDID_MIN_WIDTH, EDID_MIN_HEIGHT, EDID_MAX_SIDE, EDID_MAX_SIDE);
}

int edid_make(
	unsigned width, unsigned height, uint8_t edid[EDID_SIZE], unsigned *refresh, struct reason *reason) {
	int error = edid_check(width, height, reason);
	if (error)
		return error;
	memset(edid, 0, EDID_SIZE);
	struct timing timing = find_timing(width, height, refresh);
	put_base(edid, &timing);
	put_cta(edid + BLOCK, &timing);
	return 0;
}
