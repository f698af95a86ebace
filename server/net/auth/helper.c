/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/broker/entrance.h"
#include "capture/broker/porter.h"
#include "capture/broker/wire.h"

enum {
	AT_A_TIME = 4,    /* questions; libuv's pool asks no more */
	ASKER_S = 10,     /* how long an asker may take to ask */
	PATIENCE_S = 300, /* how long PAM may take: some wait for a telephone */
};

/* --- the asker --- */

static void refuse(struct auth_pam_verdict *verdict, const char *why) {
	snprintf(verdict->refusal, sizeof verdict->refusal, "%s", why);
	verdict->pause_us = 0;
}

void auth_helper_ask(
	const char *path, const struct auth_pam_question *question, struct auth_pam_verdict *verdict) {
	memset(verdict, 0, sizeof *verdict);
	int fd;
	if (porter_connect(path, PATIENCE_S, &fd) != 0) {
		refuse(verdict, "zerovnc-login cannot be reached: systemctl start zerovnc-login");
		return;
	}
	bool answered = send(fd, question, sizeof *question, MSG_NOSIGNAL) == sizeof *question &&
			recv(fd, verdict, sizeof *verdict, 0) == sizeof *verdict &&
			wire_is_text(verdict->refusal, sizeof verdict->refusal);
	close(fd);
	if (!answered)
		refuse(verdict, "zerovnc-login gave no answer: see its log");
}

/* --- the helper --- */

static bool receive(int fd, struct auth_pam_question *question) {
	const struct timeval patience = {.tv_sec = ASKER_S};
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
	       recv(fd, question, sizeof *question, 0) == sizeof *question &&
	       wire_is_text(question->user, sizeof question->user) &&
	       wire_is_text(question->password, sizeof question->password) &&
	       wire_is_text(question->host, sizeof question->host);
}

/* In a process of its own: modules may keep anything, and take any time. */
static void answer(int fd, const struct auth_helper_options *options) {
	const struct timespec pause = {
		options->refusal_ms / 1000, (long)(options->refusal_ms % 1000) * 1000000};
	struct auth_pam_question question;
	struct auth_pam_verdict verdict;
	if (!receive(fd, &question))
		return;
	auth_pam_ask(options->folder, &question, &verdict);
	explicit_bzero(&question, sizeof question);
	if (verdict.refusal[0])
		nanosleep(&pause, NULL);
	send(fd, &verdict, sizeof verdict, MSG_NOSIGNAL);
}

static void begin(int fd, const struct auth_helper_options *options, unsigned *running) {
	sigset_t none;
	pid_t child = fork();
	if (child < 0)
		fprintf(stderr, "zerovnc-login: no process for a login: %s\n", strerror(errno));
	if (child == 0) {
		sigemptyset(&none);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		answer(fd, options);
		_exit(0);
	}
	*running += child > 0;
	close(fd);
}

static void let_in(const struct auth_helper_options *options, unsigned *running) {
	int fd = accept4(options->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (entrance_admits(fd, options->uid)) {
		begin(fd, options, running);
		return;
	}
	fprintf(stderr, "zerovnc-login: a connection of another user was refused (--user)\n");
	close(fd);
}

static void on_child(int number) {
	(void)number; /* it ends the wait */
}

/* Signals arrive only while we wait. */
static int serve(const struct auth_helper_options *options, const sigset_t *during) {
	unsigned running = 0;
	while (!*options->ended) {
		struct pollfd slot = {.fd = running < AT_A_TIME ? options->listener : -1, .events = POLLIN};
		int ready = ppoll(&slot, 1, NULL, during);
		if (ready < 0 && errno != EINTR)
			return -errno;
		while (running && waitpid(-1, NULL, WNOHANG) > 0)
			running--;
		if (ready > 0)
			let_in(options, &running);
	}
	return 0;
}

int auth_helper_serve(const struct auth_helper_options *options) {
	const struct sigaction action = {.sa_handler = on_child};
	struct sigaction action_before;
	sigset_t blocked, before, during;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGCHLD, &action, &action_before);
	during = before;
	sigdelset(&during, SIGCHLD);
	sigdelset(&during, SIGTERM);
	sigdelset(&during, SIGINT);
	sigdelset(&during, SIGHUP);
	int error = serve(options, &during);
	sigaction(SIGCHLD, &action_before, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}
