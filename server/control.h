/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the unix socket (0600) through which `zerovnc status` asks the running server. One request a
 * connection: the line "status"; the answer is one JSON object, then the end of the stream.
 *
 * What is told is to be of now, which may have to be found out first: so asking and answering are two calls.
 */
#ifndef ZEROVNC_CONTROL_H
#define ZEROVNC_CONTROL_H

#include <jansson.h>
#include <uv.h>

#include "capture/reason.h"

struct control;

enum { CONTROL_ANSWER_MS = 1000 };

/* Called on the loop thread. */
struct control_events {
	void *context;
	/* Somebody asks for the status: control_answer() is wanted as soon as it is known, and comes by
	 * itself after CONTROL_ANSWER_MS. */
	void (*asked)(void *context);
	/* The answer: a new reference, NULL: out of memory. */
	json_t *(*status)(void *context);
};

/* Listens at `path`; NULL: at control.sock in the folder for sockets (folder_runtime()), which is made.
 * 0 or -errno with a reason; -EADDRINUSE: another server answers there; -EEXIST: something that is no socket
 * lies there; -EPERM: somebody else than this user and root owns what lies there or the folder. A socket that
 * nobody answers is replaced.
 */
int control_create(uv_loop_t *loop, const char *path, const struct control_events *events,
	struct control **control, struct reason *reason);

/* Answers everybody who has asked. Also from within `asked`. */
void control_answer(struct control *control);

/* Closes its handles on the loop (run it once more afterwards) and removes the socket. Takes NULL. */
void control_destroy(struct control *control);

/* The other end: asks the server at `path`; NULL: at the places where one of this user's may be. Only a
 * server that this user or root runs is asked. A new reference, or NULL with a reason. */
json_t *control_ask(const char *path, const char *request, struct reason *reason);

#endif
