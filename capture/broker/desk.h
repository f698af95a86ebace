/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * broker_desk: one client of the broker, on its side. A desk answers one request at a time, and keeps a
 * screen open for the client. It knows nothing of the process around it. One thread.
 */
#ifndef ZEROVNC_BROKER_DESK_H
#define ZEROVNC_BROKER_DESK_H

#include "capture/broker/wire_frame.h"
#include "capture/input_device.h"
#include "capture/source.h"

/* What a desk may do for its client. The broker has the machine's own; tests have others. */
struct desk_services {
	int (*open)(const struct source_options *options, struct source **source, struct reason *why);
	int (*find_heads)(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
		struct reason *why);
	/* Returns in `fd` a device that the caller owns. */
	int (*make_device)(enum input_device_kind kind, const struct input_device_options *options, int *fd,
		struct reason *why);
};

struct desk {
	int fd;                               /* the connection; owned */
	uint32_t processor;                   /* where the last request came from */
	const struct desk_services *services; /* borrowed */
	struct source *source;                /* owned; NULL: no screen is open */
	struct wire_memories memories;
	struct frame frame; /* the last one, without its descriptors: is_current asks about it */
	uint64_t shape;     /* of the cursor whose pixels the memory has */
	int event_fd;       /* owned; the client has a copy; -1: none */
	bool armed;         /* a vertical blank was asked for and has not come */
};

/* NULL: out of memory. Takes the connection over in any case. It must be non-blocking: a client that does not
 * read its answers is dropped. */
struct desk *desk_create(int fd, const struct desk_services *services);
/* Closes the screen and the connection. Takes NULL. */
void desk_destroy(struct desk *desk);

/* Answers the request that made the connection readable. 0; -errno: the client is gone, or it broke the
 * rules, and the desk is to be destroyed. */
int desk_answer(struct desk *desk);

/* What is pollable for the vertical blank that the client waits for. -1: it waits for none. */
int desk_event_fd(const struct desk *desk);
/* Passes on what poll() told of that. */
void desk_pass_event(struct desk *desk, short revents);

#endif
