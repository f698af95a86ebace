/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial: one area of a picture, asked for in one pixel format and with certain encodings, and what is wrong
 * with the answer. Faults are counted and told of at the end.
 */
#ifndef ZEROVNC_TEST_TRIAL_H
#define ZEROVNC_TEST_TRIAL_H

#include "tests/server/net/encoders/content.h"
#include "tests/server/net/encoders/view.h"

struct setting {
	int32_t list[VIEW_MAX_ENCODINGS];
	unsigned count;
};

struct size {
	uint16_t width, height;
};

/* Each content has a band of its own, across or down. */
enum { BAND = 100, LENGTH = 2100 };

struct plan {
	uint32_t width, height;
	uint32_t *pixels;
	bool down; /* the bands are columns */
};

struct trial {
	const struct pixel_layout *format;
	const struct setting *setting;
	struct decode_area area;
	unsigned content;
};

/* A viewer, and what it has said last. */
struct visit {
	const struct plan *plan;
	struct view view;
	const struct pixel_layout *format; /* NULL: whatever comes is to be said */
	const struct setting *setting;
};

/* The server. */
extern struct desk trial_desk;

/* A picture of all contents; its pixels are the caller's to free. */
struct plan plan_draw(bool down);
/* What the server shows from now on to who comes. */
void plan_show(const struct plan *plan);
/* Where a size lies in a content's band; `n` moves it about. */
struct decode_area plan_place(const struct plan *plan, unsigned content, struct size size, unsigned n);

void visit_begin(struct visit *visit, const struct plan *plan);
void visit_end(struct visit *visit);

/* Says what is new, the encodings before the format, so that it is these under which that changes; asks for
 * the area and reads it. False: that was wrong, and the visit began anew. */
bool visit_attempt(struct visit *visit, const struct trial *trial);
/* Reads what was asked for already. False: that was wrong, and the visit began anew. */
bool visit_read(struct visit *visit, const struct trial *trial);

/* Prints what was counted and forgets it. False: there were faults. */
bool trial_report(void);

#endif
