/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/loop.h"
#include "server/net/auth/certificate_source.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/auth/plain_users.h"
#include "server/net/auth/rsa.h"
#include "server/net/auth/verdict.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger.h"
#include "server/net/turns.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/net/web/origin.h"

enum { ACCEPT_AT_ONCE = 32, ACCEPT_PAUSE_MS = 100 };

struct listening {
	struct gateway *gateway;
	struct listener_socket *socket;
	struct listening_handles {
		uv_poll_t poll;
		uv_timer_t pause;
		struct loop_closing closing;
	} * handles; /* they outlive the gateway until the loop has closed them */
};

/* --- viewers that wait --- */

void gateway_count_wanting(struct gateway *gateway, int change) {
	bool before = gateway->wanting > 0;
	gateway->wanting += (uint32_t)change;
	bool after = gateway->wanting > 0;
	if (before != after)
		gateway->events.wanted(gateway->events.context, after);
}

void gateway_check_over(struct gateway *gateway) {
	if (!gateway->listeners && LIST_EMPTY(&gateway->peers) && !gateway->destroying)
		gateway->events.over(gateway->events.context);
}

/* --- coming in --- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer) {
	struct listening *listening = timer->data;
	uv_poll_start(&listening->handles->poll, UV_READABLE, on_connection);
}

static int begin_peer(struct gateway *gateway, int fd, const struct listener_socket *by) {
	struct peer *peer;
	int error = peer_create(gateway, fd, by, &peer);
	if (!error)
		stranger_begin(peer);
	return error;
}

static void accept_one(struct listening *listening, int fd) {
	struct gateway *gateway = listening->gateway;
	gateway_make_room(gateway);
	int error = begin_peer(gateway, fd, listening->socket);
	if (error)
		log_warning("%s: a connection was dropped: %s", listening->socket->address, strerror(-error));
}

static void on_connection(uv_poll_t *poll, int status, int events) {
	(void)status;
	(void)events;
	struct listening *listening = poll->data;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(listening->socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			accept_one(listening, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warning("%s: no connection can be taken: %s", listening->socket->address,
				strerror(errno));
			uv_poll_stop(poll); /* otherwise it would be ready for ever */
			uv_timer_start(&listening->handles->pause, on_pause_over, ACCEPT_PAUSE_MS, 0);
		} else if (errno == EINVAL) { /* the process that handed it over has shut it down */
			log_error("%s listens no more", listening->socket->address);
			uv_poll_stop(poll); /* as above */
			listening->gateway->listeners--;
			gateway_check_over(listening->gateway);
		}
		return;
	}
}

static int start_listening(
	struct gateway *gateway, struct listening *listening, struct listener_socket *socket) {
	listening->gateway = gateway;
	listening->socket = socket;
	if (socket->connected) {
		int fd = socket->fd;
		socket->fd = -1;
		return begin_peer(gateway, fd, socket);
	}
	struct listening_handles *handles = calloc(1, sizeof *handles);
	if (!handles)
		return -ENOMEM;
	int error = uv_poll_init(gateway->loop, &handles->poll, socket->fd);
	if (error) {
		free(handles);
		return error;
	}
	uv_timer_init(gateway->loop, &handles->pause);
	handles->poll.data = handles->pause.data = listening;
	listening->handles = handles;
	gateway->listeners++;
	return uv_poll_start(&handles->poll, UV_READABLE, on_connection);
}

static void stop_listening(struct listening *listening) {
	struct listening_handles *handles = listening->handles;
	if (!handles)
		return;
	loop_close(&handles->closing, free, handles, LOOP_HANDLES(&handles->poll, &handles->pause));
}

/* --- beginning and end --- */

static int on_failed(void *context, const char *what, int error, bool needed, const struct reason *reason) {
	(void)what;
	struct reason *first = context;
	if (needed) {
		*first = *reason;
		return error;
	}
	log_debug("%s", reason->text);
	return 0;
}

static void on_skipped(void *context, const char *why) {
	(void)context;
	log_info("not listening at a unix socket: %s", why);
}

static void warn_of_awaited(const struct listener_sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].awaited)
			log_warning("this machine has no address %s yet: viewers can come when it has",
				sockets->list[i].address);
}

static void warn_of_vain_group(const struct listener_sockets *sockets, const char *group) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].path[0])
			return;
	log_warning(
		"--socket-group=%s changes nothing: no unix socket is made (--listen=unix:PATH makes one)",
		group);
}

static int open_sockets(
	struct gateway *gateway, const struct gateway_options *options, struct reason *reason) {
	struct listener_sockets *sockets = &gateway->sockets;
	struct listener_wish wish = {.listen = options->listen,
		.listen_count = options->listen_count,
		.socket_group = options->socket_group,
		.context = reason,
		.failed = on_failed,
		.skipped = on_skipped};
	int error = listener_open_all(&wish, sockets);
	warn_of_awaited(sockets);
	if (!error && options->socket_group)
		warn_of_vain_group(sockets, options->socket_group);
	return error;
}

int gateway_open_web_root(const char *folder, struct reason *reason) {
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? reason_set(reason, -errno, "--web-root=%s: %s", folder, strerror(errno)) : fd;
}

static int start(struct gateway *gateway, struct reason *reason) {
	gateway->listening = calloc(gateway->sockets.count + 1, sizeof *gateway->listening);
	if (!gateway->listening)
		return reason_set(reason, -ENOMEM, "out of memory");
	for (size_t i = 0; i < gateway->sockets.count; i++) {
		int error = start_listening(gateway, &gateway->listening[i], &gateway->sockets.list[i]);
		if (error)
			return reason_set(
				reason, error, "%s: %s", gateway->sockets.list[i].address, strerror(-error));
	}
	return 0;
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
	gateway->encoders = encoders;
	gateway->events = *events;
	gateway->web_root = -1;
	gateway->limits = limits_create(geteuid());
	gateway->turns = turns_create(gateway);
	gateway->refusals = refusals_create(loop, REFUSALS_WINDOW_MS);
	const struct auth_plain_events plain_events = verdict_events(gateway);
	gateway->plain = auth_plain_create(loop, NULL, &plain_events);
	bool all = gateway->limits && gateway->turns && gateway->refusals && gateway->plain;
	int error = all ? 0 : -ENOMEM;
	if (!error)
		error = copy_text(options->password_file, &gateway->password_file);
	if (!error)
		error = copy_text(options->desktop_name, &gateway->desktop_name);
	if (!error)
		error = copy_text(options->plain_users, &gateway->plain_users);
	if (!error)
		error = copy_text(options->view_users, &gateway->view_users);
	if (!error)
		error = copy_text(options->web_origins, &gateway->web_origins);
	gateway->login_grace_s = options->login_grace_s;
	gateway->relative_pointer = options->relative_pointer;
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
		error = open_sockets(gateway, options, reason);
	if (!error)
		error = gateway_set_security(gateway, options, reason);
	if (!error)
		error = gateway_load_keys(gateway, options, reason);
	if (!error && options->web_root) {
		gateway->web_root = gateway_open_web_root(options->web_root, reason);
		error = gateway->web_root < 0 ? gateway->web_root : 0;
	}
	if (!error)
		error = start(gateway, reason);
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
	for (size_t i = 0; gateway->listening && i < gateway->sockets.count; i++)
		stop_listening(&gateway->listening[i]);
	listener_close(&gateway->sockets);
	local_users_destroy(gateway->local_users);
	turns_destroy(gateway->turns);
	limits_destroy(gateway->limits);
	refusals_destroy(gateway->refusals);
	auth_plain_destroy(gateway->plain);
	certificate_source_destroy(gateway->certificates);
	tls_finish(&gateway->tls);
	auth_rsa_key_destroy(gateway->rsa_key);
	if (gateway->web_root >= 0)
		close(gateway->web_root);
	free(gateway->listening);
	free(gateway->plain_users);
	free(gateway->web_origins);
	free(gateway->view_users);
	free(gateway->password_file);
	free(gateway->desktop_name);
	free(gateway);
}

void gateway_picture_ready(struct gateway *gateway) {
	struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		if (viewer_of(peer))
			viewer_picture_ready(viewer_of(peer));
}

const char *gateway_address(const struct gateway *gateway, size_t index) {
	return index < gateway->sockets.count ? gateway->sockets.list[index].address : NULL;
}

/* --- one viewer, for the session --- */

uint64_t gateway_viewer_id(const struct gateway_viewer *viewer) {
	return viewer->id;
}

bool gateway_viewer_view_only(const struct gateway_viewer *viewer) {
	return viewer->view_only;
}

bool gateway_viewer_has_encoding(const struct gateway_viewer *viewer, int32_t encoding) {
	for (size_t i = 0; i < viewer->encoding_count; i++)
		if (viewer->encodings[i] == encoding)
			return true;
	return false;
}

int32_t gateway_viewer_choose_encoding(const struct gateway_viewer *viewer, const int32_t *choices) {
	while (*choices && !gateway_viewer_has_encoding(viewer, *choices))
		choices++;
	return *choices;
}

static void report_one(const struct peer *peer, struct gateway_viewer_report *report) {
	const struct gateway_viewer *viewer = viewer_of(peer);
	memset(report, 0, sizeof *report);
	report->id = viewer->id;
	snprintf(report->address, sizeof report->address, "%s", peer_address(peer));
	if (peer->user.known)
		local_users_name(
			peer->gateway->local_users, peer->user.uid, report->user, sizeof report->user);
	snprintf(report->security, sizeof report->security, "%s", security_infos[viewer->security].name);
	report->bytes_sent = peer_bytes_sent(peer);
	report->queue_bytes = peer_queued(peer);
	report->rtt_ms = viewer_round_trip(viewer);
	report->view_only = viewer->view_only;
	if (viewer->encoder)
		encoder_report(viewer->encoder, &report->encoder);
}

uint64_t gateway_talk(const struct gateway *gateway, uint64_t id) {
	const struct peer *peer;
	LIST_FOREACH(peer, &gateway->peers, link)
		if (viewer_of(peer) && viewer_of(peer)->id == id)
			return viewer_of(peer)->talk;
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
