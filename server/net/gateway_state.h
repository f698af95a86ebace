/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateway_state: what gateway, peer and viewer share. Nobody outside this folder includes it. */
#ifndef ZEROVNC_GATEWAY_STATE_H
#define ZEROVNC_GATEWAY_STATE_H

#include <sys/queue.h>
#include <uv.h>

#include "server/net/gateway.h"
#include "server/net/limits.h"
#include "server/net/listener.h"
#include "server/net/refusals.h"
#include "server/net/security.h"
#include "server/net/transport_tls.h"

struct auth_plain;
struct certificate_source;
struct local_users;
struct peer;
struct listening;
struct turns;

/* Where a browser was seen, and until when that counts. */
enum { GATEWAY_BROWSERS = 16 };
struct gateway_browser {
	struct limits_key key;
	uint64_t until;
};

struct gateway {
	uv_loop_t *loop;
	struct vnc *vnc;
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
	LIST_HEAD(, peer) peers; /* newest first */
	uint64_t next_id;
	uint64_t turn;                                /* the loop's, by its clock */
	uint64_t spent_by_strangers, spent_by_greedy; /* ns of it; see peer.h */
	uint32_t wanting;                             /* viewers that wait for a picture or an update */
	size_t listeners;                             /* sockets that somebody can still come in by */
	bool users_untold; /* it was said that the kernel does not tell whose a connection is */
	bool destroying;
};

/* What may be offered and to whom, checked and warned of; then the keys that it needs. 0 or -errno with a
 * reason. */
int gateway_set_security(
	struct gateway *gateway, const struct gateway_options *options, struct reason *reason);
int gateway_load_keys(struct gateway *gateway, const struct gateway_options *options, struct reason *reason);

/* Says so, the first time: the kernel does not tell which user of this machine it is that connects. */
void gateway_cannot_tell_users(struct gateway *gateway, const char *where, const struct reason *reason);

/* Call it before accepting a connection: ends a stranger if there are too many. */
void gateway_make_room(struct gateway *gateway);

/* A viewer began (+1) or stopped (-1) to wait for an update: tells the session when that changes something.
 */
void gateway_count_wanting(struct gateway *gateway, int change);
/* A connection or a listener is gone: tells the session where that was the last of both. */
void gateway_check_over(struct gateway *gateway);

#endif
