/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_screen: libvncserver as it is run here: one screen for one viewer, no port, no thread, no cursor of the
 * library's own, and a viewer at the other end of a socketpair whose handshake is over.
 *
 * Only the files vnc*.c of this folder include this.
 */
#ifndef ZEROVNC_VNC_SCREEN_H
#define ZEROVNC_VNC_SCREEN_H

#include <rfb/rfb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reason.h"

struct vnc_screen {
	rfbScreenInfoPtr info; /* its frameBuffer and its size are the caller's to set between two calls */
	rfbClientPtr client;   /* the one viewer; its sock is RFB_INVALID_SOCKET once the library gave up */
	size_t pair_size;      /* bytes that the pair holds, with what keeping them costs */
};

/*
 * What every screen is a copy of; rfbScreenCleanup() ends it. `name`: the desktop's, borrowed until then.
 * NULL: out of memory. Before any screen is opened, and once in a process that serves: rfbGetScreen() must
 * not be called while the library runs in another thread, because it initialises the library's global client
 * list mutex anew each time (0.9.14). It also takes the library's log, and ignores SIGPIPE. Loop thread.
 */
rfbScreenInfoPtr vnc_screen_prototype(char *name);

/*
 * Opens a screen of this size and takes the library from its greeting to ServerInit, without waiting for
 * anything. `*stream_fd` becomes the other end of the pair, the caller's own: a non-blocking stream socket
 * from which ServerInit can be read. 0 or -errno with a reason; then nothing is left open and `*stream_fd` is
 * -1. Loop thread.
 */
int vnc_screen_open(struct vnc_screen *screen, const rfbScreenInfo *prototype, uint32_t width,
	uint32_t height, int *stream_fd, struct reason *reason);

/* Whether the library may write so many bytes now without waiting for the viewer to read. */
bool vnc_screen_has_room(const struct vnc_screen *screen, size_t bytes);
/* Waits until it may write vnc_screen_room() bytes, or the other end is closed. */
void vnc_screen_wait_for_room(const struct vnc_screen *screen);
size_t vnc_screen_room(const struct vnc_screen *screen);

/* Closes the library's end and frees the screen. The thread that serves it, or before there is one. Takes a
 * screen that is closed, or zeroed. */
void vnc_screen_close(struct vnc_screen *screen);

#endif
