/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST = 7,
	LAST = 15, /* the kernel tells of no others */
	LOOKS = 1000,
	LOOK_MS = 10,
	LOOKS_OF_A_WISH = 25
};

static int open_console(struct reason *reason) {
	int fd = open("/dev/tty0", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return fd;
	return reason_set(reason, errno == ENOENT ? -ENODEV : -errno,
		"cannot open /dev/tty0: %s; a session on a seat takes virtual terminals (CONFIG_VT), which this "
		"kernel or container lacks",
		strerror(errno));
}

static int read_state(int fd, struct vt_stat *state, struct reason *reason) {
	if (ioctl(fd, VT_GETSTATE, state) == 0)
		return 0;
	return reason_set(reason, -errno, "cannot ask for the virtual terminals: %s", strerror(errno));
}

int terminal_find(unsigned *active, unsigned *unused, struct reason *reason) {
	struct vt_stat state;
	int fd = open_console(reason);
	if (fd < 0)
		return fd;
	int error = read_state(fd, &state, reason);
	close(fd);
	if (error)
		return error;
	*active = state.v_active;
	for (*unused = FIRST; *unused <= LAST; (*unused)++)
		if (!(state.v_state & 1U << *unused) && *unused != *active)
			return 0;
	return reason_set(
		reason, -EBUSY, "the virtual terminals %d to %d are all in use; end a session", FIRST, LAST);
}

static int wish(int fd, unsigned number, struct reason *reason) {
	if (ioctl(fd, VT_ACTIVATE, number) == 0)
		return 0;
	return reason_set(reason, -errno, "cannot show virtual terminal %u: %s", number, strerror(errno));
}

/*
 * VT_WAITACTIVE would wait for ever if the program on the present one does not let it go. A wish is repeated:
 * the kernel forgets one that waits for a program's consent when that program, which is ending, gives back
 * its right to be asked (VT_SETMODE). Logind does that some time after a session has ended.
 */
static int wait_until_shown(int fd, unsigned number, struct reason *reason) {
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	struct vt_stat state;
	for (int look = 0; look < LOOKS; look++) {
		int error = look % LOOKS_OF_A_WISH == 0 ? wish(fd, number, reason) : 0;
		if (!error)
			error = read_state(fd, &state, reason);
		if (error || state.v_active == number)
			return error;
		nanosleep(&pause, NULL);
	}
	return reason_set(reason, -EBUSY,
		"virtual terminal %u cannot be shown: the program on %u does not let it go", number,
		state.v_active);
}

int terminal_show(unsigned number, struct reason *reason) {
	int fd = open_console(reason);
	if (fd < 0)
		return fd;
	int error = wait_until_shown(fd, number, reason);
	close(fd);
	return error;
}

void terminal_forget(unsigned number) {
	struct reason ignored;
	int fd = open_console(&ignored);
	if (fd < 0)
		return;
	ioctl(fd, VT_DISALLOCATE, number); /* refused if somebody uses it, which is well */
	close(fd);
}
