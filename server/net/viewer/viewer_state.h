/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viewer_state: what viewer and gateway know about one viewer. Must not be included outside this folder. */
#ifndef ZEROVNC_VIEWER_STATE_H
#define ZEROVNC_VIEWER_STATE_H

#include <uv.h>

#include "server/loop.h"
#include "server/net/auth/security.h"
#include "server/net/gateway.h"
#include "server/net/queue.h"
#include "server/net/viewer/flow.h"
#include "server/rfb/message.h"

enum { PATIENCE_MS = 1000, PATIENCE_TRIES = 10 }; /* how long, and how often, the first picture is awaited */

enum {
	VIEWER_OUT_FULL = 256 << 10,    /* bytes for the viewer: at this many the library is not read */
	VIEWER_LIBRARY_FULL = 16 << 10, /* bytes for the library: at this many the viewer is not read */
	VIEWER_MAX_INSERTS = 4096,
	VIEWER_MAX_SIZE_ANSWERS = 4096, /* answers to SetDesktopSize that wait for an update request */
};

enum {
	VIEWER_ANNOUNCE_KEYS = 1,
	VIEWER_ANNOUNCE_BUTTONS = 2,
	VIEWER_ANNOUNCE_NAME = 4,
	VIEWER_ANNOUNCE_MOTION = 8,
};

enum viewer_stage { VIEWER_WAITS_FOR_PICTURE, VIEWER_SERVER_INIT, VIEWER_RUNNING };

struct gateway_viewer {
	struct gateway *gateway;
	struct peer *peer;
	uint64_t id;
	bool view_only, announced, wanting;
	enum security security;
	unsigned minor; /* of the RFB version, 3.x */
	enum viewer_stage stage;
	uv_timer_t timer; /* ends the wait for the first picture; later, the wait for room for an update */
	int patience_tries;

	struct vnc_viewer *vnc;
	uv_poll_t stream_poll, answered_poll; /* of the library's descriptors, once `vnc` is there */
	int polled;                           /* events that `stream_poll` waits for */
	struct loop_closing closing;
	struct queue to_library, inserts, server_init;
	struct queue size_answers; /* one byte each, an enum desktop_size_status */

	struct message_rectangle full, incremental; /* requested, not passed on yet; width 0: nothing */
	struct message_rectangle open;              /* the area of the incremental request that is open */
	bool full_sent; /* the library has a request for `full` that it has not answered yet */
	bool late;      /* the pixels of such a request were passed on, so our own update may follow them */
	uint64_t sent, answered; /* numbers of requests that were sent to the library, and that it answered */
	bool inside_answer;      /* bytes of an answer were passed on, but its end was not seen yet */
	bool settles;            /* the request that was sent last is answered at once */
	bool hold_requests;
	bool has_room_soon; /* requests wait until the next update may begin, which is soon */
	bool wants_look;    /* requests wait until the screen was captured again */

	bool waits_for_library; /* a message waits until the library has answered everything */

	bool continuous, knows_continuous, fences;
	struct message_rectangle continuous_area; /* as requested: the picture's size may change */
	unsigned announce, announced_once;        /* VIEWER_ANNOUNCE_* */

	struct format_served format;
	int32_t *encodings;
	size_t encoding_count;
	bool news; /* the session may have something to send: an answer ended, a request or encodings came */
	bool extended_buttons;
	bool sends_motion; /* it was told to: pointer events carry a distance, not a position */
	uint64_t skip;     /* bytes of the viewer's that are still to be skipped */
	uint32_t odd[8];   /* a bit for each message type: the log already says that such a message was odd */
	uint64_t talk;     /* messages so far, other than keys */
	struct flow flow;
};

/* The present time in microseconds, for flow. */
uint64_t viewer_now(void);

/* Whether the library has answered every request, and the answers were passed on completely. */
bool viewer_library_idle(const struct gateway_viewer *viewer);
/* Whether the stream to the viewer is between two messages. */
bool viewer_between_messages(const struct gateway_viewer *viewer);
/* Whether the viewer has asked for an update that was not answered, or runs continuous updates. */
bool viewer_awaits_update(const struct gateway_viewer *viewer);
/* Whether the viewer's messages may be acted on now. */
bool viewer_may_read(const struct gateway_viewer *viewer);

/* The part of an area that lies inside the viewer's present framebuffer; one pixel if no part does. */
struct message_rectangle viewer_clipped(const struct gateway_viewer *viewer, struct message_rectangle area);

/* Tells the session when this viewer begins or stops waiting for a picture. */
void viewer_update_wanting(struct gateway_viewer *viewer);
/* The library has something to say, or accepts something. */
void viewer_on_library(uv_poll_t *poll, int status, int events);

void viewer_to_library(struct gateway_viewer *viewer, const void *bytes, size_t size);
/* Ensures that every request to the library is answered soon. */
void viewer_settle(struct gateway_viewer *viewer);
/* Inserts a whole message of ours when the stream is next between two messages. */
void viewer_insert(struct gateway_viewer *viewer, const void *message, size_t size);
/* Inserts a fence that measures the path, unless too many are under way. */
void viewer_insert_fence(struct gateway_viewer *viewer);
/* Whether another update may begin now. If not, viewer_pump() is called again when it may. */
bool viewer_has_room(struct gateway_viewer *viewer);

#endif
