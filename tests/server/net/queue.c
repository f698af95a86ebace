/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/queue.h"

#include <string.h>

#include "tests/test.h"

/* Compares with a plain counter: what goes in comes out in the same order, for many odd sizes. */
static void keeps_order(void) {
	struct queue queue;
	queue_init(&queue);
	uint32_t in = 0, out = 0, seed = 1;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		size_t size = seed >> 16 & 255;
		uint8_t bytes[256];
		for (size_t j = 0; j < size; j++)
			bytes[j] = (uint8_t)in++;
		CHECK(queue_add(&queue, bytes, size) == 0);
		seed = seed * 1103515245 + 12345;
		size_t take = seed >> 16 & 255;
		if (take > queue_size(&queue) || i % 100 == 0)
			take = queue_size(&queue);
		for (size_t j = 0; j < take; j++)
			CHECK(queue_bytes(&queue)[j] == (uint8_t)out++);
		queue_take(&queue, take);
		CHECK(queue_size(&queue) == in - out);
	}
	queue_finish(&queue);
}

static void gives_memory_back(void) {
	struct queue queue;
	queue_init(&queue);
	CHECK(queue_room(&queue, 1 << 20));
	queue_added(&queue, 1 << 20);
	CHECK(queue.capacity >= 1 << 20);
	queue_take(&queue, SIZE_MAX);
	CHECK(queue_size(&queue) == 0 && queue.capacity == 0);
	queue_finish(&queue);
}

/* A queue that is emptied and filled again and again keeps to the memory that it has. */
static void stays_where_it_is(void) {
	enum { FULL = 256 << 10 };
	struct queue queue;
	queue_init(&queue);
	CHECK(queue_room(&queue, FULL));
	queue_added(&queue, FULL);
	const uint8_t *memory = queue.memory;
	for (size_t i = 1; i < 100; i++) {
		queue_take(&queue, i * 1000);
		CHECK(queue_room(&queue, i * 1000) == memory + FULL - i * 1000);
		queue_added(&queue, i * 1000);
		CHECK(queue.capacity == FULL && queue.memory == memory && queue_size(&queue) == FULL);
	}
	queue_finish(&queue);
}

static void wipes_secrets(void) {
	struct queue queue;
	queue_init(&queue);
	queue.secret = true;
	queue_add(&queue, "password!", 9);
	queue_take(&queue, 8);
	CHECK(memcmp(queue.memory, "\0\0\0\0\0\0\0\0!", 9) == 0);
	queue_finish(&queue);
}

int main(void) {
	keeps_order();
	gives_memory_back();
	stays_where_it_is();
	wipes_secrets();
	return 0;
}
