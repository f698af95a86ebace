/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue: bytes that wait, in one piece of memory. Grows as needed, gives its memory back when it has been
 * large and is empty again, and wipes what it held. Whoever fills it keeps to a bound of his own.
 */
#ifndef ZEROVNC_QUEUE_H
#define ZEROVNC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue {
	uint8_t *memory;
	size_t start, end, capacity;
	bool secret; /* wipe bytes when they leave */
};

void queue_init(struct queue *queue);
void queue_finish(struct queue *queue);

static inline size_t queue_size(const struct queue *queue) {
	return queue->end - queue->start;
}

static inline const uint8_t *queue_bytes(const struct queue *queue) {
	return queue->memory ? queue->memory + queue->start : NULL;
}

/* Room for `size` bytes behind what is there, to be written and then counted in by queue_added(). NULL: out
 * of memory. */
uint8_t *queue_room(struct queue *queue, size_t size);
void queue_added(struct queue *queue, size_t size);

/* 0 or -ENOMEM. */
int queue_add(struct queue *queue, const void *bytes, size_t size);

/* Takes `size` bytes off the front: at most what is there. */
void queue_take(struct queue *queue, size_t size);

#endif
