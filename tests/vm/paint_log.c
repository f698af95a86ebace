/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/paint_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

uint64_t paint_log_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct paint_log *paint_log_open(const char *path) {
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	void *log = MAP_FAILED;
	if (ftruncate(fd, sizeof(struct paint_log)) == 0)
		log = mmap(NULL, sizeof(struct paint_log), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return log == MAP_FAILED ? NULL : log;
}

void paint_log_note(struct paint_log *log, uint32_t frame) {
	if (!log)
		return;
	log->shown_ns[frame % PAINT_LOG_FRAMES] = paint_log_now();
	log->newest = frame;
}

uint64_t paint_log_shown(const struct paint_log *log, uint32_t frame) {
	return log->shown_ns[frame % PAINT_LOG_FRAMES];
}
