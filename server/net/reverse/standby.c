/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/reverse/standby.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "encode/rfb/protocol.h"
#include "server/loop.h"
#include "server/net/auth/local_user.h"
#include "server/net/socket.h"

enum { LOOK_MS = 10 };

struct standby {
	struct standby_events events;
	int fd;
	uv_poll_t poll;
	uv_timer_t look;
	unsigned looks;
	struct loop_closing closing;
};

void standby_stop(struct standby *standby) {
	if (!standby)
		return;
	loop_close(&standby->closing, free, standby, LOOP_HANDLES(&standby->poll, &standby->look));
	if (standby->fd >= 0)
		close(standby->fd);
	standby->fd = -1;
}

static void rest(struct standby *standby) {
	uv_poll_stop(&standby->poll);
	uv_timer_stop(&standby->look);
}

static void hand_over(struct standby *standby) {
	int fd = standby->fd;
	rest(standby);
	standby->fd = -1;
	standby->events.ready(standby->events.context, fd);
}

static void fail(struct standby *standby, int error, const char *words) {
	struct reason reason;
	rest(standby);
	reason_set(&reason, error, "%s", words);
	standby->events.failed(standby->events.context, error, &reason);
}

/* --- at a repeater --- */

static int announce(int fd, const char *id) {
	char words[STANDBY_ID_SIZE + PROTOCOL_VERSION_SIZE] = "";
	snprintf(words, STANDBY_ID_SIZE, "ID:%s", id);
	memcpy(words + STANDBY_ID_SIZE, PROTOCOL_VERSION, PROTOCOL_VERSION_SIZE);
	ssize_t sent = send(fd, words, sizeof words, MSG_NOSIGNAL); /* a new socket has room for that */
	if (sent == (ssize_t)sizeof words)
		return 0;
	return sent < 0 ? -errno : -EIO;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
	struct standby *standby = poll->data;
	char first;
	(void)events;
	(void)status;
	ssize_t got = recv(standby->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got > 0)
		hand_over(standby);
	else if (got == 0 || errno == ECONNRESET) /* which it is if the repeater had not read everything */
		fail(standby, -ECONNRESET, "the repeater closed the connection before a viewer came");
	else if (errno != EAGAIN)
		fail(standby, -errno, strerror(errno));
}

/* --- on this machine --- */

static void on_look(uv_timer_t *timer) {
	struct standby *standby = timer->data;
	struct local_user user;
	struct reason reason;
	int error = local_user_find(standby->fd, &user, &reason);
	if (error != -ENOTCONN || ++standby->looks >= STANDBY_USER_MS / LOOK_MS)
		hand_over(standby);
}

/* --- */

static int start(struct standby *standby, const char *id) {
	socket_set_options(standby->fd); /* a repeater that is gone must be noticed */
	if (!id[0])
		return uv_timer_start(&standby->look, on_look, 0, LOOK_MS);
	int error = announce(standby->fd, id);
	return error ? error : uv_poll_start(&standby->poll, UV_READABLE, on_readable);
}

int standby_start(uv_loop_t *loop, int fd, const char *id, const struct standby_events *events,
	struct standby **result, struct reason *reason) {
	struct standby *standby = calloc(1, sizeof *standby);
	int error = standby ? uv_poll_init(loop, &standby->poll, fd) : -ENOMEM;
	*result = NULL;
	if (error) {
		free(standby);
		close(fd);
		return reason_set(reason, error, "%s", strerror(-error));
	}
	standby->events = *events;
	standby->fd = fd;
	uv_timer_init(loop, &standby->look);
	standby->poll.data = standby->look.data = standby;
	error = start(standby, id);
	if (!error) {
		*result = standby;
		return 0;
	}
	standby_stop(standby);
	return reason_set(reason, error, "%s", strerror(-error));
}
