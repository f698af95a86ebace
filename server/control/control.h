/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the unix socket (mode 0600, or 0666 while there is a guest, see control_guest.h) through which
 * `zerovnc status` and other commands ask the running server. A connection carries one request, which is a
 * line: a verb, and behind a blank its argument if it has one. The answer is one JSON object and then the end
 * of the stream. If it has an "error", nothing was done.
 *
 * What "status" tells must be the present state, which the server may have to find out first, and "output",
 * "connect" and "reload" take a while. So asking and answering are two calls for these. "events" is answered
 * by one object a line for as long as the client stays (control_reader.h). All other verbs are answered at
 * once (verbs.h). Loop thread.
 */
#ifndef ZEROVNC_CONTROL_H
#define ZEROVNC_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "capture/base/reason.h"

struct control;

enum {
	CONTROL_ANSWER_MS = 1000,
	CONTROL_CALL_MS = 4000,     /* the same for a call to a viewer: shorter than clients' patience */
	CONTROL_REQUEST_SIZE = 512, /* the longest request, with the end of its line */
	CONTROL_READERS = 8,        /* of events, at a time */
};

/* The socket's name in a folder for sockets (folder_runtime()): "/control.sock". */
extern const char control_socket_name[sizeof "/control.sock"];

/* Who asks, as the kernel told when the connection was made. */
struct control_asker {
	uid_t uid;
	pid_t pid;
};

enum { CONTROL_ASKER_WORDS = 64 };

/* Writes "uid 0, process 4711". A name is not looked up: that may wait for a network. Returns `words`. */
const char *control_describe_asker(const struct control_asker *asker, char words[CONTROL_ASKER_WORDS]);

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
	/* Somebody wants the settings read again. Call control_answer() once they are. */
	void (*reload)(void *context, const struct control_asker *asker);
	/* Returns what became of that as a new reference. NULL: they are still being read. */
	json_t *(*reloaded)(void *context);
	/* Somebody wants a viewer called. Returns NULL and a number for it, or at once an answer as a new
	 * reference. Call control_answer() once it is known what became of it. */
	json_t *(*call)(
		void *context, const char *target, const struct control_asker *asker, uint64_t *number);
	/* Returns what became of that as a new reference. NULL: it is still being called. */
	json_t *(*called)(void *context, uint64_t number);
	/* Somebody wants to read events: returns the first one, as a new reference. NULL: out of memory. */
	json_t *(*begin)(void *context);
	/* Whether anybody reads events. Called on changes, just before `begin`. */
	void (*watched)(void *context, bool watched);
	/* Does what any other request asks for, and must not wait for anything. `argument` is "" if there is
	 * none. Returns the answer as a new reference. NULL: out of memory. */
	json_t *(*command)(
		void *context, const char *verb, const char *argument, const struct control_asker *asker);
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

/* This user is the guest from now on (control_guest.h). NULL: nobody is. What the former one reads ends. */
void control_set_guest(struct control *control, const uid_t *uid);

bool control_has_readers(const struct control *control);
/* Tells everybody who reads events. `event` is borrowed during the call. */
void control_tell(struct control *control, const json_t *event);

/* Closes its handles on the loop (run it once more afterwards) and removes the socket. Takes NULL. */
void control_destroy(struct control *control);

#endif
