/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc: libvncserver's side of the viewers. The files of this folder are the only ones that know the library,
 * and those besides link.h are used by no other folder.
 *
 * Each viewer has a library screen of its own, and one thread that runs the library without its background
 * threads. The thread reads the viewer's messages from a socketpair, takes the newest picture, marks what
 * changed since the last one, and encodes. Two viewers share nothing of the library, so nothing of it has to
 * be locked.
 *
 * The link (link.h) holds the other end of the pair. It writes SetPixelFormat (true colour only),
 * SetEncodings and FramebufferUpdateRequest, and nothing else, and reads the answers.
 */
#ifndef ZEROVNC_VNC_H
#define ZEROVNC_VNC_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/cursor.h"
#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "encode/rfb/framebuffer.h"

struct vnc;
struct vnc_viewer;

/* `store` must outlive the result. NULL: out of memory. Loop thread. */
struct vnc *vnc_create(struct picture_store *store);
/* Every viewer must be destroyed already. Waits until their threads have ended. Loop thread. Takes NULL. */
void vnc_destroy(struct vnc *vnc);

/* A picture was published. Wakes the viewers whose update request is open. Any thread. */
void vnc_picture_published(struct vnc *vnc);

/* Sets the hardware cursor for the viewers that cannot draw one themselves. They find it in their picture;
 * the others never do. Copied. Any thread. */
void vnc_set_cursor(struct vnc *vnc, const struct cursor *cursor);

/* Sets what the picture lacks, in words for its viewers ("": nothing). The words are laid over the upper edge
 * of every viewer's picture for `ms` milliseconds, also for viewers that join later (encode/rfb/banner.h).
 * Copied. Any thread. */
void vnc_set_banner(struct vnc *vnc, const char *words, unsigned ms);

/* Starts a viewer of the size of the newest picture that it is to be shown. `instead`: as encoder_viewer has
 * it. 0 or -errno with a reason (-EAGAIN: there is no picture yet). Loop thread. */
int vnc_viewer_create(
	struct vnc *vnc, struct picture_store *instead, struct vnc_viewer **viewer, struct reason *reason);
/* Ends the viewer and its thread, and does not wait. What both share is freed when the thread has ended,
 * which takes at most as long as the encoding that it has begun. Loop thread. Takes NULL. */
void vnc_viewer_destroy(struct vnc_viewer *viewer);

/* Returns the link's end of the pair, a non-blocking stream socket. Borrowed until destroy. End of file
 * means that the library gave up. */
int vnc_viewer_stream_fd(const struct vnc_viewer *viewer);

/*
 * Returns an eventfd (non-blocking; read it to clear it) that becomes readable each time update requests have
 * been answered completely. Every byte of the answer is in the pair by then. The number read says how many
 * requests were answered. If the library had read two requests before it answered, it merges them into one
 * answer, which counts two. A changed size counts, with pixels or alone. When the sum of the numbers has
 * reached the number of requests sent, nothing follows before the next request. Messages that need no answer
 * do not touch the eventfd. Borrowed until destroy.
 */
int vnc_viewer_answered_fd(const struct vnc_viewer *viewer);

/* As encoder_impl.show. Loop thread. */
void vnc_viewer_show(struct vnc_viewer *viewer, struct picture_store *instead);

/* Says whether the viewer draws the cursors that it is sent. Until this is called, the cursor is painted into
 * its picture. Any thread that cannot race with destroy. */
void vnc_viewer_draws_cursor(struct vnc_viewer *viewer, bool draws);

/* See vnc_link_known(). Every request was answered, and the answer was read. Loop thread. */
void vnc_viewer_known(struct vnc_viewer *viewer, struct framebuffer_known *known);
void vnc_viewer_adopt(struct vnc_viewer *viewer, const struct framebuffer_known *known);

/* Writes the viewer's framebuffer, as in its report, and its screens. Any thread that cannot race with
 * destroy. */
void vnc_viewer_desktop(struct vnc_viewer *viewer, struct encoder_desktop *desktop);

/* Fills the report. Any thread that cannot race with destroy. */
void vnc_viewer_report(struct vnc_viewer *viewer, struct encoder_report *report);

#endif
