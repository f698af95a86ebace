/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: a viewer that knows the true picture, and checks every answer against it and against the
 * specifications. */
#ifndef ZEROVNC_TEST_VIEW_H
#define ZEROVNC_TEST_VIEW_H

#include "tests/server/net/decode/decode.h"
#include "tests/server/net/desk.h"
#include "tests/server/net/encoders/formats.h"
#include "tests/server/net/encoders/quality.h"

enum { VIEW_MAX_ENCODINGS = 10 };

struct view {
	struct seen seen; /* only its socket is used */
	struct source source;
	struct decoder decoder;
	const uint32_t *truth;  /* the picture, as large as the framebuffer; borrowed */
	struct quality quality; /* the quality of the last JPEG */
	struct reason wrong;    /* what is wrong with a JPEG; empty: nothing */
	uint32_t exact[3][256]; /* what the channels of a colour become in the format */
};

void view_open(struct view *view, const struct desk *desk, const uint32_t *truth);
void view_close(struct view *view);

/* Send it, and expect the next answers to follow it. */
void view_say_format(struct view *view, const struct pixel_layout *format);
void view_say_encodings(struct view *view, const int32_t *list, unsigned count);
void view_say_request(struct view *view, const struct decode_area *area);

/* Waits until the answer to a request has begun, reading a colour map before it. */
void view_wait(struct view *view);
/* Waits until a request that stays open has reached the encoder. */
void view_settle(struct view *view);

/* Sets the format and the encodings of the next answers, if they differ from what was sent last. */
void view_expect(struct view *view, const struct pixel_layout *format, const int32_t *list, unsigned count);

/* Whether what the updates have drawn so far is the picture there. 0 or -EPROTO with a reason. */
int view_check(const struct view *view, const struct decode_area *area, struct reason *reason);

/* Reads until the areas, which do not overlap, were shown: each of their pixels once, and nothing else.
 * Checks all of them. 0 or -EPROTO with a reason, after which the view must be closed. */
int view_read(struct view *view, const struct decode_area *areas, unsigned count, struct reason *reason);

#endif
