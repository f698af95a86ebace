/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viewers: what all viewers of a gateway share. Loop thread. */
#ifndef ZEROVNC_VIEWERS_H
#define ZEROVNC_VIEWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "encode/rfb/encoder.h"
#include "server/net/gateway.h"

struct viewers {
	uv_loop_t *loop;                     /* borrowed */
	struct encoders *encoders;           /* borrowed */
	const struct gateway_events *events; /* borrowed */
	char *desktop_name;                  /* owned */
	bool relative_pointer;               /* see struct gateway_options */
	bool view_only;                      /* no viewer may type or point */
	uint64_t last_id;                    /* that a viewer got; 0: there was none */
	uint32_t waiting;                    /* how many wait for a picture or an update */
};

/* Of the options only the desktop's name, `relative_pointer` and `view_only` are used. What is borrowed must
 * outlive the viewers. Returns 0 or -ENOMEM. */
int viewers_init(struct viewers *viewers, uv_loop_t *loop, struct encoders *encoders,
	const struct gateway_events *events, const struct gateway_options *options);
/* Every viewer is destroyed already. Takes what is zeroed. */
void viewers_finish(struct viewers *viewers);

/* An id that no viewer had before. */
uint64_t viewers_new_id(struct viewers *viewers);

/* A viewer began (+1) or stopped (-1) to wait for an update. Tells the session if that changes something. */
void viewers_count_waiting(struct viewers *viewers, int change);

#endif
