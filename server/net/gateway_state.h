/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_state: what gateway, peer and viewer share. Must not be included outside this folder. */
#ifndef ZEROVNC_GATEWAY_STATE_H
#define ZEROVNC_GATEWAY_STATE_H

#include <sys/queue.h>
#include <uv.h>

#include "server/net/auth/security.h"
#include "server/net/gateway.h"
#include "server/net/limits.h"
#include "server/net/listener.h"
#include "server/net/refusals.h"
#include "server/net/transport/tls.h"

struct auth_plain;
struct certificate_source;
struct local_users;
struct peer;
struct listening;
struct turns;

/* A place where a browser was seen, and the time until which that counts. */
enum { GATEWAY_BROWSERS = 16 };
struct gateway_browser {
	struct limits_key key;
	uint64_t until;
};

struct gateway {
	uv_loop_t *loop;
	struct encoders *encoders;
	struct gateway_events events;
	struct listener_sockets sockets;
	struct listening *listening; /* one for each socket */
	char *password_file, *desktop_name, *web_origins;
	char *plain_users, *view_users; /* see plain_users.h */
	struct tls tls;
	struct certificate_source *certificates; /* NULL: no type that needs one is offered */
	struct auth_rsa_key *rsa_key;            /* NULL: no RSA-AES type is offered */
	int web_root;                            /* folder; -1: none */
	unsigned login_grace_s;
	bool relative_pointer, view_only;
	enum sharing sharing;
	bool security_given; /* the administrator wrote a list */
	struct security_list security;
	struct local_users *local_users;
	struct limits *limits;
	struct turns *turns;
	struct refusals *refusals;
	struct auth_plain *plain;
	struct gateway_browser browsers[GATEWAY_BROWSERS];
	LIST_HEAD(, peer) peers; /* the newest first */
	uint64_t next_id;
	uint64_t turn; /* the loop's present turn, identified by the loop's clock */
	uint64_t spent_by_strangers, spent_by_greedy; /* nanoseconds of that turn; see peer.h */
	uint32_t wanting;                             /* viewers that wait for a picture or an update */
	size_t listeners;                             /* sockets through which somebody can still come in */
	bool users_untold; /* the log already says that the kernel does not tell whose a connection is */
	bool destroying;
};

/* gateway_set_security() decides and checks what may be offered and to whom, and logs warnings.
 * gateway_load_keys() then loads the keys that this needs. Both return 0, or -errno with a reason. */
int gateway_set_security(
	struct gateway *gateway, const struct gateway_options *options, struct reason *reason);
int gateway_load_keys(struct gateway *gateway, const struct gateway_options *options, struct reason *reason);

/* Logs, the first time only, that the kernel does not tell which user of this machine connects. */
void gateway_cannot_tell_users(struct gateway *gateway, const char *where, const struct reason *reason);

/* Call it before accepting a connection: disconnects an unauthenticated client if there are too many. */
void gateway_make_room(struct gateway *gateway);

/* A viewer began (+1) or stopped (-1) to wait for an update. Tells the session if that changes something. */
void gateway_count_wanting(struct gateway *gateway, int change);
/* A connection or a listener is gone. Tells the session if that was the last of both. */
void gateway_check_over(struct gateway *gateway);

#endif
