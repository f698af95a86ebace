/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the unix socket (0600) through which `zerovnc status` asks the running server. One request a
 * connection: the line "status"; the answer is one JSON object, then the end of the stream.
 */
#ifndef ZEROVNC_CONTROL_H
#define ZEROVNC_CONTROL_H

#include <jansson.h>
#include <uv.h>

#include "capture/reason.h"

struct control;

/* Listens at `path`; NULL: at control.sock in the folder for sockets (folder_runtime()), which is made.
 * `status` makes the answer: a new reference. 0 or -errno with a reason; -EADDRINUSE: another server answers
 * there; -EEXIST: something that is no socket lies there; -EPERM: somebody else than this user and root owns
 * what lies there or the folder. A socket that nobody answers is replaced.
 */
int control_create(uv_loop_t *loop, const char *path, json_t *(*status)(void *context), void *context,
	struct control **control, struct reason *reason);
/* Closes its handles on the loop (run it once more afterwards) and removes the socket. Takes NULL. */
void control_destroy(struct control *control);

/* The other end: asks the server at `path`; NULL: at the places where one of this user's may be. Only a
 * server that this user or root runs is asked. A new reference, or NULL with a reason. */
json_t *control_ask(const char *path, const char *request, struct reason *reason);

#endif
