/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer: somebody who is drawing into a dma-buf: its write fence, a real one of the kernel's driver vgem. */
#ifndef ZEROVNC_TESTS_WRITER_H
#define ZEROVNC_TESTS_WRITER_H

#include <stdint.h>

struct writer {
	int card;       /* vgem's, owned */
	uint32_t fence; /* 0: none */
};

/* Ends the test as skipped where there is no vgem. */
void writer_init(struct writer *writer);
/* What it holds ends too. */
void writer_finish(struct writer *writer);

/* From now on `buffer` (a dma-buf, borrowed) is being drawn into, until writer_end() or for 10 seconds. */
void writer_begin(struct writer *writer, int buffer);
void writer_end(struct writer *writer);

#endif
