/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* since Linux 5.1 */
#endif

void share_init(struct share *share) {
	*share = (struct share){.fd = -1};
}

void share_finish(struct share *share) {
	if (share->memory)
		munmap(share->memory, share->size);
	if (share->fd >= 0)
		close(share->fd);
	share_init(share);
}

static int make(struct share *share, size_t size) {
	share->fd = memfd_create("zerovnc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (share->fd < 0 || ftruncate(share->fd, (off_t)size) != 0)
		return -errno;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, share->fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	share->memory = memory;
	share->size = size;
	/* Kernels before 5.1 cannot forbid only others to write. Nothing here reads what they would write. */
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
	return fcntl(share->fd, F_ADD_SEALS, seals | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0 ||
			       fcntl(share->fd, F_ADD_SEALS, seals | F_SEAL_SEAL) == 0
		       ? 0
		       : -errno;
}

int share_reserve(struct share *share, size_t size) {
	if (share->memory && share->size >= size)
		return 0;
	share_finish(share);
	int error = make(share, size ? size : 1);
	if (error)
		share_finish(share);
	return error;
}

void shared_finish(struct shared *shared) {
	if (shared->memory)
		munmap((void *)shared->memory, shared->size);
	*shared = (struct shared){0};
}

/* If it shrank while it is read, this process would be killed. */
static bool cannot_shrink(int fd) {
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK;
}

int shared_map(struct shared *shared, int fd) {
	static _Atomic uint64_t last_id;
	struct stat status;
	shared_finish(shared);
	if (fd < 0)
		return -EPROTO;
	int error = fstat(fd, &status) == 0 && status.st_size > 0 && cannot_shrink(fd) ? 0 : -EPROTO;
	void *memory = error ? MAP_FAILED : mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (!error && memory == MAP_FAILED)
		error = -errno;
	close(fd);
	if (!error)
		*shared = (struct shared){memory, (size_t)status.st_size, ++last_id};
	return error;
}
