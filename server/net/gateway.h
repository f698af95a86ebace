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
#include "encode/rfb/protocol.h"
#include "server/net/sharing.h"

struct desktop_size_outcome;
struct desktop_size_wish;
struct encoders;
struct gateway;
struct local_users;
struct picture_store;
struct viewer;
struct viewer_report;

/* Who was refused. What is not known is "". All are borrowed during the call. */
struct gateway_refusal {
	const char *address;
	const char *user;    /* of this machine, as in struct viewer_report */
	const char *account; /* that it wanted to log in with, which may be any bytes */
	const char *security;
	const char *why;
};

/* What the session (policy) is told. All members are required, except `receive` and `withdrew`. */
struct gateway_events {
	void *context;
	/* Whether at least one viewer waits for an update. Capture only then. Called on changes. */
	void (*wanted)(void *context, bool wanted);
	/* A viewer is authenticated and has sent ClientInit. It is about to be shown the picture. */
	void (*joined)(void *context, struct viewer *viewer);
	/* A viewer is authenticated and has sent ClientInit. Returns NULL if it joins at once. Otherwise the
	 * viewer waits for gateway_admit(), has no rights, and is shown the pictures of what is returned. The
	 * store is borrowed until the encoders are destroyed. NULL: everybody joins at once. */
	struct picture_store *(*receive)(void *context, struct viewer *viewer);
	/* A viewer that waits is about to be freed. */
	void (*withdrew)(void *context, struct viewer *viewer);
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
	/*
	 * A viewer that may type asks for another size of the desktop, or for other screens. `wish` is valid.
	 * Returns the status that answers it, and if there is a reason for the log, static in `*note`.
	 * DESKTOP_SIZE_LATER: gateway_resized() will be called.
	 */
	enum desktop_size_status (*resize)(
		void *context, const struct desktop_size_wish *wish, const char **note);
	/* The stream to this viewer is between two messages and has room: viewer_send() may be called now.
	 * Also called after the viewer's encodings changed, and when it asks for an update. */
	void (*between_messages)(void *context, struct viewer *viewer);
	/* Somebody was turned away before it became a viewer. */
	void (*refused)(void *context, const struct gateway_refusal *refusal);
	/* gateway_called() has something new. */
	void (*called)(void *context);
	/* Nobody can come in any more: only connections were handed over, no listeners, and the last of them
	 * ended. */
	void (*over)(void *context);
};

struct gateway_options {
	const char *const *listen; /* "ADDR:PORT", "[ADDR6]:PORT", "unix:PATH[,mode=0600]", "fd:N"; borrowed
				      during create */
	size_t listen_count;
	const char *connect;       /* whom to call, again and again: see calls_keep(); NULL: nobody */
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
	/* Users that may log in by name, and what each may do; see auth/rights.h. The first NULL: as
	 * rights_own_user(). */
	const char *plain_users, *view_users, *rights;
	const char *login_helper; /* the socket of zerovnc-login, which asks PAM; NULL: this process does */
	unsigned login_grace_s;   /* how long a login may take, in seconds; 0: GRACE_LOGIN_S */
	bool relative_pointer;    /* asks viewers that can (QEMU pointer motion change) for relative motion */
	bool view_only;           /* see gateway_set_view_only() */
	enum sharing sharing;     /* what happens to the other viewers when one comes in */
};

/* Creates the gateway and listens. `encoders` is borrowed until destroy. Returns 0, or -errno with a reason
 * (port in use, no permission, unsafe combination). On an error nothing listens. */
int gateway_create(uv_loop_t *loop, struct encoders *encoders, const struct gateway_options *options,
	const struct gateway_events *events, struct gateway **gateway, struct reason *reason);

/* Ends every viewer and every listener, and closes its handles on the loop (run it once more afterwards).
 * Takes NULL. */
void gateway_destroy(struct gateway *gateway);

/*
 * Takes from the options what can change while viewers are connected: the name, `password_file` (if there was
 * one and still is), users, `login_grace_s`, `relative_pointer`, `sharing`, `web_origins` and `connect`. The
 * name and the rights of users are new for viewers that are here, too, and who may not even view any more is
 * disconnected; the other changes concern whoever comes later. Everything else in the options must be as it
 * was at the start. `*local_users`: of the options' list; on success the gateway owns it, and it becomes
 * NULL. 0, or -errno with a reason; nothing has changed then.
 */
int gateway_reload(struct gateway *gateway, const struct gateway_options *options,
	struct local_users **local_users, struct reason *reason);

/* The picture's first generation is there, or its size changed. Viewers that waited for it may go on. */
void gateway_picture_ready(struct gateway *gateway);

/* This came of the sizes that viewers have asked for so far and were not answered. If the desktop is another
 * one now and was set, the viewers that did not ask are told that another one did. `outcome` is borrowed. */
void gateway_resized(struct gateway *gateway, const struct desktop_size_outcome *outcome);

/* Whether the service manager holds the sockets and starts this server again when somebody connects. */
bool gateway_is_held(const struct gateway *gateway);

/* Whether anybody is connected or called, or has guessed passwords so lately that it must be remembered. */
bool gateway_is_needed(const struct gateway *gateway);

/* Accepts nobody any more. Whoever connects from now on is left to the next server. */
void gateway_shut(struct gateway *gateway);

/* The address of a listener, for people: "127.0.0.1:5900", one per index. NULL past the end. */
const char *gateway_address(const struct gateway *gateway, size_t index);

/* The sockets that it listens at, borrowed: writes at most `most`, and returns how many. */
size_t gateway_listeners(const struct gateway *gateway, int *fds, size_t most);

/* --- calls --- */

/* Connects to a viewer that listens, or to a repeater: reverse/target.h says how `target` is written. `who`
 * asks for it, for the log. Returns 0 and the call's number, or -errno with a reason. */
int gateway_call(struct gateway *gateway, const char *target, const char *who, uint64_t *number,
	struct reason *reason);

/* What became of it: see calls_outcome(). */
int gateway_called(const struct gateway *gateway, uint64_t number, struct reason *words);

/* --- viewers --- */

/* How many messages other than keys the viewer with this id has sent. 0 if there is no such viewer. While a
 * screen changes every viewer sends some: it asks for updates, or answers fences. */
uint64_t gateway_talk(const struct gateway *gateway, uint64_t id);

/* Disconnects the viewer with this id, or all of them if it is 0. `why` is for the log. The session is told
 * from the loop that they left. If all are meant, calls that somebody asked for and that nobody has answered
 * end, too. Returns how many viewers there were. */
size_t gateway_disconnect(struct gateway *gateway, uint64_t id, const char *why);

/* The viewer with this id, which waits, joins, unless it may not do so beside the others (--sharing): then it
 * is disconnected. */
void gateway_admit(struct gateway *gateway, uint64_t id);
/* It waits in vain, and is shown the pictures of this store (borrowed until the encoders are destroyed) until
 * it is disconnected. */
void gateway_show(struct gateway *gateway, uint64_t id, struct picture_store *instead);

/* Whether every viewer is view-only, also those that are here already. If not, those are that came in as
 * such. Keys that are held stay so: releasing them is the session's. */
void gateway_set_view_only(struct gateway *gateway, bool view_only);
bool gateway_view_only(const struct gateway *gateway);

/* Fills the report of the viewer with this id. False: there is none. */
bool gateway_report_viewer(const struct gateway *gateway, uint64_t id, struct viewer_report *report);
/* Calls `each` for every viewer, also for those that wait. */
void gateway_report(struct gateway *gateway, void (*each)(void *context, const struct viewer_report *report),
	void *context);

#endif
