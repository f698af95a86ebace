/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context: what the converters of one card and one thread share: an EGL context, and the programs in it. To
 * change between two contexts takes a GPU longer than to find out that nothing changed in a frame.
 *
 * It is opened with the first of its users and closed with the last. Each user's buffers and textures are its
 * own. What one user leaves bound is not what the next one expects, so each says that it comes in
 * (context_enter).
 */
#ifndef ZEROVNC_CONTEXT_H
#define ZEROVNC_CONTEXT_H

#include <sys/stat.h>

#include "encode/gl/compute.h"
#include "encode/gl/egl.h"
#include "encode/gl/gl.h"

/* Which converters may share one. */
struct context_key {
	char card_node[64];
	/* Another card may get the name of one that is gone. */
	dev_t device;
	ino_t inode;
	struct timespec changed;
	int version;
	bool ordinary;       /* both as in egl_options */
	int threads, coding; /* as in gl_options: what programs differ in */
	unsigned thread;     /* of the users */
};

struct context {
	struct egl egl;
	struct compute_programs programs;
	/* It was lost or failed. Nobody joins it any more, and its users leave it before their next frame. */
	bool retired;

	/* Only context.c uses these. */
	struct context_key key;
	unsigned users;
	const void *inside; /* who came in last */
	struct context *next;
};

/* Joins the context that suits, or opens one, and makes it current. It must be left. 0, or -errno with what
 * is missing. */
int context_join(struct context **context, const char *card_node, const struct gl_options *options,
	struct reason *reason);

/* Whoever leaves has removed what it made in the context. With the last one all of it goes. */
void context_leave(struct context *context);

/*
 * Makes the context current for this user. `stranger` tells whether somebody else was inside since this user
 * came in last, so that nothing is bound as it left it. 0 or -EIO.
 */
int context_enter(struct context *context, const void *user, bool *stranger);

/* Somebody else than the users is about to use the context. */
void context_lend(struct context *context);

#endif
