/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmabuf: what can be asked of a dma-buf by its fd. See Documentation/driver-api/dma-buf.rst of the kernel.
 * Any thread; every fd is borrowed.
 */
#ifndef ZEROVNC_DMABUF_H
#define ZEROVNC_DMABUF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Its size in bytes, which never changes; -errno if the fd has none. */
int64_t dmabuf_size(int fd);

/* Which buffer it is, whatever its fd. An inode's number is never used again; framebuffer ids and fds are. */
struct dmabuf_id {
	dev_t device;
	ino_t inode;
};
/* 0 or -errno. */
int dmabuf_identify(int fd, struct dmabuf_id *id);
bool dmabuf_is_same(const struct dmabuf_id *one, const struct dmabuf_id *other);

/*
 * Whether it cannot become smaller while it is read through a mapping, which would end this process: a
 * dma-buf cannot, and of other files only those cannot that are sealed against it.
 */
bool dmabuf_cannot_shrink(int fd);

/*
 * Waits until its writers are done, `timeout_ms` at most. Also of a fence that dmabuf_export_fence() gave. 0;
 * -ETIMEDOUT: they are not; -errno: poll() failed, and nobody knows.
 */
int dmabuf_wait(int fd, int timeout_ms);

/* What its writers have to do still, as a fence (a sync file) that the caller owns. -1 if the kernel gives
 * none, as before Linux 6.0. */
int dmabuf_export_fence(int fd);

/*
 * Around reading through a mapping (DMA_BUF_IOCTL_SYNC). The first waits for writers without a bound:
 * dmabuf_wait() comes before it. 0 or -errno; -ENOTTY: it is no dma-buf.
 */
int dmabuf_read_begin(int fd);
void dmabuf_read_end(int fd);

#endif
