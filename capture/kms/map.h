/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_map: framebuffers mapped through the card itself (MAP_DUMB), for drivers that export no dma-buf and for
 * readers that cannot read one. Mappings are kept, because a buffer of a flipping client comes back every few
 * frames.
 *
 * A mapping is identified by the offset that the kernel gives its buffer. The mapping keeps the buffer alive,
 * so no other buffer can get that offset while the mapping exists.
 */
#ifndef ZEROVNC_KMS_MAP_H
#define ZEROVNC_KMS_MAP_H

#include <stddef.h>
#include <stdint.h>

enum {
	KMS_MAP_COUNT = 8, /* the number of buffers that are kept mapped */
	KMS_MAP_MAX_AGE =
		120, /* frames after which an unused mapping goes, because it pins the client's memory */
};

struct kms_map {
	uint64_t offset; /* the kernel's, in the card's address space */
	uint8_t *memory; /* NULL: this entry is free */
	size_t size;
	uint64_t id;       /* never used again for another mapping */
	uint64_t last_use; /* kms_maps.now at the time */
};

struct kms_maps {
	struct kms_map maps[KMS_MAP_COUNT];
	uint64_t now, last_id;
};

void kms_maps_init(struct kms_maps *maps);
/* Unmaps everything. The maps are empty then, and may still be used. */
void kms_maps_finish(struct kms_maps *maps);

/* To be called when a new frame begins: unmaps what was not used for long. What the last frame borrowed must
 * have been given back. */
void kms_maps_age(struct kms_maps *maps);

/*
 * Maps `size` bytes of the buffer behind a GEM handle of `fd` for reading. The handle may be closed
 * afterwards. 0, or -errno if the driver cannot do it or the buffer is smaller. *result stays valid until
 * kms_maps_age().
 */
int kms_maps_get(struct kms_maps *maps, int fd, uint32_t handle, size_t size, const struct kms_map **result);

#endif
