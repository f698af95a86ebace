/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop: the outputs that are shown together, as views, and where each lies in the picture. With one output
 * there is one view, which is the whole picture. Frame thread. No file outside of this folder includes it.
 */
#ifndef ZEROVNC_DESKTOP_H
#define ZEROVNC_DESKTOP_H

#include "encode/picture.h"
#include "server/frames/lookout.h"
#include "server/frames/view.h"

struct desktop {
	/* What is asked for. Strings are borrowed. */
	struct source_options source;
	char *switched; /* the outputs that desktop_switch() was last given, to which `source` points; owned
			 */
	enum path_kind path;
	unsigned fps;
	bool several; /* source.output is a list of outputs or "all" */
	struct layout_spec layout;

	struct view *views[HEADS_MAX]; /* at least one, once it is created */
	size_t count;
	uint32_t width, height; /* of the picture */
	struct picture_screen screens[PICTURE_MAX_SCREENS];
	uint32_t screen_count;
	bool moved;             /* outputs came, went or lie elsewhere since desktop_redraw() */
	struct reason left_out; /* what cannot be placed, and why; empty: nothing */

	struct lookout lookout; /* when to look whether outputs came or went */
	uint64_t fingerprint;   /* of all outputs, when it was last looked */
};

/* Finds out which outputs there are, and makes a view of each. If none is lit so far, makes one that shows
 * why. `told`: desktop_follow() is called with 0 when the kernel tells of monitors that come and go. 0 or
 * -errno with a reason: there is no such output, or memory ran out. */
int desktop_create(struct desktop *desktop, const struct source_options *source, enum path_kind path,
	unsigned fps, bool told, struct reason *reason);
void desktop_destroy(struct desktop *desktop);

/* Another rate for all outputs, also for those that come later. */
void desktop_set_fps(struct desktop *desktop, unsigned fps);

/*
 * Looks whether outputs came or went, if it is time or `now_ns` is 0, and makes and drops views. An output
 * that went dark is dropped after some seconds if another one is lit. Returns whether there are other views
 * than before.
 */
bool desktop_follow(struct desktop *desktop, uint64_t now_ns);

/* Shows other outputs: as source.output, or "next", the lit one after the first that is shown. What stays is
 * not opened anew. 0, or -errno with a reason, and nothing has changed. */
int desktop_switch(struct desktop *desktop, const char *outputs, struct reason *reason);

/* How long until desktop_follow() looks again. UINT64_MAX: it never does. */
uint64_t desktop_wait_ns(const struct desktop *desktop, uint64_t now_ns);

/* Places the views by what each shows at present. */
void desktop_arrange(struct desktop *desktop);

/* To be called if the picture is another one: every part is written anew, where it lies now. */
void desktop_redraw(struct desktop *desktop);

#endif
