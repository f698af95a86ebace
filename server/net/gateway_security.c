/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of gateway.h that decides what unauthenticated clients are asked for, and loads the keys for
 * it. */
#include <errno.h>
#include <stdlib.h>

#include "server/log.h"
#include "server/net/auth/certificate_source.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/passwd.h"
#include "server/net/auth/plain_users.h"
#include "server/net/auth/private_key.h"
#include "server/net/auth/rsa.h"
#include "server/net/gateway_state.h"

static bool any_exposed(const struct gateway *gateway) {
	for (size_t i = 0; i < gateway->sockets.count; i++)
		if (gateway->sockets.list[i].exposed)
			return true;
	return false;
}

void gateway_cannot_tell_users(struct gateway *gateway, const char *where, const struct reason *reason) {
	if (gateway->users_untold)
		return;
	gateway->users_untold = true;
	log_warning("%s: %s", where, reason->text);
}

static const struct listener_socket *find_loopback(const struct gateway *gateway) {
	for (size_t i = 0; i < gateway->sockets.count; i++)
		if (gateway->sockets.list[i].loopback)
			return &gateway->sockets.list[i];
	return NULL;
}

/* The kernel may have to load a module to identify users. This must not happen when a client connects, so it
 * is tried now. */
static void tell_of_local_users(struct gateway *gateway, bool has_password) {
	const struct listener_socket *loopback = find_loopback(gateway);
	char who[256];
	local_users_list(gateway->local_users, has_password, who, sizeof who);
	if (!loopback || !who[0])
		return;
	log_info("on loopback these come in without a password: %s", who);
	struct reason reason;
	if (!loopback->connected && local_user_probe(loopback->fd, &reason) == -EOPNOTSUPP)
		gateway_cannot_tell_users(gateway, loopback->address, &reason);
}

/* An option without any effect is somebody's mistake. */
static void warn_of_vain_local_users(const struct gateway *gateway, const struct gateway_options *options) {
	bool all_exposed = true;
	for (size_t i = 0; i < gateway->sockets.count; i++)
		all_exposed = all_exposed && gateway->sockets.list[i].exposed;
	if (options->security)
		log_warning("--local-users=%s changes nothing beside --security=%s, which everybody is asked",
			options->local_users, options->security);
	else if (all_exposed)
		log_warning(
			"--local-users=%s changes nothing where other machines can come in: listen at 127.0.0.1:PORT or unix:PATH too",
			options->local_users);
}

static void warn_of_strangers(const struct gateway *gateway) {
	for (size_t i = 0; i < gateway->security.count; i++) {
		const struct security_info *info = &security_infos[gateway->security.types[i]];
		if (info->proof == SECURITY_PROOF_NONE)
			log_warning(
				"--security=%s and reachable from other machines: everybody who gets here can look and type",
				info->option);
		else if (!info->encrypted)
			log_warning(
				"--security=%s and reachable from other machines: what is seen and typed can be read on the way",
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

int gateway_decide_security(const struct gateway_options *options, bool exposed, struct security_list *list,
	struct reason *reason) {
	int error = check_password_file(options->password_file, reason);
	if (error)
		return error;
	if (!options->security)
		return security_list_default(exposed, options->password_file, list, reason);
	char *user = options->plain_users ? NULL : plain_users_default();
	bool has_users = options->plain_users || options->view_users || user;
	free(user);
	error = security_list_parse(options->security, list, reason);
	return error ? error : security_list_check(list, options->password_file, has_users, reason);
}

int gateway_set_security(
	struct gateway *gateway, const struct gateway_options *options, struct reason *reason) {
	struct security_list list;
	bool exposed = any_exposed(gateway);
	int error = gateway_decide_security(options, exposed, &list, reason);
	if (error)
		return error;
	if (options->local_users)
		warn_of_vain_local_users(gateway, options);
	if (!options->security) { /* each listener has its own default */
		tell_of_local_users(gateway, options->password_file);
		return 0;
	}
	gateway->security_given = true;
	gateway->security = list;
	if (exposed)
		warn_of_strangers(gateway);
	return 0;
}

/* Whether `is` holds for any type that may be offered here. */
static bool may_offer(const struct gateway *gateway, bool (*is)(const struct security_info *info)) {
	struct security_list list = gateway->security;
	if (!gateway->security_given)
		security_list_default(true, gateway->password_file, &list, NULL);
	for (size_t i = 0; i < list.count; i++)
		if (is(&security_infos[list.types[i]]))
			return true;
	return false;
}

static bool is_x509(const struct security_info *info) {
	return info->x509;
}

static bool is_rsa(const struct security_info *info) {
	return info->proof == SECURITY_PROOF_EITHER;
}

static int load_rsa_key(struct gateway *gateway, struct reason *reason) {
	gnutls_x509_privkey_t key;
	int error = private_key_open(PRIVATE_KEY_RSA_AES, &key, reason);
	if (error)
		return error;
	gateway->rsa_key = auth_rsa_key_create(key);
	gnutls_x509_privkey_deinit(key);
	return gateway->rsa_key ? 0 : reason_set(reason, -EINVAL, "the server's RSA key cannot be used");
}

/* If nobody asked for certain types, the types whose key cannot be kept are left out, since others remain. */
static int do_without(const struct gateway *gateway, const struct gateway_options *options, int error,
	const struct reason *reason) {
	if (!error || gateway->security_given || options->tls_certificate || options->tls_key)
		return error;
	log_warning("security types that need it are left out: %s", reason->text);
	return 0;
}

/* Keys are made and read only if something may use them. A browser's wss uses the certificate too. */
int gateway_load_keys(struct gateway *gateway, const struct gateway_options *options, struct reason *reason) {
	int error = tls_init(&gateway->tls);
	if (error)
		return reason_set(reason, error, "cannot set TLS up");
	if (may_offer(gateway, is_x509) || options->web_root || options->tls_certificate || options->tls_key)
		error = certificate_source_create(
			options->tls_certificate, options->tls_key, &gateway->certificates, reason);
	error = do_without(gateway, options, error, reason);
	if (!error && may_offer(gateway, is_rsa))
		error = do_without(gateway, options, load_rsa_key(gateway, reason), reason);
	return error;
}
