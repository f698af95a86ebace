/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/headless_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/command/child.h"
#include "server/command/terminal.h"

static const char path[] = "/run/zerovnc-headless";

/* Whether the file is still the one of that name: its last owner may have removed it before it gave us the
 * lock. */
static bool is_current(int fd) {
	struct stat open_file, named;
	return fstat(fd, &open_file) == 0 && stat(path, &named) == 0 && open_file.st_ino == named.st_ino;
}

int headless_record_open(struct headless_record *record, struct reason *reason) {
	char text[64];
	*record = (struct headless_record){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
	if (record->fd < 0)
		return reason_set(reason, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(record->fd, LOCK_EX | LOCK_NB) != 0) {
		int error = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(record->fd);
		record->fd = -1;
		return reason_set(reason, error,
			error == -EBUSY ? "zerovnc headless runs already, and a machine has one seat"
					: "cannot lock the record of zerovnc headless in /run");
	}
	if (!is_current(record->fd)) {
		close(record->fd);
		return headless_record_open(record, reason);
	}
	ssize_t got = pread(record->fd, text, sizeof text - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	if (sscanf(text, "%u %u", &record->terminal, &record->former) != 2)
		record->terminal = 0;
	return 0;
}

int headless_record_write(const struct headless_record *record, struct reason *reason) {
	char text[64];
	int size = snprintf(text, sizeof text, "%u %u\n", record->terminal, record->former);
	if (ftruncate(record->fd, 0) == 0 && pwrite(record->fd, text, (size_t)size, 0) == size)
		return 0;
	return reason_set(reason, -errno, "cannot write %s: %s", path, strerror(errno));
}

int headless_record_undo(struct headless_record *record, struct reason *reason) {
	char *const stop[] = {"systemctl", "stop", HEADLESS_UNIT, NULL};
	char *const find[] = {"systemctl", "show", "--property=LoadState", "--value", HEADLESS_UNIT, NULL};
	char state[32];
	if (!record->terminal)
		return 0;
	int error = child_run(find, state, sizeof state, reason);
	if (!error && strncmp(state, "not-found", 9) != 0) /* it goes by itself when it ends */
		error = child_run(stop, NULL, 0, reason);
	if (error)
		return error;
	error = record->former ? terminal_show(record->former, reason) : 0;
	terminal_forget(record->terminal);
	if (error)
		return error;
	record->terminal = record->former = 0;
	return headless_record_write(record, reason);
}

void headless_record_close(struct headless_record *record) {
	if (record->fd < 0)
		return;
	if (!record->terminal)
		unlink(path);
	close(record->fd);
	record->fd = -1;
}
