/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/session_state.h"

#include "server/config/gateway.h"
#include "server/log.h"
#include "server/system/announce.h"

static void start(uv_loop_t *loop, struct session *session) {
	int fds[ANNOUNCE_PLACES];
	struct announce_place places[ANNOUNCE_PLACES];
	char name[CONFIG_NAME_SIZE];
	struct gateway_options options;
	struct reason reason;
	size_t count = gateway_listeners(session->gateway, fds, ANNOUNCE_PLACES);
	count = announce_find_places(fds, count, places);
	config_gateway(session->config, name, &options);
	if (!count)
		log_warning(
			"--announce has no effect: other machines cannot connect to any address that is listened at");
	else if (announce_create(loop, name, places, count, &session->announce, &reason))
		log_warning("this server is not announced on the network: %s", reason.text);
}

void session_announce(uv_loop_t *loop, struct session *session) {
	char name[CONFIG_NAME_SIZE];
	struct gateway_options options;
	if (!session->config->announce) {
		announce_destroy(session->announce);
		session->announce = NULL;
	} else if (session->announce) {
		config_gateway(session->config, name, &options);
		announce_rename(session->announce, name);
	} else {
		start(loop, session);
	}
}
