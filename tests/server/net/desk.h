/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desk: a gateway with the real library behind it and a small picture that the test paints, on a loop in a
 * thread of its own. It also has a viewer that speaks RFB to this gateway over a socket, one call at a time.
 */
#ifndef ZEROVNC_TEST_DESK_H
#define ZEROVNC_TEST_DESK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "encode/picture.h"
#include "server/net/gateway.h"
#include "server/session/resize.h"

struct desk {
	struct gateway_options options;
	char folder[64], socket[100], listen[120];
	struct picture_store *store;
	/* set before the start; NULL: those of libvncserver */
	struct encoders *(*make_encoders)(uv_loop_t *loop, struct picture_store *store);
	struct encoders *encoders;
	struct gateway *gateway;
	uv_loop_t loop;
	uv_async_t stop, ready;
	pthread_t thread;
	struct damage damage;
	uint32_t width, height; /* of the picture */
	_Atomic bool wanted;
	void (*on_key)(uint32_t keysym); /* set before the start; NULL: nobody wants the keys */
	_Atomic bool view_only;          /* the loop adopts it at each desk_looked(), which it counts */
	_Atomic unsigned looks;
	bool looks_itself; /* set before the start; true: the test calls desk_looked() */
	/* who comes in while this is set is shown these pictures, and waits until the loop admits it at a
	 * desk_looked(); the test sets it */
	struct picture_store *_Atomic instead;
	_Atomic uint64_t received; /* the id of the last viewer that came in */
	_Atomic unsigned withdrew;
	_Atomic uint64_t admitted; /* the id of the viewer that the loop is to admit */
	_Atomic unsigned joined, left, refused, keys, pointers, motions;
	_Atomic int32_t dx, dy;
	_Atomic uint64_t talk;       /* the viewer's count of messages at its last key */
	_Atomic uint64_t pressed_ns; /* when the last key came, by CLOCK_MONOTONIC; set before its keysym */
	_Atomic uint32_t keysym, scancode, buttons, position;
	/* Set before the start: gives the "display" other screens, as struct resizer has it; NULL: it keeps
	 * its own. The display is one of 64x48 at first. */
	int (*set_size)(struct desk *desk, const struct resize_screens *screens);
	bool sideways;
	struct resize_screens display; /* the loop's */
	struct resize *resize;
	/* the loop sends an update as soon as it may; the test sets this before, and the loop clears it
	 * after */
	_Atomic bool send_update;
};

/* `options.listen` may be left empty: the desk then uses a unix socket in a folder of its own. Ends the test
 * on failure. */
void desk_start(struct desk *desk);
void desk_stop(struct desk *desk);

/* Fills the picture with one colour and publishes it. */
void desk_paint(struct desk *desk, uint32_t width, uint32_t height, uint32_t colour);

/* Publishes another picture of the same size. */
void desk_show(struct desk *desk, const uint32_t *pixels);

/* Does what the frame thread does after each look: viewers that wait for a fresh picture may go on. */
void desk_looked(struct desk *desk);

/* Fills one 64x64 tile of the picture and publishes that. */
void desk_paint_square(struct desk *desk, uint32_t column, uint32_t row, uint32_t colour);

/* --- a viewer --- */

struct seen {
	int fd;
	uint32_t width, height;
	uint32_t *pixels; /* what the updates have drawn; Raw only */
	unsigned updates, rectangles;
	unsigned end_of_continuous, fences;
	uint32_t fence_flags;
	uint8_t fence_payload[64];
	size_t fence_size;
	int32_t pseudo[16]; /* pseudo-encodings seen in updates */
	unsigned pseudo_count;
	char name[64];                                      /* the desktop's name, if an update has told it */
	uint16_t reason, status;                            /* those of the last ExtendedDesktopSize */
	struct picture_screen screens[PICTURE_MAX_SCREENS]; /* of the last ExtendedDesktopSize */
	unsigned screen_count;
	char sizes[64]; /* reason and status of each one that answered SetDesktopSize: "1:1", "1:3"
			 * ... */
};

int desk_connect(const struct desk *desk);
void seen_read(int fd, void *bytes, size_t size);
/* True: the other side has closed the connection, or closes it within this time. Whatever comes before that
 * is dropped. */
bool seen_closed(int fd, int timeout_ms);
void seen_say(int fd, const void *bytes, size_t size);
/* Does a whole handshake with security None, up to ServerInit. */
void seen_join(const struct desk *desk, struct seen *seen);
void seen_leave(struct seen *seen);
void seen_encodings(struct seen *seen, const int32_t *list, unsigned count);
void seen_request(
	struct seen *seen, bool incremental, uint16_t x, uint16_t y, uint16_t width, uint16_t height);
/* Reads one message. Returns its number, or -1 if none came in time. */
int seen_message(struct seen *seen, int timeout_ms);
/* Reads until an update with pixels was seen. Other messages are counted. */
void seen_update(struct seen *seen);

#endif
