/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/private_key.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *file;
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} kinds[] = {
	[PRIVATE_KEY_TLS] = {"tls-key.pem", GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
	[PRIVATE_KEY_RSA_AES] = {"rsa-key.pem", GNUTLS_PK_RSA, 3072},
};

int private_key_path(enum private_key_use use, char path[STATE_FILE_PATH], struct reason *reason) {
	return state_file_path(kinds[use].file, path, reason);
}

static void wipe(gnutls_datum_t *data) {
	if (data->data)
		gnutls_memset(data->data, 0, data->size);
	gnutls_free(data->data);
	data->data = NULL;
}

static int make(enum private_key_use use, const char *path, struct reason *reason) {
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem = {0};
	if (gnutls_x509_privkey_init(&key))
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = gnutls_x509_privkey_generate(key, kinds[use].algorithm, kinds[use].bits, 0);
	if (!error)
		error = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	gnutls_x509_privkey_deinit(key);
	if (error)
		return reason_set(reason, -EIO, "cannot make a key: %s", gnutls_strerror(error));
	error = state_file_save(
		path, &pem, 0600, true, reason); /* what another server made with its key must still fit */
	wipe(&pem);
	return error;
}

/* A group may read it: many systems keep their servers' keys that way. */
int private_key_check(const char *path, struct reason *reason) {
	struct stat status;
	if (stat(path, &status) || !(status.st_mode & 07))
		return 0;
	return reason_set(reason, -EACCES,
		"everybody on this machine can read the key %s: 'chmod o= %s', and better make a new key",
		path, path);
}

static int load(const char *path, gnutls_x509_privkey_t *key, struct reason *reason) {
	gnutls_datum_t pem = {0};
	if (gnutls_x509_privkey_init(key))
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = gnutls_load_file(path, &pem);
	if (!error)
		error = gnutls_x509_privkey_import(*key, &pem, GNUTLS_X509_FMT_PEM);
	wipe(&pem);
	if (!error)
		return 0;
	gnutls_x509_privkey_deinit(*key);
	*key = NULL;
	return reason_set(reason, -EIO, "%s: %s; move it away, and the server will make a new key", path,
		gnutls_strerror(error));
}

int private_key_open(enum private_key_use use, gnutls_x509_privkey_t *key, struct reason *reason) {
	char path[STATE_FILE_PATH];
	int error = private_key_path(use, path, reason);
	if (!error)
		error = state_file_prepare(path, reason);
	if (!error)
		error = access(path, F_OK) ? make(use, path, reason) : private_key_check(path, reason);
	return error ? error : load(path, key, reason);
}
