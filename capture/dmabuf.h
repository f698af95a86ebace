/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmabuf: what can be asked of a dma-buf by its fd. See Documentation/driver-api/dma-buf.rst of the kernel.
 * Any thread may call these functions. Every fd is borrowed.
 */
#ifndef ZEROVNC_DMABUF_H
#define ZEROVNC_DMABUF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The buffer's size in bytes, which never changes, or -errno if the fd has none. */
int64_t dmabuf_size(int fd);

/* Identifies a buffer independently of its fd. Inode numbers are never reused; framebuffer ids and fds are.
 */
struct dmabuf_id {
	dev_t device;
	ino_t inode;
};
/* 0 or -errno. */
int dmabuf_identify(int fd, struct dmabuf_id *id);
bool dmabuf_is_same(const struct dmabuf_id *one, const struct dmabuf_id *other);

/*
 * Whether the buffer cannot become smaller. If it shrank while it is read through a mapping, this process
 * would be killed. A dma-buf cannot shrink; another file cannot only if it is sealed against that.
 */
bool dmabuf_cannot_shrink(int fd);

/*
 * Waits until the buffer's writers are done, `timeout_ms` at most. `fd` may also be a fence from
 * dmabuf_export_fence(). 0; -ETIMEDOUT if they are not done; another -errno if poll() failed, so that nothing
 * is known.
 */
int dmabuf_wait(int fd, int timeout_ms);

/* The outstanding work of the buffer's writers, as a fence (a sync file) that the caller owns. -1 if the
 * kernel exports none, as before Linux 6.0. */
int dmabuf_export_fence(int fd);

/*
 * To be called around reading through a mapping (DMA_BUF_IOCTL_SYNC). dmabuf_read_begin() waits for writers
 * without a time limit, so call dmabuf_wait() first. 0 or -errno (-ENOTTY: this is not a dma-buf).
 */
int dmabuf_read_begin(int fd);
void dmabuf_read_end(int fd);

#endif
