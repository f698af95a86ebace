/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue: bytes that wait, in one piece of memory. It grows as needed, frees its memory when it has been large
 * and is empty again, and wipes secrets. Callers must bound it themselves.
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

/* Returns room for `size` bytes after the present ones, to be written and then added by queue_added().
 * Returns NULL when out of memory. */
uint8_t *queue_room(struct queue *queue, size_t size);
void queue_added(struct queue *queue, size_t size);

/* Returns 0 or -ENOMEM. */
int queue_add(struct queue *queue, const void *bytes, size_t size);

/* Removes `size` bytes from the front, at most those that are there. */
void queue_take(struct queue *queue, size_t size);

#endif
