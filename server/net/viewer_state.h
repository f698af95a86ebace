/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viewer_state: what viewer and gateway know of one viewer. Nobody outside this folder includes it. */
#ifndef ZEROVNC_VIEWER_STATE_H
#define ZEROVNC_VIEWER_STATE_H

#include <uv.h>

#include "server/loop.h"
#include "server/net/flow.h"
#include "server/net/gateway.h"
#include "server/net/message.h"
#include "server/net/queue.h"
#include "server/net/security.h"

enum { PATIENCE_MS = 1000, PATIENCE_TRIES = 10 }; /* with a viewer that waits for the first picture */

enum {
	VIEWER_OUT_FULL = 256 << 10, /* bytes that wait for the viewer: no more is taken from the library */
	VIEWER_LIBRARY_FULL = 16 << 10, /* bytes that wait for the library: no more is read from the viewer */
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
	enum viewer_stage stage;
	uv_timer_t timer; /* patience with the first picture; later, until there is room for an update */
	int patience_tries;

	struct vnc_viewer *vnc;
	uv_poll_t stream_poll, answered_poll; /* the library's, once `vnc` is there */
	int polled;                           /* events that `stream_poll` waits for */
	struct loop_closing closing;
	struct queue to_library, inserts, server_init;
	struct queue size_answers; /* enum desktop_size_status, a byte each */

	struct message_rectangle full, incremental; /* asked for and not sent on yet; width 0: nothing */
	struct message_rectangle open;              /* of the incremental request that is open */
	bool full_sent;                             /* a request of the first kind is with the library */
	bool late; /* its pixels were passed on, and what we have to say beside them may follow */
	uint64_t sent, answered; /* requests, to and by the library */
	bool inside_answer;      /* bytes of an answer were passed on, its end was not seen yet */
	bool settles;            /* what was sent last is answered at once */
	bool hold_requests;
	bool has_room_soon; /* requests wait for the next update's time, and that is near */
	bool wants_look;    /* requests wait until the screen was looked at */

	bool waits_for_library; /* a message waits until the library has answered everything */

	bool continuous, knows_continuous, fences;
	struct message_rectangle continuous_area; /* as it was asked for: the picture may change its size */
	unsigned announce, announced_once;        /* VIEWER_ANNOUNCE_* */

	struct viewer_format format;
	int32_t *encodings;
	size_t encoding_count;
	bool news; /* the session may have something to send: an answer ended, a request or encodings came */
	bool extended_buttons;
	bool sends_motion; /* it was told to: pointer events have how far, not where */
	uint64_t skip;     /* bytes of the viewer's to pass over */
	uint32_t odd[8];   /* a bit for each kind of message of which the log has told that it was odd */
	uint64_t talk;     /* messages that were no keys, so far */
	struct flow flow;
};

/* Microseconds, for flow. */
uint64_t viewer_now(void);

/* Every request was answered, and the answers were passed on whole. */
bool viewer_library_idle(const struct gateway_viewer *viewer);
/* The stream to the viewer stands between two messages. */
bool viewer_between_messages(const struct gateway_viewer *viewer);
/* It has asked for an update that was not answered, or runs continuous updates. */
bool viewer_awaits_update(const struct gateway_viewer *viewer);
/* Whether its messages may be acted on now. */
bool viewer_may_read(const struct gateway_viewer *viewer);

/* What of an area lies in the viewer's framebuffer as it is now; where nothing does, a pixel. */
struct message_rectangle viewer_clipped(const struct gateway_viewer *viewer, struct message_rectangle area);

/* Tells the session when this viewer begins or stops to wait for a picture. */
void viewer_update_wanting(struct gateway_viewer *viewer);
/* The library has something to say, or takes something. */
void viewer_on_library(uv_poll_t *poll, int status, int events);

void viewer_to_library(struct gateway_viewer *viewer, const void *bytes, size_t size);
/* Sees to it that everything that was asked of the library is answered soon. */
void viewer_settle(struct gateway_viewer *viewer);
/* Puts a whole message of ours where the stream next stands between two. */
void viewer_insert(struct gateway_viewer *viewer, const void *message, size_t size);
/* A fence that measures the way, unless too many are under way. */
void viewer_insert_fence(struct gateway_viewer *viewer);
/* Whether another update may begin now; if not, viewer_pump() is called again when it may. */
bool viewer_has_room(struct gateway_viewer *viewer);

#endif
