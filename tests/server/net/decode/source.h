/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source: the bytes of an RFB stream, from memory or from a socket. After its end a source yields zeros and
 * sets `ended`, so a decoder need not check each number that it reads.
 */
#ifndef ZEROVNC_TEST_SOURCE_H
#define ZEROVNC_TEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	const uint8_t *bytes; /* in memory and not read yet */
	size_t size;
	int fd; /* where more comes from; -1: nothing more comes */
	uint8_t *buffer;
	uint64_t taken; /* bytes so far */
	bool ended;     /* more was asked for than there is */
};

/* Reads from memory. Borrowed. */
void source_memory(struct source *source, const void *bytes, size_t size);
/* Reads from a socket, which is borrowed. If no byte comes for ten seconds, that is the end. */
void source_socket(struct source *source, int fd);
void source_finish(struct source *source);

/* False, and zeros, if it has ended. */
bool source_read(struct source *source, void *to, size_t size);
/* Takes up to `size` bytes. `*some` is set to how many, at least one. NULL: it has ended. Valid until the
 * next call. */
const uint8_t *source_some(struct source *source, size_t size, size_t *some);

uint8_t source_u8(struct source *source);
uint16_t source_u16(struct source *source);
uint32_t source_u32(struct source *source);

#endif
