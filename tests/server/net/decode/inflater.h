/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflater: one of a connection's zlib streams. Every piece must be complete and fit exactly. */
#ifndef ZEROVNC_TEST_INFLATER_H
#define ZEROVNC_TEST_INFLATER_H

#include <stdbool.h>
#include <zlib.h>

#include "capture/base/reason.h"
#include "tests/server/net/decode/source.h"

struct inflater {
	z_stream stream;
	bool open;
	uint8_t *out; /* the output of the last piece */
	size_t size, capacity;
};

/* Also works on a zeroed one. The next piece begins a new stream. */
void inflater_reset(struct inflater *inflater);
void inflater_finish(struct inflater *inflater);

/*
 * Inflates the next `length` bytes of the source into inflater->out, up to `max` bytes. 0 or -EPROTO with a
 * reason: damaged data, the end of the stream (its next piece would have no beginning), or more than `max`
 * bytes.
 */
int inflater_run(
	struct inflater *inflater, struct source *source, uint32_t length, size_t max, struct reason *reason);

#endif
