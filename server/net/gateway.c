/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/auth/plain_users.h"
#include "server/net/auth/verdict.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"
#include "server/net/turns.h"
#include "server/net/viewer/viewer.h"
#include "server/net/web/origin.h"

void gateway_check_over(struct gateway *gateway) {
	if (!gateway->doors.open && LIST_EMPTY(&gateway->peers) && !gateway->destroying)
		gateway->events.over(gateway->events.context);
}

/* --- coming in --- */

static int on_came(void *context, int fd, const struct listener_socket *by) {
	struct gateway *gateway = context;
	struct peer *peer;
	gateway_make_room(gateway);
	int error = peer_create(gateway, fd, by, &peer);
	if (!error)
		stranger_begin(peer);
	return error;
}

static void on_door_closed(void *context) {
	gateway_check_over(context);
}

/* --- beginning and end --- */

int gateway_open_web_root(const char *folder, struct reason *reason) {
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? reason_set(reason, -errno, "--web-root=%s: %s", folder, strerror(errno)) : fd;
}

static int copy_text(const char *text, char **copy) {
	*copy = text ? strdup(text) : NULL;
	return text && !*copy ? -ENOMEM : 0;
}

int gateway_create(uv_loop_t *loop, struct encoders *encoders, const struct gateway_options *options,
	const struct gateway_events *events, struct gateway **result, struct reason *reason) {
	*result = NULL;
	struct gateway *gateway = calloc(1, sizeof *gateway);
	if (!gateway)
		return reason_set(reason, -ENOMEM, "out of memory");
	gateway->loop = loop;
	gateway->events = *events;
	gateway->web_root = -1;
	gateway->limits = limits_create(geteuid());
	gateway->turns = turns_create(gateway);
	gateway->refusals = refusals_create(loop, REFUSALS_WINDOW_MS);
	const struct auth_plain_events plain_events = verdict_events(gateway);
	gateway->plain = auth_plain_create(loop, NULL, &plain_events);
	bool all = gateway->limits && gateway->turns && gateway->refusals && gateway->plain;
	const struct doors_events doors_events = {gateway, on_came, on_door_closed};
	int error = all ? 0 : -ENOMEM;
	if (!error)
		error = copy_text(options->password_file, &gateway->password_file);
	if (!error)
		error = viewers_init(&gateway->viewers, loop, encoders, &gateway->events, options);
	if (!error)
		error = copy_text(options->plain_users, &gateway->plain_users);
	if (!error)
		error = copy_text(options->view_users, &gateway->view_users);
	if (!error)
		error = copy_text(options->web_origins, &gateway->web_origins);
	gateway->login_grace_s = options->login_grace_s;
	gateway->view_only = options->view_only;
	gateway->sharing = options->sharing;
	if (!options->plain_users)
		gateway->plain_users = plain_users_default();
	if (error)
		reason_set(reason, error, "out of memory");
	else
		error = web_origin_check(options->web_origins, reason);
	if (!error)
		error = local_users_create(options->local_users, &gateway->local_users, reason);
	if (!error)
		error = doors_open(&gateway->doors, options, reason);
	if (!error)
		error = policy_set(
			&gateway->policy, options, &gateway->doors.sockets, gateway->local_users, reason);
	if (!error)
		error = keys_load(&gateway->keys, &gateway->policy, options, reason);
	if (!error && options->web_root) {
		gateway->web_root = gateway_open_web_root(options->web_root, reason);
		error = gateway->web_root < 0 ? gateway->web_root : 0;
	}
	if (!error)
		error = doors_start(&gateway->doors, loop, &doors_events, reason);
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
	while (!LIST_EMPTY(&gateway->peers))
		peer_destroy(LIST_FIRST(&gateway->peers));
	doors_close(&gateway->doors);
	local_users_destroy(gateway->local_users);
	turns_destroy(gateway->turns);
	limits_destroy(gateway->limits);
	refusals_destroy(gateway->refusals);
	auth_plain_destroy(gateway->plain);
	keys_finish(&gateway->keys);
	if (gateway->web_root >= 0)
		close(gateway->web_root);
	free(gateway->plain_users);
	free(gateway->web_origins);
	free(gateway->view_users);
	free(gateway->password_file);
	viewers_finish(&gateway->viewers);
	free(gateway);
}

void gateway_picture_ready(struct gateway *gateway) {
	struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		if (viewer_of(peer))
			viewer_picture_ready(viewer_of(peer));
}

const char *gateway_address(const struct gateway *gateway, size_t index) {
	return index < gateway->doors.sockets.count ? gateway->doors.sockets.list[index].address : NULL;
}

/* --- viewers, for the session --- */

static void report_one(const struct peer *peer, struct gateway_viewer_report *report) {
	viewer_report(viewer_of(peer), report);
	if (peer->user.known)
		local_users_name(
			peer->gateway->local_users, peer->user.uid, report->user, sizeof report->user);
}

uint64_t gateway_talk(const struct gateway *gateway, uint64_t id) {
	const struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		if (viewer_of(peer) && gateway_viewer_id(viewer_of(peer)) == id)
			return viewer_talk(viewer_of(peer));
	return 0;
}

void gateway_report(struct gateway *gateway,
	void (*each)(void *context, const struct gateway_viewer_report *report), void *context) {
	const struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link) {
		struct gateway_viewer_report report;
		if (!viewer_of(peer))
			continue;
		report_one(peer, &report);
		each(context, &report);
	}
}
