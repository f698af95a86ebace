/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * broker_share: memory that the broker writes and its client reads, for what cannot be a dma-buf. The
 * descriptor is a memfd that cannot change its size, and that only the broker can write.
 */
#ifndef ZEROVNC_BROKER_SHARE_H
#define ZEROVNC_BROKER_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct share {
	int fd;          /* owned; -1: none */
	uint8_t *memory; /* owned; NULL: none */
	size_t size;
	bool told; /* the client has the descriptor */
};

void share_init(struct share *share);
void share_finish(struct share *share);

/* Makes room for this many bytes, in a new memory if there is less. 0 or -errno. */
int share_reserve(struct share *share, size_t size);

/* The same memory on the other side. */
struct shared {
	const uint8_t *memory; /* owned; NULL: none */
	size_t size;
	uint64_t id; /* never used again for another memory */
};

void shared_finish(struct shared *shared);

/* Maps what the descriptor (taken over) shows, in place of what was mapped. 0; -EPROTO: this is no memory
 * that may be read; another -errno. */
int shared_map(struct shared *shared, int fd);

#endif
