/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/holder.h"

#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "capture/broker/entrance.h"
#include "capture/kms/event.h"
#include "capture/monitor/attribute.h"
#include "capture/monitor/edid.h"

#define SOCKET RECORD_FOLDER "/holder"

enum { ANSWER_S = 20, REQUEST_S = 1, REFRESH_NS = 16666667 };

/* --- what the driver is told: evdi_drm.h of evdi 1.12 (https://github.com/DisplayLink/evdi) --- */

struct evdi_connect {
	int32_t connected, dev_index;
	const uint8_t *edid;
	uint32_t edid_length, pixel_area_limit, pixel_per_second_limit;
};

struct evdi_request_update {
	int32_t reserved;
};

struct evdi_grabpix {
	int32_t mode, buf_width, buf_height, buf_byte_stride;
	uint8_t *buffer;
	int32_t num_rects;
	struct drm_clip_rect *rects;
};

#define EVDI_CONNECT        DRM_IOWR(DRM_COMMAND_BASE + 0, struct evdi_connect)
#define EVDI_REQUEST_UPDATE DRM_IOWR(DRM_COMMAND_BASE + 1, struct evdi_request_update)
#define EVDI_GRABPIX        DRM_IOWR(DRM_COMMAND_BASE + 2, struct evdi_grabpix)
#define EVDI_UPDATE_READY   0x80000000U

enum { EVDI_GRABPIX_DIRTY = 1, EVDI_RECTS = 16 };

/* --- the process --- */

struct holder {
	const char *root, *folder; /* of the connector */
	int card;                  /* -errno: it could not be opened */
	int listener;
	bool plugged;
	bool waits; /* the driver is to tell of the next picture */
};

static int plug(struct holder *holder) {
	struct record record;
	struct reason ignored;
	uint8_t edid[EDID_SIZE];
	unsigned refresh;
	size_t at = 0;
	if (holder->card < 0)
		return holder->card;
	record_peek(&record, holder->root);
	while (at < record.output_count && strcmp(record.outputs[at].folder, holder->folder) != 0)
		at++;
	if (at == record.output_count)
		return -ENOENT;
	int error = edid_make(record.outputs[at].width, record.outputs[at].height, edid, &refresh, &ignored);
	if (error)
		return error;
	/* Without limits. Old drivers take 0 for one. */
	struct evdi_connect connect = {.connected = 1,
		.edid = edid,
		.edid_length = sizeof edid,
		.pixel_area_limit = UINT32_MAX,
		.pixel_per_second_limit = UINT32_MAX};
	if (ioctl(holder->card, EVDI_CONNECT, &connect) < 0)
		return -errno;
	holder->plugged = true;
	holder->waits = false;
	return 0;
}

static int unplug(struct holder *holder) {
	struct evdi_connect connect = {.connected = 0};
	if (!holder->plugged)
		return 0;
	holder->plugged = false;
	return ioctl(holder->card, EVDI_CONNECT, &connect) < 0 ? -errno : 0;
}

/* Ends the frame that programs wait for. The driver takes a picture for taken before it finds that it does
 * not fit in a buffer of no size, so no pixels are copied: whoever wants them reads the card's planes. False:
 * there is no picture, although something has changed. That is so after a monitor was plugged in again, until
 * an event tells that a program shows something. libdrm would ask again and again. */
static bool take_picture(const struct holder *holder) {
	struct drm_clip_rect rects[EVDI_RECTS];
	struct evdi_grabpix grab = {.mode = EVDI_GRABPIX_DIRTY, .num_rects = EVDI_RECTS, .rects = rects};
	if (ioctl(holder->card, EVDI_GRABPIX, &grab) != 0 && errno == EAGAIN)
		return false;
	/* The next one may be shown when a monitor would show it. */
	nanosleep(&(struct timespec){.tv_nsec = REFRESH_NS}, NULL);
	return true;
}

/* Takes what there is, or has the driver tell of what comes. One picture at most, so that orders are heard.
 * Returns whether there may be more. */
static bool take_pictures(struct holder *holder) {
	struct evdi_request_update request = {0};
	if (holder->waits)
		return false;
	int there = ioctl(holder->card, EVDI_REQUEST_UPDATE, &request);
	holder->waits = there == 0;
	return there == 1 && take_picture(holder);
}

/* Events about anything else are only taken out of the way. Returns whether a picture is ready. */
static bool read_events(struct holder *holder) {
	char bytes[4096];
	bool ready = false;
	struct drm_event event;
	ssize_t length = read(holder->card, bytes, sizeof bytes);
	for (size_t at = 0; length > 0 && kms_event_next(bytes, (size_t)length, &at, &event);)
		ready |= event.type == EVDI_UPDATE_READY;
	holder->waits &= !ready;
	return ready;
}

static int obey(struct holder *holder, uint8_t order) {
	switch (order) {
	case HOLDER_PLUG:
		return plug(holder);
	case HOLDER_UNPLUG:
		return unplug(holder);
	case HOLDER_END: /* which unplugs it in any case */
		unplug(holder);
		if (holder->card >= 0)
			close(holder->card);
		holder->card = -ENODEV;
		return 0;
	default:
		return -EINVAL;
	}
}

static bool is_ours(int connection) {
	struct ucred peer;
	socklen_t length = sizeof peer;
	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

/* Returns whether it was told to end. */
static bool answer_one(struct holder *holder) {
	const struct timeval patience = {.tv_sec = REQUEST_S};
	uint8_t order = HOLDER_PLUG;
	int connection = accept4(holder->listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		return false;
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	bool good = is_ours(connection) && recv(connection, &order, 1, 0) == 1;
	if (good) {
		int32_t error = obey(holder, order);
		send(connection, &error, sizeof error, MSG_NOSIGNAL);
	}
	close(connection);
	return good && order == HOLDER_END;
}

static void serve(struct holder *holder) {
	bool more = false; /* there may be pictures of which no event tells */
	for (;;) {
		struct pollfd fds[] = {{.fd = holder->listener, .events = POLLIN},
			{.fd = holder->plugged ? holder->card : -1, .events = POLLIN}};
		if (poll(fds, 2, more ? 0 : -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && answer_one(holder))
			return;
		if (fds[1].revents & (POLLERR | POLLHUP)) /* somebody has removed the card */
			holder->plugged = false;
		if (fds[1].revents & POLLIN && read_events(holder))
			take_picture(holder);
		more = holder->plugged && (more || fds[0].revents || fds[1].revents) && take_pictures(holder);
	}
}

/* Nothing of the process that it was made from: no files, among which is the lock of the record, no signals,
 * no terminal. Returns the listener's descriptor. */
static int become(int listener) {
	enum { OWN = STDERR_FILENO + 1 };
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;
	for (int fd = 0; fd < OWN; fd++)
		dup2(nothing, fd);
	if (dup2(listener, OWN) != OWN || syscall(SYS_close_range, OWN + 1, ~0U, 0) != 0 || chdir("/") != 0)
		_exit(1);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "zerovnc-evdi");
	return OWN;
}

static int open_card(const char *root, const char *folder) {
	char full[ATTRIBUTE_PATH];
	if (snprintf(full, sizeof full, "%s/dev/dri/%.*s", root, (int)strcspn(folder, "-"), folder) >=
		(int)sizeof full)
		return -ENAMETOOLONG;
	int card = open(full, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (card < 0)
		return -errno;
	ioctl(card, DRM_IOCTL_DROP_MASTER, NULL); /* which the first to open it becomes */
	return card;
}

static _Noreturn void run(const struct record *record, const char *folder, int listener, pid_t parent) {
	struct holder holder = {.root = record->root, .folder = folder};
	holder.listener = become(listener);
	if (record->owner) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(0);
	}
	holder.card = open_card(record->root, folder);
	serve(&holder);
	_exit(0);
}

/* --- those who want something of it --- */

static int socket_address(const char *root, struct sockaddr_un *address) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	int length = snprintf(address->sun_path, sizeof address->sun_path, "%s" SOCKET, root);
	return length < (int)sizeof address->sun_path ? 0 : -ENAMETOOLONG;
}

/* Returns the socket, or -errno. Nobody can connect before others are kept away. */
static int listen_for_orders(const char *root) {
	struct sockaddr_un address;
	int error = socket_address(root, &address);
	int fd = error ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error ? error : -errno;
	unlink(address.sun_path); /* of one that was killed */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
		chmod(address.sun_path, 0600) == 0 && listen(fd, 4) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* No signal may come to the child while it has the parent's handlers. */
static int fork_holder(const struct record *record, const char *folder, int listener) {
	sigset_t all, before;
	pid_t parent = getpid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid_t child = fork();
	int error = child < 0 ? -errno : 0;
	if (child == 0)
		run(record, folder, listener, parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

int holder_start(struct record *record, const struct record_output *output, struct reason *reason) {
	int error = record_add(record, RECORD_HOLDER, output->folder, reason);
	if (error)
		return error;
	int listener = listen_for_orders(record->root);
	if (listener < 0)
		return reason_set(reason, listener, "%s%s cannot be made: %s", record->root, SOCKET,
			strerror(-listener));
	error = fork_holder(record, output->folder, listener);
	close(listener);
	return error ? reason_set(reason, error, "no process can be started: %s", strerror(-error)) : 0;
}

/* Returns a connection, or -errno. */
static int reach(const char *root) {
	struct sockaddr_un address;
	int fd, error = socket_address(root, &address);
	if (!error)
		error = entrance_connect(address.sun_path, ANSWER_S, &fd);
	if (error == -ECONNREFUSED || error == -ENOENT)
		return -ESRCH;
	return error ? error : fd;
}

static int ask(int fd, uint8_t order) {
	int32_t answer;
	if (send(fd, &order, 1, MSG_NOSIGNAL) != 1)
		return errno == EPIPE ? -ESRCH : -errno;
	ssize_t length = recv(fd, &answer, sizeof answer, 0);
	if (length == sizeof answer)
		return answer > 0 ? -EPROTO : answer;
	return length < 0 && errno != ECONNRESET ? -errno : -ESRCH;
}

int holder_order(const char *root, enum holder_order order, struct reason *reason) {
	int fd = reach(root);
	int error = fd < 0 ? fd : ask(fd, (uint8_t)order);
	if (fd >= 0)
		close(fd);
	if (error == -ESRCH)
		return reason_set(reason, error,
			"the process that held the monitor (zerovnc-evdi) has ended; `zerovnc plug` makes it anew");
	return error ? reason_set(reason, error, "evdi: %s", strerror(-error)) : 0;
}

/* It has closed the card before it answers. */
int holder_undo(const char *root, const char *folder) {
	(void)folder;
	struct reason ignored;
	int error = holder_order(root, HOLDER_END, &ignored);
	return error == -ESRCH ? 0 : error;
}
