/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateway: the network face. It owns every socket to the outside, speaks the handshake and the security
 * types, checks every message of a viewer before any other code sees it, and tells the viewer's encoder
 * (encode/rfb/encoder.h) only what it needs.
 *
 * The encoder gets one update request at a time, and the next one only after the whole answer has passed
 * through. So the gateway always knows when the stream to a viewer is between two messages and may put its
 * own there, and a viewer that does not read costs nobody anything.
 *
 * Everything here runs on the loop's thread.
 */
#ifndef ZEROVNC_GATEWAY_H
#define ZEROVNC_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "server/net/sharing.h"

struct encoders;
struct gateway;
struct viewer;
struct viewer_report;

/* What the session (policy) is told. All members are required. */
struct gateway_events {
	void *context;
	/* Whether at least one viewer waits for an update. Capture only then. Called on changes. */
	void (*wanted)(void *context, bool wanted);
	/* A viewer is authenticated and has sent ClientInit. It is about to be shown the picture. */
	void (*joined)(void *context, struct viewer *viewer);
	/* Called after `joined`, exactly once. The viewer is freed after this call. */
	void (*left)(void *context, struct viewer *viewer);
	/* A key event. `keysym`: X11's; 0 if only the scancode is known. `scancode`: the XT scancode of QEMU
	 * extended key events; 0 if there is none. */
	void (*key)(void *context, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down);
	/* A pointer event. `x`, `y`: picture coordinates, clamped to the viewer's framebuffer. `buttons`: bit
	 * 0 is left, 1 middle, 2 right, 3-6 wheel up, down, left, right, 7 back, 8 forward. */
	void (*pointer)(void *context, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons);
	/* The same for a viewer that was asked for relative motion: this many pixels right and down. */
	void (*motion)(void *context, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons);
	/* The stream to this viewer is between two messages and has room: viewer_send() may be called now.
	 * Also called after the viewer's encodings changed, and when it asks for an update. */
	void (*between_messages)(void *context, struct viewer *viewer);
	/* Nobody can come in any more: only connections were handed over, no listeners, and the last of them
	 * ended. */
	void (*over)(void *context);
};

struct gateway_options {
	const char *const *listen; /* "ADDR:PORT", "[ADDR6]:PORT", "unix:PATH[,mode=0600]", "fd:N"; borrowed
				      during create */
	size_t listen_count;
	const char *security;      /* "none", "vncauth", "tls-vnc,x509-plain", ...; NULL: the safe default */
	const char *password_file; /* as written by `zerovnc passwd`; NULL: none */
	const char *tls_certificate,
		*tls_key;     /* PEM; NULL: our own self-signed pair, kept in the state directory */
	const char *web_root; /* folder served to browsers; NULL: none */
	const char
		*web_origins; /* pages of other names that may open a viewer, see web/origin.h; NULL: none */
	const char *desktop_name;
	const char *local_users; /* users that need no password on loopback, besides root and the server's own
				    user: "alice,1001", "*"; NULL: nobody. Only used if `security` is NULL */
	const char *socket_group; /* group of unix sockets without a given mode; NULL: only their owner may
				     use them */
	const char *plain_users,
		*view_users;    /* users that may log in by name, for full control and view-only: "alice,bob",
				   "*"; the first NULL: as plain_users_default() */
	unsigned login_grace_s; /* how long a login may take, in seconds; 0: GRACE_LOGIN_S */
	bool relative_pointer;  /* asks viewers that can (QEMU pointer motion change) for relative motion */
	bool view_only;         /* every viewer is view-only */
	enum sharing sharing;   /* what happens to the other viewers when one comes in */
};

/* Creates the gateway and listens. `encoders` is borrowed until destroy. Returns 0, or -errno with a reason
 * (port in use, no permission, unsafe combination). On an error nothing listens. */
int gateway_create(uv_loop_t *loop, struct encoders *encoders, const struct gateway_options *options,
	const struct gateway_events *events, struct gateway **gateway, struct reason *reason);

/* Ends every viewer and every listener, and closes its handles on the loop (run it once more afterwards).
 * Takes NULL. */
void gateway_destroy(struct gateway *gateway);

/* The picture's first generation is there, or its size changed. Viewers that waited for it may go on. */
void gateway_picture_ready(struct gateway *gateway);

/* The address of a listener, for people: "127.0.0.1:5900", one per index. NULL past the end. */
const char *gateway_address(const struct gateway *gateway, size_t index);

/* --- viewers --- */

/* How many messages other than keys the viewer with this id has sent. 0 if there is no such viewer. While a
 * screen changes every viewer sends some: it asks for updates, or answers fences. */
uint64_t gateway_talk(const struct gateway *gateway, uint64_t id);

/* Calls `each` for every joined viewer. */
void gateway_report(struct gateway *gateway, void (*each)(void *context, const struct viewer_report *report),
	void *context);

#endif
