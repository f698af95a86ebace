/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/refresh.h"

enum {
	PIXEL_BYTES = 3,        /* at most, in Tight */
	FEWEST = 64 * 16,       /* pixels that are worth an update */
	MOST = 512 * 256,       /* a piece */
	UNKNOWN_RATE = 2 << 20, /* bytes a second that a line of unknown rate is taken to carry */
	SHARE = 4,              /* one part of so many of the time in which nothing came */
};

#define MS      UINT64_C(1000000)
#define LONGEST (30 * MS) /* that anything may take on the line */
#define AGAIN   (20 * MS)

void refresh_sent(struct refresh *refresh, bool new) {
	refresh->next = 0;
	if (new)
		refresh->quiet = 0;
}

void refresh_asked(struct refresh *refresh) {
	refresh->next = 0;
}

void refresh_in_vain(struct refresh *refresh, uint64_t now) {
	refresh->next = now + REFRESH_STILL_NS;
}

void refresh_later(struct refresh *refresh, uint64_t now) {
	refresh->next = now + AGAIN;
}

/* How long these pixels take on the line. */
static uint64_t passage(uint64_t pixels, uint64_t rate) {
	return (uint64_t)((double)pixels * PIXEL_BYTES / (double)rate * 1e9);
}

static uint32_t pixels_in(uint64_t time, uint64_t rate) {
	double pixels = (double)time / 1e9 * (double)rate / PIXEL_BYTES;
	return pixels < MOST ? (uint32_t)pixels : MOST;
}

/* The line must have been idle so long that even the least that can be sent is a small part of it. */
uint32_t refresh_pixels(
	struct refresh *refresh, const struct encoder_line *line, uint64_t oldest, uint64_t now) {
	uint64_t rate = line->rate ? line->rate : UNKNOWN_RATE;
	if (oldest + REFRESH_STILL_NS > now) {
		refresh->next = oldest + REFRESH_STILL_NS;
		return 0;
	}
	if (line->busy) {
		uint64_t busy = line->busy * 1000;
		refresh->next = now + (busy < AGAIN                     ? AGAIN
					      : busy < REFRESH_STILL_NS ? busy
									: REFRESH_STILL_NS);
		return 0;
	}
	if (!refresh->quiet)
		refresh->quiet = now;
	uint64_t time = (now - refresh->quiet) / SHARE, least = passage(FEWEST, rate);
	time = time < LONGEST ? time : LONGEST;
	if (time < least && time < LONGEST) {
		uint64_t ripe = refresh->quiet + SHARE * (least < LONGEST ? least : LONGEST);
		refresh->next = ripe > now ? ripe : now;
		return 0;
	}
	uint32_t pixels = pixels_in(time, rate);
	return pixels > FEWEST ? pixels : FEWEST;
}

int refresh_wait_ms(const struct refresh *refresh, uint64_t now) {
	return refresh->next > now ? (int)((refresh->next - now + MS - 1) / MS) : 0;
}
