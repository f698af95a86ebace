/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/porter.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture/broker/entrance.h"
#include "capture/broker/wire.h"

enum { CONNECTING_S = 2 }; /* the others wait meanwhile */

static struct {
	int fd; /* -1: there is no porter */
	const char *paths[PORTER_PATHS];
	pthread_mutex_t lock; /* of the conversation */
} porter = {.fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

/* --- the server --- */

void porter_use(int fd, const char *const *paths, size_t count) {
	porter.fd = fd;
	for (size_t i = 0; i < count; i++)
		porter.paths[i] = paths[i];
}

static int find(const char *path, uint32_t *number) {
	for (uint32_t i = 0; i < PORTER_PATHS; i++) {
		if (porter.paths[i] && strcmp(porter.paths[i], path) == 0) {
			*number = i;
			return 0;
		}
	}
	return -EACCES;
}

static int ask(uint32_t number, int *fd) {
	struct wire_fds fds = {0};
	int32_t answer;
	size_t length;
	pthread_mutex_lock(&porter.lock);
	int error = wire_send(porter.fd, &number, sizeof number, NULL, 0);
	if (!error)
		error = wire_receive(porter.fd, &answer, sizeof answer, &length, &fds);
	pthread_mutex_unlock(&porter.lock);
	if (error || length != sizeof answer)
		return -ESHUTDOWN;
	*fd = wire_take(&fds);
	wire_close(&fds);
	return *fd >= 0 || answer ? answer : -EPROTO;
}

int porter_connect(const char *path, int patience_s, int *fd) {
	const struct timeval patience = {.tv_sec = patience_s};
	uint32_t number;
	if (porter.fd < 0)
		return entrance_connect(path, patience_s, fd);
	*fd = -1;
	int error = find(path, &number);
	if (!error)
		error = ask(number, fd);
	if (!error && (setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
			      setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)) {
		error = -errno;
		close(*fd);
		*fd = -1;
	}
	return error;
}

/* --- the porter --- */

void porter_serve(int fd, const char *const *paths, size_t count) {
	uint32_t number;
	size_t length;
	while (wire_receive(fd, &number, sizeof number, &length, NULL) == 0 && length == sizeof number &&
		number < count) {
		int connection = -1;
		int32_t error = entrance_connect(paths[number], CONNECTING_S, &connection);
		int sent = wire_send(fd, &error, sizeof error, &connection, connection >= 0);
		if (connection >= 0)
			close(connection);
		if (sent)
			return;
	}
}
