/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/base/spawn.h"
#include "encode/gl/gl.h"

/* Slow boards read a driver and its compiler from a memory card. A process that was killed takes long to end
 * on a busy machine. */
enum { DEADLINE_MS = 15000, ENDING_MS = 10000, POLL_MS = 10 };

_Static_assert(sizeof(struct probe) <= 512,
	"an answer must be written at once: POSIX promises that up to 512 bytes");

enum { NODE_SIZE = 128 };

/* What the process that may start others answers. */
struct answer {
	int error;
	struct probe probe;
	struct reason reason;
};

static bool enabled;
static int prober = -1; /* the socket of the process that may start others; -1: this one may */

void probe_enable(void) {
	enabled = true;
}

void probe_use(int fd) {
	prober = fd;
}

/* --- the process that is asked --- */

int probe_answer(const char *card_node) {
	struct probe probe;
	struct converter *converter;
	memset(&probe, 0, sizeof probe);
	/* Nobody waits for the answer once whoever asked is gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What a driver prints is no answer. */
	int answer = dup(STDOUT_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	probe.error = gl_converter_create(card_node, NULL, &converter, &probe.reason);
	if (!probe.error) {
		probe.software = gl_converter_is_software(converter);
		memcpy(probe.renderer, converter->renderer, sizeof probe.renderer);
	}
	/* Do not run the drivers' exit handlers, which could hang or crash like any other code. */
	_exit(write(answer, &probe, sizeof probe) == sizeof probe ? 0 : 1);
}

/* --- the process that asks --- */

/* Its standard output is `answer`; drivers' warnings come again from this process if their GL is used. */
static int start_again(const char *card_node, int answer, pid_t *child) {
	char *const arguments[] = {"zerovnc", PROBE_COMMAND, (char *)card_node, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&files))
		return -ENOMEM;
	spawn_attributes_init(&attributes);
	int error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, answer, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!error)
		error = posix_spawn(child, "/proc/self/exe", &files, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -error;
}

/* Where no program may be started: the same in a copy of this process, which has one thread. */
static int start_copy(const char *card_node, int answer, pid_t *child) {
	*child = fork();
	if (*child < 0)
		return -errno;
	if (*child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDERR_FILENO);
		dup2(answer, STDOUT_FILENO);
		_exit(probe_answer(card_node));
	}
	return 0;
}

/* Reads the whole answer. -ETIMEDOUT, or -EIO if the process ended without an answer. */
static int read_answer(int from, struct probe *probe) {
	uint64_t deadline = clock_now_ns() + DEADLINE_MS * UINT64_C(1000000);
	for (;;) {
		struct pollfd wait = {.fd = from, .events = POLLIN};
		uint64_t now = clock_now_ns();
		int ready = now < deadline ? poll(&wait, 1, (int)((deadline - now) / 1000000) + 1) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready ? -errno : -ETIMEDOUT;
		return read(from, probe, sizeof *probe) == sizeof *probe ? 0 : -EIO;
	}
}

/* The exit status as from waitpid(), or 0 if it cannot be known. A process that is stuck in the kernel may
 * not end. */
static int end(pid_t child) {
	int status = 0;
	for (int waited = 0; waited < ENDING_MS; waited += POLL_MS) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		if (ended == child)
			return status;
		if (ended < 0 && errno != EINTR)
			return 0; /* SIGCHLD is ignored, and the kernel reaps */
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
	}
	return 0;
}

static int conclude(int error, int status, struct reason *reason) {
	if (error == -ETIMEDOUT)
		return reason_set(reason, error, "the GL driver gave no answer within %d s when it was tried",
			DEADLINE_MS / 1000);
	if (error && WIFSIGNALED(status))
		return reason_set(reason, -EIO, "the GL driver crashed when it was tried (%s)",
			strsignal(WTERMSIG(status)));
	if (error)
		return reason_set(reason, -EIO, "the GL driver ended the process that tried it");
	return 0;
}

typedef int start_process(const char *card_node, int answer, pid_t *child);

static int try(const char *card_node, start_process *start, struct probe *probe, struct reason *reason) {
	int pipe_ends[2];
	pid_t child;
	if (pipe2(pipe_ends, O_CLOEXEC))
		return reason_set(reason, -ENOSYS, "no process to try the GL driver in: %s", strerror(errno));
	int error = start(card_node, pipe_ends[1], &child);
	close(pipe_ends[1]);
	if (error) {
		close(pipe_ends[0]);
		return reason_set(
			reason, -ENOSYS, "no process to try the GL driver in: %s", strerror(-error));
	}
	error = read_answer(pipe_ends[0], probe);
	close(pipe_ends[0]);
	/* It has answered, or will never answer. How it would end tells nothing, and may take long. */
	if (error != -EIO)
		kill(child, SIGKILL);
	return conclude(error, end(child), reason);
}

/* --- the process that may start others, and who asks it --- */

void probe_serve(int fd) {
	char node[NODE_SIZE];
	for (ssize_t got; (got = recv(fd, node, sizeof node, 0)) > 0;) {
		struct answer answer;
		memset(&answer, 0, sizeof answer);
		node[got - 1] = '\0';
		answer.error = try(node, start_copy, &answer.probe, &answer.reason);
		if (send(fd, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
			return;
	}
}

/* Waits as long as it takes: the other process has a deadline. */
static int ask(const char *card_node, struct probe *probe, struct reason *reason) {
	struct answer answer;
	size_t size = strlen(card_node) + 1;
	if (size > NODE_SIZE || send(prober, card_node, size, MSG_NOSIGNAL) != (ssize_t)size ||
		recv(prober, &answer, sizeof answer, 0) != sizeof answer)
		return reason_set(reason, -ENOSYS, "the process to try the GL driver in does not answer");
	*probe = answer.probe;
	*reason = answer.reason;
	return answer.error;
}

int probe_card(const char *card_node, struct probe *probe, struct reason *reason) {
	memset(probe, 0, sizeof *probe);
	if (prober >= 0)
		return ask(card_node, probe, reason);
	if (!enabled)
		return reason_set(reason, -ENOSYS, "no process to try the GL driver in");
	return try(card_node, start_again, probe, reason);
}
