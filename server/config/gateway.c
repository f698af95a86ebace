/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/gateway.h"

#include <stdio.h>
#include <unistd.h>

#include "capture/base/utf8.h"
#include "server/config/config.h"

static void choose_name(const struct config *config, char name[CONFIG_NAME_SIZE]) {
	if (config->name)
		utf8_copy(name, CONFIG_NAME_SIZE, config->name);
	else if (gethostname(name, CONFIG_NAME_SIZE) < 0)
		snprintf(name, CONFIG_NAME_SIZE, "zerovnc");
	name[CONFIG_NAME_SIZE - 1] = '\0';
}

void config_gateway(
	const struct config *config, char name[CONFIG_NAME_SIZE], struct gateway_options *options) {
	choose_name(config, name);
	*options = (struct gateway_options){
		.listen = (const char *const *)config->listen,
		.listen_count = config->listen_count,
		.connect = config->connect,
		.security = config->security,
		.password_file = config->password_file,
		.tls_certificate = config->tls_certificate,
		.tls_key = config->tls_key,
		.web_root = config->web_root,
		.web_origins = config->web_origin,
		.plain_users = config->plain_users,
		.view_users = config->view_users,
		.rights = config->rights,
		.local_users = config->local_users,
		.socket_group = config->socket_group,
		.login_helper = config->login_helper,
		.login_grace_s = config->login_grace,
		.relative_pointer = config->relative_pointer,
		.view_only = config->view_only,
		.sharing = (enum sharing)config->sharing,
		.desktop_name = name,
	};
}
