/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateway: the network face. It owns every socket to the outside, speaks the handshake and the security
 * types, checks every message of a viewer before anybody else sees it, and hands libvncserver (vnc.h) only
 * what it needs.
 *
 * One update request at a time goes to the library, and the next only after the answer is wholly through: so
 * the gateway always knows when the stream to a viewer stands between two messages and may put its own there,
 * and a viewer that does not read costs nobody anything.
 *
 * Everything here runs on the loop thread.
 */
#ifndef ZEROVNC_GATEWAY_H
#define ZEROVNC_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "capture/reason.h"
#include "server/net/security.h"
#include "server/net/sharing.h"
#include "server/vnc.h"

struct gateway;
struct gateway_viewer;

/* What the session (policy) wants to hear. All required. */
struct gateway_events {
	void *context;
	/* Whether at least one viewer waits for an update: capture only then. Called on changes. */
	void (*wanted)(void *context, bool wanted);
	/* A viewer is authenticated and sent ClientInit; it is about to be shown the picture. */
	void (*joined)(void *context, struct gateway_viewer *viewer);
	/* After `joined`, exactly once; the viewer is freed after this call. */
	void (*left)(void *context, struct gateway_viewer *viewer);
	/* A key: X11 keysym (0: only the scancode is known), and the XT scancode of QEMU extended key events
	 * (0: none). */
	void (*key)(
		void *context, struct gateway_viewer *viewer, uint32_t keysym, uint32_t scancode, bool down);
	/* Picture coordinates, clamped to the viewer's framebuffer; buttons: bit 0 left, 1 middle, 2 right,
	 * 3-6 wheel up, down, left, right, 7 back, 8 forward. */
	void (*pointer)(
		void *context, struct gateway_viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons);
	/* The same of a viewer that was asked for motions: so many pixels right and down. */
	void (*motion)(
		void *context, struct gateway_viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons);
	/* The stream to this viewer stands between two messages and it has room: gateway_viewer_send() may be
	 * called now. Also called after the viewer's encodings changed, and when it asks for an update. */
	void (*between_messages)(void *context, struct gateway_viewer *viewer);
	/* Nobody can come in any more: all that was handed over were connections, and the last of them ended.
	 */
	void (*over)(void *context);
};

struct gateway_options {
	const char *const *listen; /* "ADDR:PORT", "[ADDR6]:PORT", "unix:PATH[,mode=0600]", "fd:N"; borrowed
				      during create */
	size_t listen_count;
	const char *security;      /* "none", "vncauth", "tls-vnc,x509-plain", ...; NULL: the safe default */
	const char *password_file; /* as `zerovnc passwd` writes it; NULL: none */
	const char *tls_certificate,
		*tls_key;     /* PEM; NULL: a self-signed pair made and kept in the state directory */
	const char *web_root; /* folder served to browsers; NULL: none */
	const char
		*web_origins; /* pages of other names that may open a viewer, see web_origin.h; NULL: none */
	const char *desktop_name;
	const char *local_users;  /* who comes in without a password on loopback beside root and the server's
				     own user: "alice,1001", "*"; NULL: nobody. Where `security` is NULL */
	const char *socket_group; /* of unix sockets whose mode is not said; NULL: they are their owner's */
	const char *plain_users, *view_users; /* who may come in with a user's name, to type or to look only:
						 "alice,bob", "*"; the first NULL: as plain_users_default() */
	unsigned login_grace_s;               /* how long a login may take, in seconds; 0: GRACE_LOGIN_S */
	bool relative_pointer; /* asks viewers that can (QEMU pointer motion change) for motions */
	bool view_only;        /* every viewer may only look */
	enum sharing sharing;  /* what becomes of the others when one comes in */
};

/* Listens. 0 or -errno with a reason (port in use, no permission, unsafe combination), nothing then listens.
 */
int gateway_create(uv_loop_t *loop, struct vnc *vnc, const struct gateway_options *options,
	const struct gateway_events *events, struct gateway **gateway, struct reason *reason);
/*
 * Which security types are offered, by `security`, `password_file` and the two lists of users, of which no
 * more is used of the options. `exposed`: other machines can reach a listener. 0, or -errno with a reason: a
 * password file that cannot be read, a type that would let nobody in, or no safe default. May wait for a
 * network where users are kept on one.
 */
int gateway_decide_security(const struct gateway_options *options, bool exposed, struct security_list *list,
	struct reason *reason);

/* The folder for browsers, to be closed, or -errno with a reason. */
int gateway_open_web_root(const char *folder, struct reason *reason);
/* Ends every viewer and every listener; closes its handles on the loop (run it once more afterwards). Takes
 * NULL. */
void gateway_destroy(struct gateway *gateway);

/* The picture's first generation is there, or its size changed: viewers that waited for it may go on. */
void gateway_picture_ready(struct gateway *gateway);

/* Where it listens, for people: "127.0.0.1:5900", one per index; NULL past the end. */
const char *gateway_address(const struct gateway *gateway, size_t index);

/* --- one viewer --- */

/* Never reused. */
uint64_t gateway_viewer_id(const struct gateway_viewer *viewer);
/* Whether it may only look: its password or the options say so. */
bool gateway_viewer_view_only(const struct gateway_viewer *viewer);

/* Whether the viewer named this encoding or pseudo-encoding in its last SetEncodings. */
bool gateway_viewer_has_encoding(const struct gateway_viewer *viewer, int32_t encoding);
/* The first of `choices`, which 0 ends, that it named; 0: it named none of them. */
int32_t gateway_viewer_choose_encoding(const struct gateway_viewer *viewer, const int32_t *choices);

/* The format of the pixels that the viewer is sent, 16 bytes as in SetPixelFormat, always true colour; the
 * picture's own until the viewer sets one. */
const uint8_t *gateway_viewer_pixel_format(const struct gateway_viewer *viewer);

/* Whether a framebuffer update message of our own is welcome: the viewer has asked for an update that was not
 * answered, or runs continuous updates. Where it asks for all of an area, whatever changed there, its pixels
 * come first, and one such message may follow them. */
bool gateway_viewer_awaits_update(const struct gateway_viewer *viewer);

/*
 * Puts one whole server message into the stream. -EAGAIN: the stream is inside a message or the queue is
 * long; wait for between_messages. A FramebufferUpdate is welcome only if gateway_viewer_awaits_update().
 */
int gateway_viewer_send(struct gateway_viewer *viewer, const void *message, size_t size);

/* How many messages that are no keys the viewer with this id has sent; 0: there is none. While a screen
 * changes every viewer sends some: it asks for updates, or answers fences. */
uint64_t gateway_talk(const struct gateway *gateway, uint64_t id);

struct gateway_viewer_report {
	uint64_t id;
	char address[64];
	char user[48];     /* of this machine, who it came from: a name, else a number; "": unknown */
	char security[24]; /* "None", "VncAuth", "TLSVnc", ... */
	uint64_t bytes_sent, queue_bytes;
	double rtt_ms; /* -1 where unknown */
	bool view_only;
	struct vnc_viewer_report vnc;
};
/* Calls `each` for every joined viewer. */
void gateway_report(struct gateway *gateway,
	void (*each)(void *context, const struct gateway_viewer_report *report), void *context);

#endif
