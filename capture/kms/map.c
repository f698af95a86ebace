/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>

void kms_maps_init(struct kms_maps *maps) {
	memset(maps, 0, sizeof *maps);
}

static void forget(struct kms_map *map) {
	if (map->memory)
		munmap(map->memory, map->size);
	memset(map, 0, sizeof *map);
}

void kms_maps_finish(struct kms_maps *maps) {
	for (int i = 0; i < KMS_MAP_COUNT; i++)
		forget(&maps->maps[i]);
}

void kms_maps_age(struct kms_maps *maps) {
	maps->now++;
	for (int i = 0; i < KMS_MAP_COUNT; i++)
		if (maps->maps[i].memory && maps->now - maps->maps[i].last_use > KMS_MAP_MAX_AGE)
			forget(&maps->maps[i]);
}

/* The mapping of this offset, or else a free entry, or else the one that was unused for longest. */
static struct kms_map *place_for(struct kms_maps *maps, uint64_t offset) {
	struct kms_map *place = &maps->maps[0];
	for (int i = 0; i < KMS_MAP_COUNT; i++) {
		struct kms_map *map = &maps->maps[i];
		if (map->memory && map->offset == offset)
			return map;
		if (place->memory && (!map->memory || map->last_use < place->last_use))
			place = map;
	}
	return place;
}

int kms_maps_get(struct kms_maps *maps, int fd, uint32_t handle, size_t size, const struct kms_map **result) {
	struct drm_mode_map_dumb query = {.handle = handle};
	if (drmIoctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &query) != 0)
		return -errno;
	struct kms_map *map = place_for(maps, query.offset);
	if (!map->memory || map->offset != query.offset || map->size < size) {
		/* Map before forgetting the old mapping: if this is a larger view of the same buffer, nothing
		 * else may keep the buffer alive. */
		void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)query.offset);
		if (memory == MAP_FAILED)
			return -errno;
		forget(map);
		*map = (struct kms_map){
			.offset = query.offset, .memory = memory, .size = size, .id = ++maps->last_id};
	}
	map->last_use = maps->now;
	*result = map;
	return 0;
}
