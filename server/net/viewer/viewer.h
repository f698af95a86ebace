/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer: a peer that has finished the handshake, with its encoder. It has the parts of this folder
 * (requests, extensions, size_answers, outbox, flow, messages), none of which calls it, and decides what
 * moves next between the encoder and the peer.
 *
 * Two boundaries matter. The stream to the viewer is between two messages unless bytes of an answer were
 * passed on whose end was not seen yet: our own messages go there. The encoder is idle if it has answered
 * every request that it was sent: SetPixelFormat and SetEncodings go there. A request that may stay open for
 * long (because nothing changes on screen) can be settled.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_VIEWER_H
#define ZEROVNC_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "encode/rfb/protocol.h"
#include "server/net/auth/credentials.h"
#include "server/net/auth/security.h"

struct desktop_size_outcome;
struct local_user;
struct peer;
struct viewer;
struct viewers;

/* --- for the session, as long as the viewer is joined --- */

/* The user of this machine that it came from, as far as that is known. */
const struct local_user *viewer_local_user(const struct viewer *viewer);

/* The viewer's id, which is never reused. */
uint64_t viewer_id(const struct viewer *viewer);
/* What the viewer may do at present, as a set of rights (auth/rights.h): its own rights, unless all viewers
 * are view-only. While it waits it has none. */
unsigned viewer_rights(const struct viewer *viewer);
/* Whether it may not type at present. */
bool viewer_view_only(const struct viewer *viewer);

/* Whether the viewer named this encoding or pseudo-encoding in its last SetEncodings. */
bool viewer_has_encoding(const struct viewer *viewer, int32_t encoding);
/* The first of `choices` (a list that ends with 0) that the viewer named. 0 if it named none of them. */
int32_t viewer_choose_encoding(const struct viewer *viewer, const int32_t *choices);

/* The format of the pixels that the viewer is sent: 16 bytes as in SetPixelFormat, always true colour. It is
 * the picture's own format until the viewer sets one. */
const uint8_t *viewer_pixel_format(const struct viewer *viewer);

/* Whether a framebuffer update message of our own is welcome: the viewer has asked for an update that was not
 * answered, or it runs continuous updates. If the viewer asked for all pixels of an area (a non-incremental
 * request), those pixels come first, and one such message may follow them. */
bool viewer_awaits_update(const struct viewer *viewer);

/*
 * Puts one whole server message into the stream. Returns 0, -ENOMEM, or -EAGAIN if the stream is inside a
 * message or the queue is long: wait for between_messages then. A FramebufferUpdate is welcome only if
 * viewer_awaits_update().
 */
int viewer_send(struct viewer *viewer, const void *message, size_t size);

struct viewer_report {
	uint64_t id;
	char address[64];
	char account[CREDENTIALS_MAX_USER + 1]; /* that it logged in with; "": with none */
	char user[48]; /* the user of this machine that it came from: a name, else a number; "": unknown */
	char security[24]; /* "None", "VncAuth", "TLSVnc", ... */
	uint64_t bytes_sent, queue_bytes;
	uint64_t connected_s; /* for how long it has been a viewer, in seconds */
	double rtt_ms;        /* -1 if unknown */
	unsigned rights;      /* see viewer_rights() */
	bool view_only;       /* it may not type */
	bool waits;           /* see gateway_events.receive */
	char why[160];        /* it has left; "": it is here */
	struct encoder_report encoder;
};

/* --- for the gateway --- */

/* What the login (the handshake) found out about the viewer. */
struct viewer_login {
	uint64_t id; /* from viewers_new_id() */
	char account[CREDENTIALS_MAX_USER + 1];
	char user[48]; /* as in struct viewer_report */
	enum security security;
	unsigned minor;  /* of the RFB version, 3.x */
	bool shared;     /* it shares the desktop with others */
	unsigned proven; /* rights that its password gave it */
	unsigned rights; /* what is left of these by what its user may do */
};

/* The peer has sent ClientInit. Creates its viewer and hands the peer over to it: the viewer is destroyed
 * with the peer, and the session is told then that it left or withdrew. Returns 0, or -errno and the peer
 * stays whose it was. `viewers` is borrowed until then. */
int viewer_create(struct viewers *viewers, struct peer *peer, const struct viewer_login *login);

/* The peer's viewer; NULL if it has none. */
struct viewer *viewer_of(const struct peer *peer);

/* Whether it waits for viewer_admit(). */
bool viewer_waits(const struct viewer *viewer);
/* It waits no longer, and joins. */
void viewer_admit(struct viewer *viewer);
/* Shows it these pictures while it waits. */
void viewer_show(struct viewer *viewer, struct picture_store *instead);

/* There is a fresh picture. Whatever waits for one goes on. */
void viewer_picture_ready(struct viewer *viewer);

/* Why somebody is not let in, or not any longer, whose user may not even view. */
extern const char viewer_no_rights[];

const struct viewer_login *viewer_login(const struct viewer *viewer);

/* The viewer has other rights from now on. Keys that are held stay so: releasing them is the session's. */
void viewer_set_rights(struct viewer *viewer, unsigned rights);

/* As gateway_resized(). */
void viewer_resized(struct viewer *viewer, const struct desktop_size_outcome *outcome);

/* The desktop has another name. A viewer that takes news of it is told. */
void viewer_renamed(struct viewer *viewer);

/* How many messages other than keys the viewer has sent. */
uint64_t viewer_talk(const struct viewer *viewer);

/* Fills the report. */
void viewer_report(const struct viewer *viewer, struct viewer_report *report);

#endif
