/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the unix socket (mode 0600) through which `zerovnc status` asks the running server. A connection
 * carries one request, the line "status", or "output" and a name. The answer is one JSON object and then the
 * end of the stream.
 *
 * The answer must show the present state, which the server may have to find out first. So asking and
 * answering are two calls. Loop thread, except control_ask().
 */
#ifndef ZEROVNC_CONTROL_H
#define ZEROVNC_CONTROL_H

#include <jansson.h>
#include <uv.h>

#include "capture/base/reason.h"

struct control;

enum { CONTROL_ANSWER_MS = 1000 };

/* Called on the loop thread. */
struct control_events {
	void *context;
	/* Somebody asks for the status. Call control_answer() as soon as the status is known. After
	 * CONTROL_ANSWER_MS the answer is sent anyway. */
	void (*asked)(void *context);
	/* Returns the answer as a new reference. NULL: out of memory. */
	json_t *(*status)(void *context);
	/* Somebody asks for other outputs. Call control_answer() once they are shown, or cannot be. */
	void (*output)(void *context, const char *outputs);
	/* Returns what became of that as a new reference. NULL: they are not shown yet. */
	json_t *(*switched)(void *context);
};

/* Listens at `path`. If that is NULL, listens at control.sock in the folder for sockets (folder_runtime()),
 * which is made. A socket that nobody answers is replaced. 0 or -errno with a reason. -EADDRINUSE: another
 * server answers there. -EEXIST: something that is no socket lies there. -EPERM: the folder, or what lies
 * there, belongs to another user than this one and root.
 */
int control_create(uv_loop_t *loop, const char *path, const struct control_events *events,
	struct control **control, struct reason *reason);

/* Answers every client that has asked. May be called from within `asked`. */
void control_answer(struct control *control);

/* Closes its handles on the loop (run it once more afterwards) and removes the socket. Takes NULL. */
void control_destroy(struct control *control);

/* The client's side: asks the server at `path`. If that is NULL, tries the places where a server of this user
 * may listen. Only a server that this user or root runs is asked. Returns the answer as a new reference, or
 * NULL with a reason. Blocks. */
json_t *control_ask(const char *path, const char *request, struct reason *reason);

#endif
