/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sockets: those through which viewers come in. */
#ifndef ZEROVNC_LISTEN_SOCKETS_H
#define ZEROVNC_LISTEN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"

enum { LISTEN_BACKLOG = 128 };

struct listener_socket {
	int fd;            /* owned; non-blocking, close-on-exec; -1: a connection that was taken over */
	bool exposed;      /* other machines can reach it */
	bool loopback;     /* TCP that only this machine can reach, but any user of it */
	bool awaited;      /* its address does not exist on this machine yet */
	bool connected;    /* not a listener but one viewer's connection, handed over by inetd or a similar
			      program */
	char address[128]; /* for people */
	char path[108];    /* of a unix socket that we made and remove at the end; else "" */
	bool folder_made;  /* we made the path's folder too */
	bool held;         /* the service manager holds it, and starts us again when somebody connects */
};

struct listener_sockets {
	struct listener_socket *list;
	size_t count;
	bool grouped; /* unix sockets without a given mode belong to `group`, with mode 0660 */
	gid_t group;
};

/* Adds the socket and owns it from then on. Returns NULL when out of memory; the socket then still belongs to
 * the caller. */
struct listener_socket *listener_add(struct listener_sockets *sockets, int fd);

/* Closes those after the first `keep`, and removes the unix sockets that we made. */
void listener_close_after(struct listener_sockets *sockets, size_t keep);

/* Closes them all and removes our unix sockets. */
void listener_close(struct listener_sockets *sockets);

/* How many sockets systemd passed to this very process that nobody has taken yet. */
int listener_passed(void);

/* Whether the service manager holds all of them, so that nothing is lost if this process ends. */
bool listener_all_held(const struct listener_sockets *sockets);

/* Whether other machines can reach any of them. */
bool listener_any_exposed(const struct listener_sockets *sockets);

/* Returns `error`, with which `what` (as --listen has it) could not be opened, and sets a reason that names
 * the remedy. */
int listener_explain(int error, const char *what, struct reason *reason);

#endif
