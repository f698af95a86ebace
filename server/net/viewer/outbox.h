/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox: what a viewer is sent. The encoder's updates go through as they come, and whole messages of ours go
 * between two of them: while bytes of an update were passed on and its end was not, ours wait. Loop thread.
 */
#ifndef ZEROVNC_OUTBOX_H
#define ZEROVNC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "encode/rfb/encoder.h"
#include "server/net/queue.h"

struct flow;
struct peer;

enum {
	OUTBOX_FULL = 256 << 10, /* bytes for the viewer: at this many nothing is taken from the encoder */
	OUTBOX_MAX_WAITING = 4096,
};

/* Starts zeroed: nothing can be sent yet. */
struct outbox {
	struct peer *peer;       /* borrowed */
	struct encoder *encoder; /* borrowed; NULL: none yet */
	struct queue waiting;    /* our messages, until the update that is being sent ends */
	bool begun;              /* bytes of the present update were sent */
	bool news;               /* the session is to be told that it may send something */
};

/* ServerInit was sent. Both are borrowed until finish. */
void outbox_init(struct outbox *outbox, struct peer *peer, struct encoder *encoder);
void outbox_finish(struct outbox *outbox);

/* Whether the stream to the viewer is between two messages. */
bool outbox_is_between(const struct outbox *outbox);

/* Adds a whole message of ours, which goes out when the stream is next between two messages. Returns 0 or
 * -ENOMEM. */
int outbox_add(struct outbox *outbox, const void *message, size_t size);

/* Adds a fence that measures the path, unless too many are under way. Returns 0 or -ENOMEM. */
int outbox_add_fence(struct outbox *outbox, struct flow *flow);

/* Sends a whole message of the session's at once. Returns 0, -ENOMEM, or -EAGAIN if the stream is inside a
 * message, or the queue is long. */
int outbox_send(struct outbox *outbox, const void *message, size_t size);

/* The session may have something to send: an update ended, or the viewer has asked for something else than
 * before. */
void outbox_has_news(struct outbox *outbox);
/* Whether the session is to be told that it may send now. It is told once for all news. If the queue is long
 * it could not send anything, so the news wait. */
bool outbox_invites(struct outbox *outbox);

/* Takes bytes from the encoder, at most as many as there is room for; those that it lends are not copied.
 * Returns what encoder_take() returns, or 0 if there is no room. */
ssize_t outbox_take(struct outbox *outbox);

/* The update has ended: the messages that waited for this go out. Returns 0 or -ENOMEM. */
int outbox_release(struct outbox *outbox);

/* Has the peer send, unless more of an update will come soon. */
void outbox_flush(struct outbox *outbox);

/* The encoder has no more at the moment: has the peer send the first pixels of an update. */
void outbox_begin(struct outbox *outbox);

/* Whether nothing more is taken from the encoder, until the viewer reads. */
bool outbox_is_full(const struct outbox *outbox);

/* Whether there is room for answers to what the viewer says. */
bool outbox_has_room(const struct outbox *outbox);

#endif
