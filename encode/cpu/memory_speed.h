/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_speed: how fast memory that a driver mapped for us can be read, and whether it pays to copy it out
 * by streaming loads before looking at it. Scanouts of discrete GPUs, and on most ARM boards everything that
 * a GPU writes, are mapped write-combined. A processor that reads such memory word by word goes over the bus
 * for each word.
 */
#ifndef ZEROVNC_MEMORY_SPEED_H
#define ZEROVNC_MEMORY_SPEED_H

#include <stdbool.h>
#include <stddef.h>

struct memory_speed {
	bool measured;
	bool bounce;   /* copy it out (kernel_stream_copy) before looking at it */
	char text[96]; /* for people: "cached, 9.1 GB/s" */
};

/* Measures reads of `size` bytes (136 KB at most) and decides. This takes 14 ms on the slowest memory that we
 * heard of. Too few bytes are not measured, and not bounced. */
void memory_speed_measure(struct memory_speed *speed, const void *bytes, size_t size);

/* Decides, given how many MB/s plain and streaming loads read. */
void memory_speed_decide(struct memory_speed *speed, double plain, double streaming);

#endif
