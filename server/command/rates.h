/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rates: how fast the counters of a status grow that is asked for again and again, and how fast they did
 * lately, as small histograms. One thread. */
#ifndef ZEROVNC_COMMAND_RATES_H
#define ZEROVNC_COMMAND_RATES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RATES_KEPT = 24,                  /* values of a histogram */
	RATES_DRAWN = 3 * RATES_KEPT + 1, /* bytes of a drawn one, with its end */
};

/* Of the whole, which has the id RATES_WHOLE, and of each viewer. */
enum { RATES_WHOLE = 0 };
enum rates_of_whole { RATES_FRAMES, RATES_CHANGED };
enum rates_of_viewer { RATES_BYTES, RATES_UPDATES };

struct rates;

/* Returns NULL when out of memory. */
struct rates *rates_create(void);
void rates_destroy(struct rates *rates); /* takes NULL */

/* Takes a status of this moment, and adds the rates since the status before it: "frames_per_s" and
 * "frames_changed_per_s", and for each viewer "bytes_per_s" and "updates_per_s". What was not there before,
 * or has begun anew, has none yet. Viewers that left are forgotten. */
void rates_add(struct rates *rates, json_t *status, uint64_t now_ns);

/* Draws the last rates as columns between 0 and the highest of them, the newest at the right. `blocks`: with
 * Unicode's block elements, not with ASCII. `which`: one of the enums above. */
void rates_draw(const struct rates *rates, uint64_t id, unsigned which, bool blocks, char text[RATES_DRAWN]);

#endif
