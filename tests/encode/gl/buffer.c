/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "tests/test.h"

int buffer_open_card(const char *node) {
	int card = open(node, O_RDWR | O_CLOEXEC);
	if (card < 0)
		SKIP("%s: %s", node, strerror(errno));
	drmDropMaster(card);
	return card;
}

/* Virtual drivers make dumb buffers of 32 bits a pixel only; what lies in the memory is the test's own
 * matter. */
void buffer_init(struct buffer *buffer, int card, size_t size) {
	enum { WIDTH = 1024, ROW = WIDTH * 4 };
	struct drm_mode_create_dumb create = {.width = WIDTH, .bpp = 32};
	create.height = (uint32_t)((size + ROW - 1) / ROW);
	if (drmIoctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &create))
		SKIP("the card makes no dumb buffers: %s", strerror(errno));
	if (drmPrimeHandleToFD(card, create.handle, DRM_CLOEXEC | DRM_RDWR, &buffer->fd))
		SKIP("the card exports no dma-bufs: %s", strerror(errno));
	drmCloseBufferHandle(card, create.handle);
	buffer->size = size;
	buffer->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	CHECK_SAY(buffer->bytes != MAP_FAILED, "mmap of a dma-buf: %s", strerror(errno));
	buffer_begin(buffer);
	memset(buffer->bytes, 0, size);
	buffer_end(buffer);
}

void buffer_finish(struct buffer *buffer) {
	munmap(buffer->bytes, buffer->size);
	close(buffer->fd);
}

static void sync_buffer(const struct buffer *buffer, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_WRITE | flags};
	CHECK_SAY(!ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync), "DMA_BUF_IOCTL_SYNC: %s", strerror(errno));
}

void buffer_begin(const struct buffer *buffer) {
	sync_buffer(buffer, DMA_BUF_SYNC_START);
}

void buffer_end(const struct buffer *buffer) {
	sync_buffer(buffer, DMA_BUF_SYNC_END);
}
