/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_screen: libvncserver in the way in which we run it. There is one screen for one viewer, and the library
 * has no port, no thread and no cursor of its own. The viewer is at the other end of a socketpair, and its
 * handshake is over.
 *
 * No other folder includes this.
 */
#ifndef ZEROVNC_VNC_SCREEN_H
#define ZEROVNC_VNC_SCREEN_H

#include <rfb/rfb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "encode/rfb/encoder.h"

struct vnc_screen {
	rfbScreenInfoPtr info; /* owned; the caller sets its frameBuffer and its size between two calls */
	rfbClientPtr client;   /* the viewer; when the library gave up, its sock is RFB_INVALID_SOCKET */
	const struct encoder_desktop *desktop; /* borrowed; the library announces its screens */
	size_t pair_size; /* bytes that the pair holds, with the kernel's overhead for them */
};

/*
 * Makes the screen of which every other one is a copy. End it with rfbScreenCleanup(). NULL:
 * out of memory. Call this before any screen is opened, and once
 * in a process that serves. rfbGetScreen() must not be called while the library runs in another thread,
 * because it initialises the library's global client list mutex anew each time (0.9.14). This also redirects
 * the library's log to ours, and ignores SIGPIPE. Loop thread.
 */
rfbScreenInfoPtr vnc_screen_prototype(void);

/*
 * Opens a screen of the desktop's size, and takes the library from its greeting to the end of ServerInit
 * without waiting for anything. `*stream_fd` becomes the other end of the pair, a non-blocking stream socket
 * from which the answers to requests can be read. The caller owns it. 0 or -errno with a reason. On failure
 * nothing is left open, and
 * `*stream_fd` is -1. `desktop` is borrowed until close. Whenever the library may announce a size, it must be
 * what the library is to announce. The screen must stay where it is. Loop thread.
 */
int vnc_screen_open(struct vnc_screen *screen, const rfbScreenInfo *prototype,
	const struct encoder_desktop *desktop, int *stream_fd, struct reason *reason);

/* Returns whether the library may write this many bytes now without waiting for the viewer to read. */
bool vnc_screen_has_room(const struct vnc_screen *screen, size_t bytes);
/* Waits until the library may write vnc_screen_room() bytes, or the other end is closed. */
void vnc_screen_wait_for_room(const struct vnc_screen *screen);
/* Returns how many bytes the library may write after vnc_screen_wait_for_room(). */
size_t vnc_screen_room(const struct vnc_screen *screen);

/* Sets the library's framebuffer so that it finds the pixels of this part, rows `stride` pixels apart. */
void vnc_screen_point_at(
	rfbScreenInfoPtr info, const uint32_t *pixels, size_t stride, const struct rect *part);

/* Closes the library's end and frees the screen. Only the thread that serves the screen may call this, or any
 * thread before there is one. Takes a screen that is closed or zeroed. */
void vnc_screen_close(struct vnc_screen *screen);

#endif
