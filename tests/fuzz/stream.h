/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream: a fuzzer's lowest transport. It gives its bytes in pieces, with pauses, and keeps what is
 * written. */
#ifndef ZEROVNC_FUZZ_STREAM_H
#define ZEROVNC_FUZZ_STREAM_H

#include <stdint.h>

#include "server/net/queue.h"
#include "server/net/transport/transport.h"

struct stream {
	struct transport transport; /* not on the heap: transport_destroy() leaves it alone */
	const uint8_t *data;        /* what is to be read; borrowed */
	size_t size;
	struct queue written;
	unsigned turn;
};

void stream_init(struct stream *stream, const uint8_t *data, size_t size);
void stream_finish(struct stream *stream);

#endif
