/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/keys.h"

#include <errno.h>

#include "server/log.h"
#include "server/net/auth/certificate_source.h"
#include "server/net/auth/policy.h"
#include "server/net/auth/private_key.h"
#include "server/net/auth/rsa.h"
#include "server/net/gateway.h"

static bool is_x509(const struct security_info *info) {
	return info->x509;
}

static bool is_rsa(const struct security_info *info) {
	return info->proof == SECURITY_PROOF_EITHER;
}

static int load_rsa_key(struct keys *keys, struct reason *reason) {
	gnutls_x509_privkey_t key;
	int error = private_key_open(PRIVATE_KEY_RSA_AES, &key, reason);
	if (error)
		return error;
	keys->rsa_key = auth_rsa_key_create(key);
	gnutls_x509_privkey_deinit(key);
	return keys->rsa_key ? 0 : reason_set(reason, -EINVAL, "the server's RSA key cannot be used");
}

/* If nobody asked for certain types, the types whose key cannot be kept are left out, since others remain. */
static int do_without(const struct policy *policy, const struct gateway_options *options, int error,
	const struct reason *reason) {
	if (!error || policy->given || options->tls_certificate || options->tls_key)
		return error;
	log_warning("security types that need it are left out: %s", reason->text);
	return 0;
}

/* Keys are made and read only if something may use them. A browser's wss uses the certificate too. */
int keys_load(struct keys *keys, const struct policy *policy, const struct gateway_options *options,
	struct reason *reason) {
	int error = tls_init(&keys->tls);
	if (error)
		return reason_set(reason, error, "cannot set TLS up");
	if (policy_may_offer(policy, options->password_file, is_x509) || options->web_root ||
		options->tls_certificate || options->tls_key)
		error = certificate_source_create(
			options->tls_certificate, options->tls_key, &keys->certificates, reason);
	error = do_without(policy, options, error, reason);
	if (!error && policy_may_offer(policy, options->password_file, is_rsa))
		error = do_without(policy, options, load_rsa_key(keys, reason), reason);
	return error;
}

void keys_finish(struct keys *keys) {
	certificate_source_destroy(keys->certificates);
	tls_finish(&keys->tls);
	auth_rsa_key_destroy(keys->rsa_key);
}
