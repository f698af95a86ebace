/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/ask.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/control/control.h"
#include "server/folder.h"

enum { PATIENCE_S = 5 };

static const char roots_own[] = "/run/zerovnc/control.sock";

/* Writes the path number `index` at which the server may listen if nobody names one. -ENOENT past the last
 * one. */
static int default_path(unsigned index, char path[FOLDER_PATH]) {
	int error = folder_runtime(index, path, FOLDER_PATH - sizeof control_socket_name);
	if (!error)
		strcat(path, control_socket_name);
	return error;
}

/* -EAGAIN: a server listens there, but has not accepted earlier connections for PATIENCE_S. */
static int connect_to(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	struct timeval patience = {.tv_sec = PATIENCE_S};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

static bool has_answered(int fd) {
	char first;
	return recv(fd, &first, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

/* Asks the kernel who answers: a moment ago, another user's socket may have been at this path. */
static int check_answerer(int fd, const char *path, struct reason *reason) {
	struct ucred who;
	uid_t service;
	socklen_t size = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
		return reason_set(reason, -errno, "cannot tell who answers at %s: %s", path, strerror(errno));
	if (who.uid == 0 || who.uid == geteuid() || (folder_is_service(path, &service) && who.uid == service))
		return 0;
	return reason_set(reason, -EPERM,
		"the server at %s is run by %s, not by you or root, so it was not asked: ask it as that user, or name another server's socket with --control=PATH",
		path, folder_owner_name(who.uid));
}

static json_t *read_answer(int fd, const char *path, struct reason *reason) {
	json_error_t error;
	json_t *json = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &error);
	if (!json)
		reason_set(reason, -EPROTO, "the server at %s gave no valid answer", path);
	return json;
}

static const char silent[] =
	"the server at %s has not answered for %d s: it was stopped (kill -CONT resumes it), or it hangs and must be restarted";

static int explain_no_connection(const char *path, int error, struct reason *reason) {
	bool roots = geteuid() && strcmp(path, roots_own) != 0 && access(roots_own, F_OK) == 0;
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return reason_set(reason, error,
			"no server answers at %s: is one running? %s--control=PATH names another server's socket",
			path,
			roots ? "The service answers only root, its own user and the user at the screen; "
			      : "");
	case -EAGAIN:
		return reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
	case -EACCES:
		return reason_set(reason, error,
			"cannot ask the server at %s: %s; ask as the user it runs as, or as root", path,
			strerror(EACCES));
	default:
		return reason_set(reason, error, "cannot ask the server at %s: %s", path, strerror(-error));
	}
}

/* A server that is ending may have closed the connection: SIGPIPE must not end us, and reading tells. */
static int send_request(int fd, const char *request, struct reason *reason) {
	char line[CONTROL_REQUEST_SIZE];
	int size = snprintf(line, sizeof line, "%s\n", request);
	if (size >= CONTROL_REQUEST_SIZE)
		return reason_set(reason, -EINVAL, "the request to the server is too long");
	send(fd, line, (size_t)size, MSG_NOSIGNAL);
	return 0;
}

/* Returns a connection on which the request was sent, or -errno with a reason. */
static int open_at(const char *path, const char *request, struct reason *reason) {
	struct stat status;
	uid_t service;
	/* connecting reports what does not exist or cannot be reached */
	bool trusted = lstat(path, &status) != 0 || folder_is_service(path, &service);
	int error = trusted ? 0 : folder_check_file(path, reason);
	if (error)
		return error;
	int fd = connect_to(path);
	if (fd < 0)
		return explain_no_connection(path, fd, reason);
	error = check_answerer(fd, path, reason);
	if (!error)
		error = send_request(fd, request, reason);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static bool is_nobody(int error) {
	return error == -ENOENT || error == -ECONNREFUSED;
}

/* The service answers the user at the screen, too (control_guest.h). If it does not, `error` stays as it is.
 */
static int try_service(const char *request, char path[FOLDER_PATH], int error) {
	struct reason why;
	int fd = open_at(roots_own, request, &why);
	if (fd < 0)
		return error;
	snprintf(path, FOLDER_PATH, "%s", roots_own);
	return fd;
}

/* Writes where the server is that it has reached. */
static int open_any(const char *given, const char *request, char path[FOLDER_PATH], struct reason *reason) {
	int fd = -ENOENT;
	if (given) {
		snprintf(path, FOLDER_PATH, "%s", given);
		return open_at(given, request, reason);
	}
	/* The server's place depends on which folders existed when it started. If no server is found, the
	 * error names the best place. */
	for (unsigned i = 0; is_nobody(fd) && default_path(i, path) == 0; i++) {
		struct reason why;
		fd = open_at(path, request, &why);
		if (fd < 0 && (i == 0 || !is_nobody(fd)))
			*reason = why;
	}
	return is_nobody(fd) && geteuid() ? try_service(request, path, fd) : fd;
}

int control_open(const char *given, const char *request, struct reason *reason) {
	char path[FOLDER_PATH];
	int fd = open_any(given, request, path, reason);
	if (fd < 0 || has_answered(fd))
		return fd;
	close(fd);
	return reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
}

json_t *control_ask(const char *given, const char *request, struct reason *reason) {
	char path[FOLDER_PATH];
	json_t *json = NULL;
	int fd = open_any(given, request, path, reason);
	if (fd < 0)
		return NULL;
	if (has_answered(fd))
		json = read_answer(fd, path, reason);
	else
		reason_set(reason, -ETIMEDOUT, silent, path, PATIENCE_S);
	close(fd);
	return json;
}
