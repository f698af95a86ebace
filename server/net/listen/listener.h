/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener: opens the sockets that --listen names. */
#ifndef ZEROVNC_LISTENER_H
#define ZEROVNC_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/base/reason.h"
#include "server/net/listen/sockets.h"

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
	const char *socket_group;  /* as listen_unix_set_group() takes it; NULL: none */
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

#endif
