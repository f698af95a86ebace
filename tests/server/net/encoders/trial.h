/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial: requests one area of a picture in one pixel format and with certain encodings, and finds out what is
 * wrong with the answer. Faults are counted, and reported at the end.
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

/* Each content has a band of its own, which is a row or a column. */
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

/* A viewer, and what it has asked for last. */
struct visit {
	const struct plan *plan;
	struct view view;
	const struct pixel_layout *format; /* NULL: anything that comes next has to be sent */
	const struct setting *setting;
};

/* The server. */
extern struct desk trial_desk;

/* Makes a picture with all contents. The caller must free its pixels. */
struct plan plan_draw(bool down);
/* Sets what the server shows from now on to viewers that join. */
void plan_show(const struct plan *plan);
/* Returns where an area of this size lies in a content's band; `n` moves it about. */
struct decode_area plan_place(const struct plan *plan, unsigned content, struct size size, unsigned n);

void visit_begin(struct visit *visit, const struct plan *plan);
void visit_end(struct visit *visit);

/* Sends what is new, the encodings before the format, so that the format changes under these encodings. Then
 * requests the area and reads it. False: something was wrong, and the visit began anew. */
bool visit_attempt(struct visit *visit, const struct trial *trial);
/* Reads what was requested already. False: something was wrong, and the visit began anew. */
bool visit_read(struct visit *visit, const struct trial *trial);

/* Prints what was counted and resets it. False: there were faults. */
bool trial_report(void);

#endif
