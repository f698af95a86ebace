/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/base/spawn.h"

/* `output`: its standard output; -1: ours. */
static int spawn(char *const *words, int output, pid_t *child) {
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&files))
		return -ENOMEM;
	spawn_attributes_init(&attributes);
	int error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error && output >= 0)
		error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(child, words[0], &files, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -error;
}

int child_start(char *const *words, pid_t *child, struct reason *reason) {
	pid_t parent = getpid();
	*child = fork();
	if (*child < 0)
		return reason_set(reason, -errno, "cannot run %s: %s", words[0], strerror(errno));
	if (*child > 0)
		return 0;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent) /* it may have ended before that took effect */
		execvp(words[0], words);
	_exit(127);
}

/* Reads to the end, whatever there is room for. */
static void read_all(int fd, char *output, size_t size) {
	char rest[256];
	size_t used = 0;
	for (;;) {
		bool full = used + 1 >= size;
		ssize_t got = read(fd, full ? rest : output + used, full ? sizeof rest : size - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += full ? 0 : (size_t)got;
	}
	output[used] = '\0';
}

static int wait_for(const char *name, pid_t child, struct reason *reason) {
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return reason_set(reason, -errno, "cannot wait for %s: %s", name, strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return reason_set(reason, -EIO, "%s was ended by %s", name, strsignal(WTERMSIG(status)));
	return reason_set(reason, -EIO, "%s failed with exit status %d", name, WEXITSTATUS(status));
}

int child_run(char *const *words, char *output, size_t size, struct reason *reason) {
	int ends[2] = {-1, -1};
	pid_t child;
	if (output && pipe2(ends, O_CLOEXEC) < 0)
		return reason_set(reason, -errno, "cannot run %s: %s", words[0], strerror(errno));
	int error = spawn(words, ends[1], &child);
	if (ends[1] >= 0)
		close(ends[1]);
	if (!error && output)
		read_all(ends[0], output, size);
	if (ends[0] >= 0)
		close(ends[0]);
	if (error)
		return reason_set(reason, error, "cannot run %s: %s", words[0], strerror(-error));
	return wait_for(words[0], child, reason);
}

int child_watch(pid_t process) {
	int fd = (int)syscall(SYS_pidfd_open, process, 0); /* close-on-exec by itself */
	return fd < 0 ? -errno : fd;
}
