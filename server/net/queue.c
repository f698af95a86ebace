/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP = 256 << 10 }; /* memory up to this size is kept while empty */

void queue_init(struct queue *queue) {
	memset(queue, 0, sizeof *queue);
}

static void release(struct queue *queue) {
	if (queue->secret && queue->memory)
		explicit_bzero(queue->memory, queue->capacity);
	free(queue->memory);
	queue->memory = NULL;
	queue->start = queue->end = queue->capacity = 0;
}

void queue_finish(struct queue *queue) {
	release(queue);
}

static int grow(struct queue *queue, size_t needed) {
	size_t capacity = queue->capacity ? queue->capacity : 1024;
	while (capacity < needed) {
		if (capacity > SIZE_MAX / 2)
			return -ENOMEM;
		capacity *= 2;
	}
	/* not realloc(): it would leave a copy of secrets behind */
	uint8_t *memory = malloc(capacity);
	if (!memory)
		return -ENOMEM;
	size_t size = queue_size(queue);
	if (size)
		memcpy(memory, queue->memory + queue->start, size);
	bool secret = queue->secret;
	release(queue);
	queue->memory = memory;
	queue->capacity = capacity;
	queue->end = size;
	queue->secret = secret;
	return 0;
}

uint8_t *queue_room(struct queue *queue, size_t size) {
	size_t held = queue_size(queue);
	if (queue->capacity - queue->end >= size && queue->memory)
		return queue->memory + queue->end;
	if (size > SIZE_MAX - held)
		return NULL;
	if (queue->memory && queue->capacity >= held + size) {
		memmove(queue->memory, queue->memory + queue->start, held);
		if (queue->secret)
			explicit_bzero(queue->memory + held, queue->end - held);
		queue->start = 0;
		queue->end = held;
	} else if (grow(queue, held + size)) {
		return NULL;
	}
	return queue->memory + queue->end;
}

void queue_added(struct queue *queue, size_t size) {
	queue->end += size;
}

int queue_add(struct queue *queue, const void *bytes, size_t size) {
	uint8_t *room = queue_room(queue, size);
	if (!room)
		return -ENOMEM;
	memcpy(room, bytes, size);
	queue_added(queue, size);
	return 0;
}

void queue_take(struct queue *queue, size_t size) {
	if (size > queue_size(queue))
		size = queue_size(queue);
	if (queue->secret && size)
		explicit_bzero(queue->memory + queue->start, size);
	queue->start += size;
	if (queue->start < queue->end)
		return;
	queue->start = queue->end = 0;
	if (queue->capacity > KEEP)
		release(queue);
}
