/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapping: a scanout buffer's bytes, readable by this process, and how fast they can be read.
 *
 * dma-bufs are mapped once and kept by inode, because inode numbers are never reused, while fds and
 * framebuffer ids are. A mapping that no frame used for a while is given back, because it pins the buffer's
 * memory. Memory that a source mapped itself is only remembered, by its id, for its measured speed.
 */
#ifndef ZEROVNC_CPU_MAPPING_H
#define ZEROVNC_CPU_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/dmabuf.h"
#include "capture/frame.h"
#include "encode/cpu/memory_speed.h"

enum {
	/* Mappings kept at once: all of one frame's, and more than any compositor flips between. */
	MAPPING_MAX = 64,
	MAPPING_MAX_FRAMES = 240 /* frames after which an unused mapping is given back */
};

struct mapping {
	const uint8_t *bytes; /* NULL: an empty slot */
	size_t size;
	bool owned;          /* mapped by us */
	struct dmabuf_id id; /* if it is owned */
	uint64_t memory_id;  /* the source's, if it is not owned */
	uint64_t last_frame; /* the frame that used it last */

	struct memory_speed speed; /* its reader measures it between mapping_read_begin and _end */
};

struct mapping_cache {
	struct mapping slots[MAPPING_MAX];
	uint64_t frame;
};

void mapping_cache_init(struct mapping_cache *cache);
/* Gives every mapping back. The cache is empty then, and may still be used. */
void mapping_cache_finish(struct mapping_cache *cache);

/* To be called when a new frame begins: gives back mappings that were not used for long. */
void mapping_cache_age(struct mapping_cache *cache);

/*
 * The bytes of one of the layer's memory planes: those of its dma-buf, or what the source mapped. The mapping
 * is valid until mapping_cache_age() or mapping_cache_finish(). -ENODATA: the dma-buf cannot be mapped here,
 * but perhaps the source can map it. -EINVAL: what the fd refers to could be truncated while it is read, so
 * it is not touched.
 */
int mapping_cache_get(struct mapping_cache *cache, const struct frame_layer *layer, int plane,
	struct mapping **mapping, struct reason *reason);

/*
 * Waits until the writer of a dma-buf is done, `timeout_ms` at most. `waited` tells whether it was not done
 * at first. -ETIMEDOUT: it still is not. If fd is -1 (no dma-buf), there is nothing to wait for.
 */
int mapping_wait(int fd, int timeout_ms, bool *waited, struct reason *reason);

/* Begins reading (DMA_BUF_IOCTL_SYNC). If it returns 0, mapping_read_end() must follow. */
int mapping_read_begin(const struct mapping *mapping, int fd, struct reason *reason);
void mapping_read_end(const struct mapping *mapping, int fd);

#endif
