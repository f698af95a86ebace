/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener: the sockets that viewers come in by.
 */
#ifndef ZEROVNC_LISTENER_H
#define ZEROVNC_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/reason.h"

struct listener_socket {
	int fd;            /* owned; non-blocking, close-on-exec; -1: a connection that was taken over */
	bool exposed;      /* other machines can reach it */
	bool loopback;     /* TCP that only this machine can reach: any user of it */
	bool awaited;      /* it has an address that this machine does not have yet */
	bool connected;    /* not a listener but one viewer's connection, handed over by inetd or the like */
	char address[128]; /* for people */
	char path[108];    /* of a unix socket that we made and remove at the end; "" */
	bool folder_made;  /* the path's folder is ours, too */
};

struct listener_sockets {
	struct listener_socket *list;
	size_t count;
	bool grouped; /* unix sockets whose mode is not said belong to `group`, mode 0660 */
	gid_t group;
};

/* Before sockets are opened. May wait for a network where groups are kept on one. 0; -EINVAL: there is no
 * such group; another -errno. Each with a reason. */
int listener_set_group(struct listener_sockets *sockets, const char *name, struct reason *reason);

/* Whether one --listen is written as it must be: 0, or -EINVAL (-ENAMETOOLONG for a path) with a reason that
 * has the spelling that would be right, where one can be guessed. */
int listener_check(const char *what, struct reason *reason);

/*
 * Opens what one --listen says: "ADDR:PORT", "[ADDR6]:PORT", "PORT" (this machine only),
 * "unix:PATH[,mode=0600]", "fd:N", "systemd" (the sockets of LISTEN_FDS). A name may stand for several
 * addresses. A number that is no address of this machine (yet) is listened at nonetheless, and `awaited`. 0
 * or -errno with a reason and remedy; `sockets` is then unchanged.
 */
int listener_open(const char *what, struct listener_sockets *sockets, struct reason *reason);

/*
 * What is listened on where nothing was said: systemd's sockets where there are some, else both loopbacks and
 * a unix socket, vnc.sock in the folder for sockets (folder_make_runtime()). `skipped`: why there is no such
 * socket, which is no error unless a group was set; else "".
 */
int listener_open_default(struct listener_sockets *sockets, struct reason *skipped, struct reason *reason);

/* Whether `error`, of listener_open(what), is no loss: a machine without IPv6 lacks the IPv6 half of
 * loopback, and something else is listened at already. */
bool listener_can_do_without(const char *what, int error, const struct listener_sockets *sockets);

/* What the administrator wrote, and what happens on the way. */
struct listener_wish {
	const char *const *listen; /* as listener_open() takes it */
	size_t listen_count;       /* 0: listener_open_default() */
	const char *socket_group;  /* as listener_set_group() takes it; NULL: none */
	void *context;
	/* `what` could not be opened (or the group be found): 0: go on with the rest. `needed`: see
	 * listener_can_do_without(). */
	int (*failed)(void *context, const char *what, int error, bool needed, const struct reason *reason);
	/* Nothing is listened at by default at a unix socket, and why. */
	void (*skipped)(void *context, const char *why);
};

/* Opens all of it: `serve` stays with what is opened, `doctor` closes it again. 0, or what `failed` said. */
int listener_open_all(const struct listener_wish *wish, struct listener_sockets *sockets);

/* Closes them all and removes unix sockets of ours. */
void listener_close(struct listener_sockets *sockets);

/* The other end's numeric address without a port, as programs want it: "192.0.2.7" (also where it is mapped
 * into IPv6), "fe80::1%eth0"; "localhost" of what is no IP. */
void listener_peer_host(int fd, char *text, size_t size);

/* "192.0.2.7:51234", "[2001:db8::1]:51234", "unix" of a socket's other end (printable, also between
 * "quotation marks"), or its own. */
void listener_peer_name(int fd, char *text, size_t size);
void listener_own_name(int fd, char *text, size_t size);

#endif
