/* SPDX-License-Identifier: GPL-2.0-or-later */
/* two_outputs: a card with two outputs, each of one colour. It needs -Wl,--wrap=heads_find,
 * --wrap=heads_fingerprint,--wrap=source_open. */
#ifndef ZEROVNC_TEST_TWO_OUTPUTS_H
#define ZEROVNC_TEST_TWO_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

enum { TALL, LOW, OUTPUTS };

/* Their pictures are 200x200 and 130x40. */
extern const struct test_output {
	const char *name; /* "TALL-1", "LOW-1" */
	uint32_t width, height, colour;
} test_outputs[OUTPUTS];

extern bool test_output_dark[OUTPUTS]; /* its picture cannot be acquired, and heads_find() says so */
extern bool test_output_lost[OUTPUTS]; /* its source cannot be opened */

#endif
