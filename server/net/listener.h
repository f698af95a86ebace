/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener: the sockets through which viewers come in.
 */
#ifndef ZEROVNC_LISTENER_H
#define ZEROVNC_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"

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
};

struct listener_sockets {
	struct listener_socket *list;
	size_t count;
	bool grouped; /* unix sockets without a given mode belong to `group`, with mode 0660 */
	gid_t group;
};

/* Sets the group of unix sockets. Call it before sockets are opened. It may wait for a network if groups are
 * kept on one. Returns 0, -EINVAL if there is no such group, or another -errno. Each error comes with a
 * reason. */
int listener_set_group(struct listener_sockets *sockets, const char *name, struct reason *reason);

/* Checks the spelling of one --listen. Returns 0, or -EINVAL (-ENAMETOOLONG for a path) with a reason that
 * shows the right spelling if it can be guessed. */
int listener_check(const char *what, struct reason *reason);

/*
 * Opens what one --listen names: "ADDR:PORT", "[ADDR6]:PORT", "PORT" (this machine only),
 * "unix:PATH[,mode=0600]", "fd:N", "systemd" (the sockets of LISTEN_FDS). A name may resolve to several
 * addresses. A numeric address that this machine does not have (yet) is listened at nonetheless, and marked
 * as `awaited`. Returns 0, or -errno with a reason and remedy; `sockets` is then unchanged.
 */
int listener_open(const char *what, struct listener_sockets *sockets, struct reason *reason);

/*
 * Opens the default listeners: systemd's sockets if there are some, else both loopback addresses and a unix
 * socket, vnc.sock in the folder for sockets (folder_make_runtime()). `skipped`: why there is no such unix
 * socket, which is no error unless a group was set; else "".
 */
int listener_open_default(struct listener_sockets *sockets, struct reason *skipped, struct reason *reason);

/* Whether `error`, as returned by listener_open(what), may be ignored: a machine without IPv6 lacks the IPv6
 * half of loopback, and something else is listened at already. */
bool listener_can_do_without(const char *what, int error, const struct listener_sockets *sockets);

/* What the administrator wants to listen at, and callbacks for what cannot be opened. */
struct listener_wish {
	const char *const *listen; /* as listener_open() takes it */
	size_t listen_count;       /* 0: listener_open_default() */
	const char *socket_group;  /* as listener_set_group() takes it; NULL: none */
	void *context;
	/* `what` could not be opened, or the group could not be found. `what` is the --listen, "" for the
	 * default listeners, "--socket-group" for the group. `needed`: see listener_can_do_without(). Returns
	 * 0 to go on with the rest. */
	int (*failed)(void *context, const char *what, int error, bool needed, const struct reason *reason);
	/* There is no default unix socket, and `why` says why not. */
	void (*skipped)(void *context, const char *why);
};

/* Opens all of it: `serve` stays with what is opened, `doctor` closes it again. Returns 0, or what `failed`
 * returned. */
int listener_open_all(const struct listener_wish *wish, struct listener_sockets *sockets);

/* Closes them all and removes our unix sockets. */
void listener_close(struct listener_sockets *sockets);

/* The other end's numeric address without a port, in the form that programs want: "192.0.2.7" (even if it is
 * mapped into IPv6), "fe80::1%eth0"; "localhost" if it is not IP. */
void listener_peer_host(int fd, char *text, size_t size);

/* The name of a socket's other end, or of its own end: "192.0.2.7:51234", "[2001:db8::1]:51234", "unix".
 * Printable, even between "quotation marks". */
void listener_peer_name(int fd, char *text, size_t size);
void listener_own_name(int fd, char *text, size_t size);

#endif
