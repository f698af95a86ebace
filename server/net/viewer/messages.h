/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * messages: reads what a viewer says (server/rfb/message.h) and acts on it, one message after the other, in
 * their order. A message waits if it must not take effect in the middle of an update, or if its answer has no
 * room. Loop thread.
 */
#ifndef ZEROVNC_MESSAGES_H
#define ZEROVNC_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "server/net/queue.h"
#include "server/rfb/format.h"

struct extensions;
struct flow;
struct viewer;
struct outbox;
struct peer;
struct requests;
struct size_answers;
struct viewers;

/* What messages act on. */
struct messages_subject {
	struct viewer *viewer; /* asked what it may do, and named to the session */
	const struct viewers *viewers;
	struct peer *peer;
	struct encoder *encoder;
	struct requests *requests;
	struct extensions *extensions;
	struct size_answers *size_answers;
	struct outbox *outbox;
	struct flow *flow;
};

struct messages {
	struct messages_subject on;
	struct format_served format; /* that the viewer asked for last; the picture's own until then */
	bool waits;                  /* the next message waits until the encoder is idle */
	uint64_t skip;               /* bytes of the viewer's that are still to be skipped */
	uint32_t odd[8]; /* a bit for each message type: the log already says that such a message was odd */
	uint64_t talk;   /* messages so far, other than keys */
};

/* ServerInit was sent. All that the subject points to is borrowed until the viewer's end. */
void messages_init(struct messages *messages, const struct messages_subject *on);

/* Acts on the messages in `in`, as far as that is allowed now and until the peer's turn is over. If one has
 * to wait, the peer is not read until messages_may_go_on(). Ends the peer if a message makes that necessary.
 */
void messages_read(struct messages *messages, struct queue *in);

/* Whether messages may be acted on now, whatever they are. */
bool messages_may_go_on(const struct messages *messages);

#endif
