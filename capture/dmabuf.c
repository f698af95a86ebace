/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/dmabuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE /* since Linux 6.0 */
struct dma_buf_export_sync_file {
	__u32 flags;
	__s32 fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#endif

int64_t dmabuf_size(int fd) {
	/* Every kernel reports a dma-buf's size this way, but not every kernel by fstat(). */
	off_t size = lseek(fd, 0, SEEK_END);
	return size < 0 ? -errno : size;
}

int dmabuf_identify(int fd, struct dmabuf_id *id) {
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	*id = (struct dmabuf_id){.device = status.st_dev, .inode = status.st_ino};
	return 0;
}

bool dmabuf_is_same(const struct dmabuf_id *one, const struct dmabuf_id *other) {
	return one->inode == other->inode && one->device == other->device;
}

bool dmabuf_cannot_shrink(int fd) {
	struct dma_buf_sync nothing = {.flags = 0};
	/* A dma-buf refuses a SYNC without a direction with EINVAL, everything else with ENOTTY. */
	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &nothing) == 0 || errno == EINVAL)
		return true;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK;
}

int dmabuf_wait(int fd, int timeout_ms) {
	/* If it is polled for reading, a dma-buf is ready once the fences of its writers are signalled. */
	struct pollfd writers = {.fd = fd, .events = POLLIN};
	int ready;
	do {
		ready = poll(&writers, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready > 0 ? 0 : -ETIMEDOUT;
}

int dmabuf_export_fence(int fd) {
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	return ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) ? -1 : export.fd;
}

static int sync_reading(int fd, uint64_t when) {
	struct dma_buf_sync sync = {.flags = when | DMA_BUF_SYNC_READ};
	int failed;
	do {
		failed = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (failed && (errno == EINTR || errno == EAGAIN));
	return failed ? -errno : 0;
}

int dmabuf_read_begin(int fd) {
	return sync_reading(fd, DMA_BUF_SYNC_START);
}

void dmabuf_read_end(int fd) {
	sync_reading(fd, DMA_BUF_SYNC_END);
}
