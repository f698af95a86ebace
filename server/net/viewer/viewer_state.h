/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viewer_state: what viewer and gateway know about one viewer. Must not be included outside this folder. */
#ifndef ZEROVNC_VIEWER_STATE_H
#define ZEROVNC_VIEWER_STATE_H

#include <uv.h>

#include "encode/rfb/encoder.h"
#include "server/loop.h"
#include "server/net/auth/security.h"
#include "server/net/gateway.h"
#include "server/net/queue.h"
#include "server/net/viewer/extensions.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/outbox.h"
#include "server/net/viewer/requests.h"
#include "server/net/viewer/size_answers.h"
#include "server/net/viewer/viewers.h"
#include "server/rfb/message.h"

enum { PATIENCE_MS = 1000, PATIENCE_TRIES = 10 }; /* how long, and how often, the first picture is awaited */

struct gateway_viewer {
	struct viewers *viewers; /* borrowed */
	struct peer *peer;
	uint64_t id;
	bool view_only, announced, wanting;
	enum security security;
	unsigned minor;   /* of the RFB version, 3.x */
	uv_timer_t timer; /* ends the wait for the first picture; later, the wait for room for an update */
	int patience_tries;

	struct encoder *encoder; /* NULL: it waits for the first picture */
	struct loop_closing closing;
	struct outbox outbox;
	struct size_answers size_answers;
	struct extensions extensions;

	struct requests requests;
	bool has_room_soon;  /* requests wait until the next update may begin, which is soon */
	bool waits_for_idle; /* a message waits until the encoder has answered everything */

	struct format_served format;
	uint64_t skip;   /* bytes of the viewer's that are still to be skipped */
	uint32_t odd[8]; /* a bit for each message type: the log already says that such a message was odd */
	uint64_t talk;   /* messages so far, other than keys */
	struct flow flow;
};

/* Whether the viewer's messages may be acted on now. */
bool viewer_may_read(const struct gateway_viewer *viewer);

/* Tells the session when this viewer begins or stops waiting for a picture. */
void viewer_update_wanting(struct gateway_viewer *viewer);
/* The encoder has something to say, or accepts something. */
void viewer_on_encoder(void *context);

/* Inserts a whole message of ours when the stream is next between two messages. */
void viewer_insert(struct gateway_viewer *viewer, const void *message, size_t size);
/* Inserts a fence that measures the path, unless too many are under way. */
void viewer_insert_fence(struct gateway_viewer *viewer);

#endif
