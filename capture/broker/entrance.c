/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/entrance.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/array.h"

enum { FIRST_PASSED_FD = 3 }; /* sd_listen_fds(3) */

/* --- the socket --- */

static bool set_address(struct sockaddr_un *address, const char *path) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, path, strlen(path));
	return true;
}

static int connect_to(const struct sockaddr_un *address, int patience_s, int *fd) {
	const struct timeval patience = {.tv_sec = patience_s};
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
		setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		connect(*fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return 0;
	int error = -errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return error;
}

int entrance_connect(const char *path, int patience_s, int *fd) {
	struct sockaddr_un address;
	*fd = -1;
	return set_address(&address, path) ? connect_to(&address, patience_s, fd) : -ENAMETOOLONG;
}

static bool take_passed_socket(int *listener) {
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) != 1)
		return false;
	*listener = FIRST_PASSED_FD;
	return true;
}

/* A socket that nobody answers at was left by a process that was killed. */
static bool is_left_over(const struct sockaddr_un *address) {
	int fd, error = connect_to(address, 1, &fd);
	if (!error)
		close(fd);
	return error == -ECONNREFUSED;
}

static int bind_socket(int fd, const struct sockaddr_un *address) {
	const struct sockaddr *where = (const struct sockaddr *)address;
	if (bind(fd, where, sizeof *address) == 0)
		return 0;
	if (errno != EADDRINUSE || !is_left_over(address))
		return -errno;
	return unlink(address->sun_path) == 0 && bind(fd, where, sizeof *address) == 0 ? 0 : -errno;
}

static int make_folder(const char *path) {
	char folder[sizeof((struct sockaddr_un){}.sun_path)];
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
	return mkdir(folder, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

static int make_socket(const char *path, uid_t uid, int *listener) {
	struct sockaddr_un address;
	if (!set_address(&address, path))
		return -ENAMETOOLONG;
	*listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*listener < 0)
		return -errno;
	umask(0022);
	int error = make_folder(path);
	umask(0177); /* until it belongs to the right user */
	if (!error)
		error = bind_socket(*listener, &address);
	if (!error && (chown(path, uid, (gid_t)-1) != 0 || listen(*listener, 16) != 0))
		error = -errno;
	return error;
}

int entrance_open(const char *path, uid_t uid, int *listener) {
	return take_passed_socket(listener) ? 0 : make_socket(path, uid, listener);
}

bool entrance_admits(int connection, uid_t uid) {
	struct ucred peer;
	socklen_t size = sizeof peer;
	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == uid);
}

/* --- the program --- */

static struct entrance *signalled; /* whom signals tell; set before they can come */

static void on_signal(int number) {
	(void)number;
	signalled->ended = true;
}

static void catch_signals(struct entrance *entrance) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;
	signalled = entrance;
	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		sigaddset(&blocked, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

/* Without a name it is ENTRANCE_USER, and if there is no such user, only root may connect. */
static bool find_user(const char *name, uid_t *uid) {
	const struct passwd *user = getpwnam(name ? name : ENTRANCE_USER);
	*uid = user ? user->pw_uid : 0;
	return user || !name;
}

static void print_help(const struct entrance_program *program) {
	printf("%s [--socket=PATH] [--user=USER]\n"
	       "%s\n"
	       "  --socket=PATH  where the server connects to (default: %s)\n"
	       "  --user=USER    the server's user (default: " ENTRANCE_USER
	       ", if there is one; root may always connect)\n"
	       "  --version, --help\n",
		program->name, program->purpose, program->socket);
}

/* As entrance_begin(). */
static int read_options(
	const struct entrance_program *program, int argc, char **argv, const char **path, const char **user) {
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
		{"user", required_argument, NULL, 'u'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'}, {0}};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		switch (option) {
		case 's':
			*path = optarg;
			break;
		case 'u':
			*user = optarg;
			break;
		case 'h':
			print_help(program);
			return ENTRANCE_DONE;
		case 'v':
			printf("%s %s\n", program->name, ZEROVNC_VERSION);
			return ENTRANCE_DONE;
		default:
			return ENTRANCE_MISUSED;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "%s: it takes no argument: %s\n", program->name, argv[optind]);
	return ENTRANCE_MISUSED;
}

int entrance_begin(struct entrance *entrance, const struct entrance_program *program, int argc, char **argv) {
	const char *path = program->socket, *user = NULL;
	int status = read_options(program, argc, argv, &path, &user);
	if (status >= 0)
		return status;
	if (!find_user(user, &entrance->uid)) {
		fprintf(stderr, "%s: there is no user %s\n", program->name, user);
		return ENTRANCE_MISUSED;
	}
	int error = entrance_open(path, entrance->uid, &entrance->listener);
	if (error) {
		fprintf(stderr, "%s: cannot listen at %s: %s\n", program->name, path, strerror(-error));
		return ENTRANCE_FAILED;
	}
	catch_signals(entrance);
	return -1;
}
