/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc: libvncserver's side of one viewer. Its files, server/vnc*, are the only ones that know the library.
 *
 * Each viewer has a library screen of its own and one thread that runs the library without its background
 * threads: it reads the viewer's messages from a socketpair, takes the newest picture, marks what changed
 * since the last one, and encodes. Nothing of the library is shared between two viewers, so nothing of it has
 * to be locked.
 *
 * The gateway holds the other end of the pair. From the library it reads ServerInit first, then whatever
 * answers the messages it lets through: SetPixelFormat (true colour only), SetEncodings and
 * FramebufferUpdateRequest, nothing else.
 */
#ifndef ZEROVNC_VNC_H
#define ZEROVNC_VNC_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/cursor.h"
#include "capture/reason.h"
#include "encode/picture.h"

struct vnc;
struct vnc_viewer;

/* `store` must outlive it. `name`: the desktop's, for ServerInit. Loop thread. */
struct vnc *vnc_create(struct picture_store *store, const char *name);
/* Every viewer must be destroyed already. Takes NULL. */
void vnc_destroy(struct vnc *vnc);

/* A picture was published: wakes the viewers whose update request is open. Any thread. */
void vnc_picture_published(struct vnc *vnc);

/* The hardware cursor, for the viewers that cannot draw one themselves: they find it in their picture, the
 * others never do. Copied. Any thread. */
void vnc_set_cursor(struct vnc *vnc, const struct cursor *cursor);

/* What the picture lacks, in words for whoever looks at it ("": nothing): laid over the upper edge of every
 * viewer's picture for so long, those that come later included (server/banner.h). Copied. Any thread. */
void vnc_set_banner(struct vnc *vnc, const char *words, unsigned ms);

/* Starts a viewer of the size of the newest picture. 0 or -errno with a reason (-EAGAIN: there is no picture
 * yet). Loop thread. */
int vnc_viewer_create(struct vnc *vnc, struct vnc_viewer **viewer, struct reason *reason);
/* Ends its thread (at most one encoding long) and frees all of it. Loop thread. Takes NULL. */
void vnc_viewer_destroy(struct vnc_viewer *viewer);

/* The gateway's end of the pair: a non-blocking stream socket. Borrowed until destroy. End of file: the
 * library gave up. */
int vnc_viewer_stream_fd(const struct vnc_viewer *viewer);

/*
 * An eventfd (non-blocking, read it to clear it) that becomes readable each time that update requests have
 * been answered completely: every byte of the answer is in the pair by then. The number read says how many
 * requests were answered: two that the library had read before it answered are merged into one answer and
 * count two. A changed size counts, with pixels or alone. When it has reached the number of requests sent,
 * nothing follows before the next request. Messages that need no answer do not touch it. Borrowed until
 * destroy.
 */
int vnc_viewer_answered_fd(const struct vnc_viewer *viewer);

/* Whether the viewer draws cursors that it is sent; until this is said, the cursor is painted into its
 * picture. Any thread that may not race with destroy. */
void vnc_viewer_draws_cursor(struct vnc_viewer *viewer, bool draws);

/* Of the viewer's framebuffer, as in its report. Any thread that may not race with destroy. */
void vnc_viewer_size(const struct vnc_viewer *viewer, uint32_t *width, uint32_t *height);

struct vnc_viewer_report {
	uint64_t updates;       /* framebuffer updates sent */
	uint64_t mixed_updates; /* of them, those whose picture was taken away before they were through */
	char encoding[24];      /* preferred by the viewer: "Tight", "ZRLE", ... */
	uint32_t width, height; /* of the viewer's framebuffer */
};
/* Any thread that may not race with destroy. */
void vnc_viewer_report(struct vnc_viewer *viewer, struct vnc_viewer_report *report);

#endif
