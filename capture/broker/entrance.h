/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entrance: the socket of a process that has more rights than those that it works for: how it is opened, who
 * may connect to it, and how they do. Such a process takes the same options and signals as the others.
 */
#ifndef ZEROVNC_ENTRANCE_H
#define ZEROVNC_ENTRANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the process is. */
struct entrance_program {
	const char *name, *socket; /* where it listens if nobody says otherwise */
	const char *purpose;       /* a sentence or two for --help */
};

/* The user as whom a server without rights runs, if nobody says otherwise, and that user's group. */
#define ENTRANCE_USER "zerovnc"

struct entrance {
	int listener;       /* a listening, non-blocking SOCK_SEQPACKET socket, which only `uid` can reach */
	uid_t uid;          /* who may connect, besides root */
	_Atomic bool ended; /* a signal came: the process is to end */
};

enum { ENTRANCE_DONE = 0, ENTRANCE_FAILED = 1, ENTRANCE_MISUSED = 2 };

/*
 * Reads the command line, and opens the socket that it names, or takes the one that a service manager passed
 * (sd_listen_fds(3)). What a process that was killed left at the path is replaced. From then on `ended` is
 * set by SIGINT, SIGTERM and SIGHUP, which arrive only while the process waits with signals unblocked.
 * Changes the umask to 0177. Returns -1 if the program is to run, or the status with which it ends; a message
 * was printed then. `entrance` must be static.
 */
int entrance_begin(struct entrance *entrance, const struct entrance_program *program, int argc, char **argv);

/* Makes a listening socket at `path` for this user. entrance_begin() does so. 0 or -errno. */
int entrance_open(const char *path, uid_t uid, int *listener);

/* Connects to such a socket. What is then sent and received may take `patience_s` seconds at a time. 0 or
 * -errno. */
int entrance_connect(const char *path, int patience_s, int *fd);

/* Whether whoever connected is this user, or root. */
bool entrance_admits(int connection, uid_t uid);

#endif
