/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/policy.h"

#include <errno.h>
#include <stdlib.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/passwd.h"
#include "server/net/auth/rights.h"
#include "server/net/gateway.h"
#include "server/net/listen/sockets.h"

static const struct listener_socket *find_loopback(const struct listener_sockets *sockets) {
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].loopback)
			return &sockets->list[i];
	return NULL;
}

/* The kernel may have to load a module to identify users. This must not happen when a client connects, so it
 * is tried now. */
static void tell_of_local_users(
	const struct listener_sockets *sockets, struct local_users *local_users, bool has_password) {
	const struct listener_socket *loopback = find_loopback(sockets);
	char who[256];
	local_users_list(local_users, has_password, who, sizeof who);
	if (!loopback || !who[0])
		return;
	log_info("on loopback these come in without a password: %s", who);
	struct reason reason;
	if (!loopback->connected && local_user_probe(loopback->fd, &reason) == -EOPNOTSUPP)
		local_users_cannot_tell(local_users, loopback->address, &reason);
}

/* An option without any effect is somebody's mistake. */
static void warn_of_vain_local_users(
	const struct listener_sockets *sockets, const struct gateway_options *options) {
	bool all_exposed = true;
	for (size_t i = 0; i < sockets->count; i++)
		all_exposed = all_exposed && sockets->list[i].exposed;
	if (options->security)
		log_warning("--local-users=%s has no effect with --security=%s, which applies to everybody",
			options->local_users, options->security);
	else if (all_exposed)
		log_warning(
			"--local-users=%s has no effect if other machines can connect: listen at 127.0.0.1:PORT or unix:PATH too",
			options->local_users);
}

/* In a user namespace, most users look alike. Then none of them is taken for another. */
static void warn_of_unknown_users(const char *local_users) {
	if (!local_user_knows_all())
		log_warning(
			"--local-users=%s: only root and the server's own user are sure to be known in this user namespace, and the others need a password; for the systemd unit, PrivateUsers=no changes that (systemctl edit zerovnc)",
			local_users);
}

static void warn_of_everybody(const struct security_list *list) {
	for (size_t i = 0; i < list->count; i++) {
		const struct security_info *info = &security_infos[list->types[i]];
		if (info->proof == SECURITY_PROOF_NONE)
			log_warning(
				"--security=%s and reachable from other machines: anybody who can reach this machine can watch and type",
				info->option);
		else if (!info->encrypted)
			log_warning(
				"--security=%s and reachable from other machines: others on the network can read what is shown and typed",
				info->option);
	}
}

static int check_password_file(const char *path, struct reason *reason) {
	struct passwd_pair passwd;
	int error = path ? passwd_read(path, &passwd, reason) : 0;
	if (path)
		passwd_wipe(&passwd);
	return error;
}

int policy_decide(const struct gateway_options *options, bool exposed, struct security_list *list,
	struct reason *reason) {
	int error = check_password_file(options->password_file, reason);
	if (error)
		return error;
	if (!options->security)
		return security_list_default(exposed, options->password_file, list, reason);
	char *user = options->plain_users ? NULL : rights_own_user(options->login_helper);
	bool has_users = options->plain_users || options->view_users || options->rights || user;
	free(user);
	error = security_list_parse(options->security, list, reason);
	return error ? error : security_list_check(list, options->password_file, has_users, reason);
}

int policy_set(struct policy *policy, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct local_users *local_users, struct reason *reason) {
	struct security_list list;
	bool exposed = listener_any_exposed(sockets);
	int error = policy_decide(options, exposed, &list, reason);
	if (error)
		return error;
	if (options->local_users)
		warn_of_vain_local_users(sockets, options);
	if (!options->security) { /* each listener has its own default */
		if (options->local_users)
			warn_of_unknown_users(options->local_users);
		tell_of_local_users(sockets, local_users, options->password_file);
		return 0;
	}
	policy->given = true;
	policy->list = list;
	if (exposed)
		warn_of_everybody(&list);
	return 0;
}

bool policy_may_offer(const struct policy *policy, const char *password_file,
	bool (*is)(const struct security_info *info)) {
	struct security_list list = policy->list;
	if (!policy->given)
		security_list_default(true, password_file, &list, NULL);
	for (size_t i = 0; i < list.count; i++)
		if (is(&security_infos[list.types[i]]))
			return true;
	return false;
}
