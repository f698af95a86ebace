/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/gateway.h"

#include <errno.h>
#include <stdlib.h>

#include "server/net/auth/local_users.h"
#include "server/net/doors.h"
#include "server/net/login/begin.h"
#include "server/net/login/logins.h"
#include "server/net/login/room.h"
#include "server/net/peer.h"
#include "server/net/peers.h"
#include "server/net/remote.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewers.h"

struct gateway {
	struct gateway_events events;
	struct doors doors;
	struct peers peers;
	struct logins logins;
	struct viewers viewers;
	bool destroying;
};

/* A connection or a listener is gone. Tells the session if that was the last of both. */
static void check_over(void *context) {
	struct gateway *gateway = context;
	if (!gateway->doors.open && !peers_first(&gateway->peers) && !gateway->destroying)
		gateway->events.over(gateway->events.context);
}

static int on_came(void *context, int fd, const struct listener_socket *by) {
	struct gateway *gateway = context;
	struct peer *peer;
	room_make(&gateway->logins);
	int error = peer_create(&gateway->peers, fd, by, &peer);
	if (error)
		return error;
	error = begin_login(&gateway->logins, peer);
	if (error)
		peer_destroy(peer);
	return error;
}

/* --- beginning and end --- */

static int start(struct gateway *gateway, uv_loop_t *loop, struct encoders *encoders,
	const struct gateway_options *options, struct reason *reason) {
	const struct doors_events events = {gateway, on_came, check_over};
	int error = logins_init(&gateway->logins, &gateway->peers, &gateway->viewers, loop, options, reason);
	if (error)
		return error;
	error = viewers_init(&gateway->viewers, loop, encoders, &gateway->events, options);
	if (error)
		return reason_set(reason, error, "out of memory");
	peers_init(&gateway->peers, loop, gateway->logins.local_users, check_over, gateway);
	error = doors_open(&gateway->doors, options, reason);
	if (!error)
		error = logins_decide(&gateway->logins, options, &gateway->doors.sockets, reason);
	return error ? error : doors_start(&gateway->doors, loop, &events, reason);
}

int gateway_create(uv_loop_t *loop, struct encoders *encoders, const struct gateway_options *options,
	const struct gateway_events *events, struct gateway **result, struct reason *reason) {
	*result = NULL;
	struct gateway *gateway = calloc(1, sizeof *gateway);
	if (!gateway)
		return reason_set(reason, -ENOMEM, "out of memory");
	gateway->events = *events;
	int error = start(gateway, loop, encoders, options, reason);
	if (error) {
		gateway_destroy(gateway);
		return error;
	}
	*result = gateway;
	return 0;
}

void gateway_destroy(struct gateway *gateway) {
	if (!gateway)
		return;
	gateway->destroying = true;
	peers_finish(&gateway->peers);
	doors_close(&gateway->doors);
	logins_finish(&gateway->logins);
	viewers_finish(&gateway->viewers);
	free(gateway);
}

const char *gateway_address(const struct gateway *gateway, size_t index) {
	return index < gateway->doors.sockets.count ? gateway->doors.sockets.list[index].address : NULL;
}

/* --- viewers, for the session --- */

void gateway_picture_ready(struct gateway *gateway) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (viewer_of(peer))
			viewer_picture_ready(viewer_of(peer));
}

uint64_t gateway_talk(const struct gateway *gateway, uint64_t id) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (viewer_of(peer) && viewer_id(viewer_of(peer)) == id)
			return viewer_talk(viewer_of(peer));
	return 0;
}

static void report_one(const struct gateway *gateway, const struct peer *peer, struct viewer_report *report) {
	const struct local_user *user = &peer_remote(peer)->user;
	viewer_report(viewer_of(peer), report);
	if (user->known)
		local_users_name(gateway->logins.local_users, user->uid, report->user, sizeof report->user);
}

void gateway_report(struct gateway *gateway, void (*each)(void *context, const struct viewer_report *report),
	void *context) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer)) {
		struct viewer_report report;
		if (!viewer_of(peer))
			continue;
		report_one(gateway, peer, &report);
		each(context, &report);
	}
}
