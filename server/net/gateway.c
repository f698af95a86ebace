/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/doors.h"
#include "server/net/guesses.h"
#include "server/net/login/admission.h"
#include "server/net/login/begin.h"
#include "server/net/login/logins.h"
#include "server/net/login/room.h"
#include "server/net/peer.h"
#include "server/net/peers.h"
#include "server/net/remote.h"
#include "server/net/reverse/calls.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewers.h"

struct gateway {
	struct gateway_events events;
	struct doors doors;
	struct calls calls;
	struct peers peers;
	struct logins logins;
	struct viewers viewers;
	bool destroying;
};

/* A connection or a listener is gone. Tells the session if that was the last of both. */
static void check_over(void *context) {
	struct gateway *gateway = context;
	bool any = gateway->doors.open || peers_first(&gateway->peers) || calls_any(&gateway->calls);
	if (!any && !gateway->destroying)
		gateway->events.over(gateway->events.context);
}

static bool is_call_here(const void *context, uint64_t number) {
	const struct gateway *gateway = context;
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (peer_call(peer) == number)
			return true;
	return false;
}

static void on_gone(void *context) {
	struct gateway *gateway = context;
	if (!gateway->destroying)
		calls_look(&gateway->calls, is_call_here, gateway);
	check_over(gateway);
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

/* --- calls --- */

static int on_may(void *context, bool exposed, struct reason *reason) {
	const struct gateway *gateway = context;
	return logins_may_call(&gateway->logins, exposed, reason);
}

static int on_answered(void *context, int fd, const struct call_way *way) {
	struct gateway *gateway = context;
	const struct listener_socket by = {.exposed = way->exposed, .loopback = !way->exposed};
	struct peer *peer;
	room_make(&gateway->logins);
	int error = peer_create(&gateway->peers, fd, &by, &peer);
	if (error)
		return error;
	peer_set_call(peer, way->number);
	error = begin_called(&gateway->logins, peer, way->greeted);
	if (error)
		peer_destroy(peer);
	return error;
}

static void on_call_changed(void *context) {
	struct gateway *gateway = context;
	gateway->events.called(gateway->events.context);
	check_over(gateway);
}

int gateway_call(struct gateway *gateway, const char *target, const char *who, uint64_t *number,
	struct reason *reason) {
	return calls_make(&gateway->calls, target, who, number, reason);
}

int gateway_called(const struct gateway *gateway, uint64_t number, struct reason *words) {
	return calls_outcome(&gateway->calls, number, words);
}

/* --- beginning and end --- */

static int start(struct gateway *gateway, uv_loop_t *loop, struct encoders *encoders,
	const struct gateway_options *options, struct reason *reason) {
	const struct doors_events events = {gateway, on_came, check_over};
	const struct calls_events of_calls = {gateway, on_may, on_answered, on_call_changed};
	int error = logins_init(&gateway->logins, &gateway->peers, &gateway->viewers, loop, options, reason);
	if (error)
		return error;
	error = viewers_init(&gateway->viewers, loop, encoders, &gateway->events, options);
	if (error)
		return reason_set(reason, error, "out of memory");
	peers_init(&gateway->peers, loop, gateway->logins.local_users, on_gone, gateway);
	calls_init(&gateway->calls, loop, &of_calls);
	error = doors_open(&gateway->doors, options, reason);
	if (!error)
		error = logins_decide(&gateway->logins, options, &gateway->doors.sockets, reason);
	if (!error && calls_keep(&gateway->calls, options->connect))
		error = reason_set(reason, -ENOMEM, "out of memory");
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
	calls_finish(&gateway->calls);
	peers_finish(&gateway->peers);
	doors_close(&gateway->doors);
	logins_finish(&gateway->logins);
	viewers_finish(&gateway->viewers);
	free(gateway);
}

static void renew_rights(const struct gateway *gateway) {
	for (struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer)) {
		struct viewer *viewer = viewer_of(peer);
		if (!viewer || !peer_is_open(peer))
			continue;
		const struct viewer_login *login = viewer_login(viewer);
		unsigned rights =
			logins_rights(&gateway->logins, peer_remote(peer), login->account, login->proven);
		viewer_set_rights(viewer, rights);
		if (!rights)
			peer_end(peer, viewer_no_rights);
	}
}

int gateway_reload(struct gateway *gateway, const struct gateway_options *options,
	struct local_users **local_users, struct reason *reason) {
	char *name = strdup(options->desktop_name);
	if (!name)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = logins_reload(&gateway->logins, options, &gateway->doors.sockets, local_users, reason);
	if (error) {
		free(name);
		return error;
	}
	gateway->peers.local_users = gateway->logins.local_users;
	if (calls_keep(&gateway->calls, options->connect))
		log_warning("not all of --connect is called: out of memory");
	gateway->viewers.relative_pointer = options->relative_pointer;
	bool renamed = strcmp(gateway->viewers.desktop_name, name) != 0;
	free(gateway->viewers.desktop_name);
	gateway->viewers.desktop_name = name;
	for (const struct peer *peer = peers_first(&gateway->peers); renamed && peer; peer = peer_next(peer))
		if (viewer_of(peer))
			viewer_renamed(viewer_of(peer));
	renew_rights(gateway);
	return 0;
}

bool gateway_is_held(const struct gateway *gateway) {
	return listener_all_held(&gateway->doors.sockets);
}

bool gateway_is_needed(const struct gateway *gateway) {
	const struct logins *logins = &gateway->logins;
	return peers_first(&gateway->peers) || calls_any(&gateway->calls) ||
	       guesses_remembers(logins->guesses, uv_now(logins->loop));
}

void gateway_shut(struct gateway *gateway) {
	doors_shut(&gateway->doors);
}

const char *gateway_address(const struct gateway *gateway, size_t index) {
	return index < gateway->doors.sockets.count ? gateway->doors.sockets.list[index].address : NULL;
}

size_t gateway_listeners(const struct gateway *gateway, int *fds, size_t most) {
	const struct listener_sockets *sockets = &gateway->doors.sockets;
	size_t count = 0;
	for (size_t i = 0; i < sockets->count && count < most; i++)
		if (sockets->list[i].fd >= 0)
			fds[count++] = sockets->list[i].fd;
	return count;
}

/* --- viewers, for the session --- */

void gateway_picture_ready(struct gateway *gateway) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (viewer_of(peer))
			viewer_picture_ready(viewer_of(peer));
}

void gateway_resized(struct gateway *gateway, const struct desktop_size_outcome *outcome) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (viewer_of(peer))
			viewer_resized(viewer_of(peer), outcome);
}

/* NULL: there is no such viewer. */
static struct peer *find_peer(const struct gateway *gateway, uint64_t id) {
	for (struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer))
		if (viewer_of(peer) && viewer_id(viewer_of(peer)) == id)
			return peer;
	return NULL;
}

uint64_t gateway_talk(const struct gateway *gateway, uint64_t id) {
	const struct peer *peer = find_peer(gateway, id);
	return peer ? viewer_talk(viewer_of(peer)) : 0;
}

void gateway_set_view_only(struct gateway *gateway, bool view_only) {
	gateway->viewers.view_only = view_only;
}

bool gateway_view_only(const struct gateway *gateway) {
	return gateway->viewers.view_only;
}

static void admit(const struct gateway *gateway, struct peer *peer) {
	struct viewer *viewer = viewer_of(peer);
	const struct viewer_login *login = viewer_login(viewer);
	bool view_only = !(login->rights & RIGHT_TYPE) || gateway->viewers.view_only, alone;
	const struct sharing_newcomer newcomer = {.shared = login->shared, .view_only = view_only};
	const char *refusal = admission_refusal(&gateway->logins, peer, &newcomer, &alone);
	if (refusal) {
		peer_end(peer, refusal);
		return;
	}
	viewer_admit(viewer);
	if (alone)
		admission_end_others(&gateway->logins, peer);
}

void gateway_admit(struct gateway *gateway, uint64_t id) {
	struct peer *peer = find_peer(gateway, id);
	if (peer && peer_is_open(peer) && viewer_waits(viewer_of(peer)))
		admit(gateway, peer);
}

void gateway_show(struct gateway *gateway, uint64_t id, struct picture_store *instead) {
	const struct peer *peer = find_peer(gateway, id);
	if (peer && viewer_waits(viewer_of(peer)))
		viewer_show(viewer_of(peer), instead);
}

size_t gateway_disconnect(struct gateway *gateway, uint64_t id, const char *why) {
	size_t count = 0;
	for (struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer)) {
		const struct viewer *viewer = viewer_of(peer);
		if (!viewer || !peer_is_open(peer) || (id && viewer_id(viewer) != id))
			continue;
		peer_end(peer, why);
		count++;
	}
	if (!id)
		calls_cancel(&gateway->calls);
	return count;
}

bool gateway_report_viewer(const struct gateway *gateway, uint64_t id, struct viewer_report *report) {
	const struct peer *peer = find_peer(gateway, id);
	if (peer)
		viewer_report(viewer_of(peer), report);
	return peer;
}

void gateway_report(struct gateway *gateway, void (*each)(void *context, const struct viewer_report *report),
	void *context) {
	for (const struct peer *peer = peers_first(&gateway->peers); peer; peer = peer_next(peer)) {
		struct viewer_report report;
		if (!viewer_of(peer))
			continue;
		viewer_report(viewer_of(peer), &report);
		each(context, &report);
	}
}
