/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/mapping.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* The kernel's own ENOTSUPP, which libc does not know. NVIDIA's dma-bufs return it from mmap(). */
enum { KERNEL_ENOTSUPP = 524 };

static void mapping_finish(struct mapping *mapping) {
	if (mapping->owned)
		munmap((void *)mapping->bytes, mapping->size);
	memset(mapping, 0, sizeof *mapping);
}

void mapping_cache_init(struct mapping_cache *cache) {
	memset(cache, 0, sizeof *cache);
}

void mapping_cache_finish(struct mapping_cache *cache) {
	for (int i = 0; i < MAPPING_MAX; i++)
		mapping_finish(&cache->slots[i]);
}

void mapping_cache_age(struct mapping_cache *cache) {
	cache->frame++;
	for (int i = 0; i < MAPPING_MAX; i++) {
		if (cache->slots[i].bytes && cache->frame - cache->slots[i].last_frame > MAPPING_MAX_FRAMES)
			mapping_finish(&cache->slots[i]);
	}
}

/* An empty slot. If there is none, the slot that was unused for longest is emptied. */
static struct mapping *take_slot(struct mapping_cache *cache) {
	struct mapping *oldest = &cache->slots[0];
	for (int i = 0; i < MAPPING_MAX; i++) {
		if (!cache->slots[i].bytes)
			return &cache->slots[i];
		if (cache->slots[i].last_frame < oldest->last_frame)
			oldest = &cache->slots[i];
	}
	mapping_finish(oldest);
	return oldest;
}

static int get_memory(
	struct mapping_cache *cache, const struct frame_layer *layer, struct mapping **mapping) {
	struct mapping *slot = NULL;
	for (int i = 0; i < MAPPING_MAX && !slot; i++) {
		struct mapping *m = &cache->slots[i];
		if (m->bytes && !m->owned && m->memory_id == layer->memory_id)
			slot = m;
	}
	if (!slot)
		slot = take_slot(cache);
	if (slot->bytes != layer->memory || slot->size != layer->memory_size) {
		mapping_finish(slot);
		slot->bytes = layer->memory;
		slot->size = layer->memory_size;
		slot->memory_id = layer->memory_id;
	}
	*mapping = slot;
	return 0;
}

static int map(struct mapping *slot, int fd, const struct dmabuf_id *id, size_t size, struct reason *reason) {
	if (!dmabuf_cannot_shrink(fd))
		return reason_set(
			reason, -EINVAL, "the buffer is no dma-buf, and could shrink while it is read");
	void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED && errno == KERNEL_ENOTSUPP)
		return reason_set(reason, -ENODATA, "its driver does not let the dma-buf be mapped");
	if (bytes == MAP_FAILED)
		return reason_set(reason, -ENODATA, "the dma-buf cannot be mapped (%s)", strerror(errno));
	slot->bytes = bytes;
	slot->size = size;
	slot->owned = true;
	slot->id = *id;
	return 0;
}

static int get_dmabuf(struct mapping_cache *cache, int fd, struct mapping **mapping, struct reason *reason) {
	struct dmabuf_id id;
	int error = dmabuf_identify(fd, &id);
	if (error)
		return reason_set(
			reason, error, "the dma-buf's fd cannot be looked at (%s)", strerror(-error));
	int64_t size = dmabuf_size(fd);
	if (size <= 0)
		return reason_set(reason, -ENODATA, "the dma-buf does not tell its size");
	for (int i = 0; i < MAPPING_MAX; i++) {
		struct mapping *m = &cache->slots[i];
		if (!m->bytes || !m->owned || !dmabuf_is_same(&m->id, &id))
			continue;
		if (m->size == (size_t)size) {
			*mapping = m;
			return 0;
		}
		mapping_finish(m);
	}
	*mapping = take_slot(cache);
	return map(*mapping, fd, &id, (size_t)size, reason);
}

int mapping_cache_get(struct mapping_cache *cache, const struct frame_layer *layer, int plane,
	struct mapping **mapping, struct reason *reason) {
	int error;
	if (layer->memory)
		error = get_memory(cache, layer, mapping);
	else if (layer->planes[plane].fd >= 0)
		error = get_dmabuf(cache, layer->planes[plane].fd, mapping, reason);
	else
		error = reason_set(reason, -ENODATA, "the source exports no dma-buf");
	if (!error)
		(*mapping)->last_frame = cache->frame;
	return error;
}

int mapping_wait(int fd, int timeout_ms, bool *waited, struct reason *reason) {
	*waited = false;
	if (fd < 0 || dmabuf_wait(fd, 0) != -ETIMEDOUT)
		return 0;
	*waited = true;
	if (dmabuf_wait(fd, timeout_ms) == -ETIMEDOUT)
		return reason_set(
			reason, -ETIMEDOUT, "the buffer's writer had not finished after %d ms", timeout_ms);
	return 0;
}

int mapping_read_begin(const struct mapping *mapping, int fd, struct reason *reason) {
	if (!mapping->owned)
		return 0;
	int error = dmabuf_read_begin(fd);
	/* A sealed memfd does not need this. */
	if (error && error != -ENOTTY)
		return reason_set(reason, error, "the dma-buf refuses to be read (DMA_BUF_IOCTL_SYNC: %s)",
			strerror(-error));
	return 0;
}

void mapping_read_end(const struct mapping *mapping, int fd) {
	if (mapping->owned)
		dmabuf_read_end(fd);
}
