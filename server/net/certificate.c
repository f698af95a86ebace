/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/folder.h"

enum { PATH_SIZE = FOLDER_PATH + 64, RSA_BITS = 3072, YEARS = 10 };

static const char certificate_name[] = "tls-certificate.pem", key_name[] = "tls-key.pem",
		  rsa_name[] = "rsa-key.pem";

/* --- where --- */

static int state_path(const char *name, char *path, size_t size, struct reason *reason) {
	int error = folder_state(path, size, reason);
	size_t used = error ? 0 : strlen(path);
	if (error == 0 && snprintf(path + used, size - used, "/%s", name) >= (int)(size - used))
		error = reason_set(reason, -ENAMETOOLONG, "the state folder's name is too long");
	return error;
}

static int cannot_keep(const char *path, int error, struct reason *reason) {
	return reason_set(reason, error,
		"cannot keep the server's key in %s: %s; give --tls-certificate and --tls-key, or make that "
		"folder writable",
		path, strerror(-error));
}

/* As above, in a folder that is there and that nobody else can put a key of his own into. */
static int own_path(const char *name, char *path, size_t size, struct reason *reason) {
	char folder[FOLDER_PATH];
	int error = state_path(name, path, size, reason);
	if (error)
		return error;
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	int made = folder_make(folder, 0700);
	return made < 0 ? cannot_keep(path, made, reason) : folder_check_file(path, reason);
}

/* In one step, so that two servers that start at once never see half a file. A key that another has put there
 * meanwhile stays: what was made with it must go on to fit. */
static int put(const char *temporary, const char *path, bool is_key) {
	if (is_key && (link(temporary, path) == 0 || errno == EEXIST))
		return unlink(temporary) ? -errno : 0;
	return rename(temporary, path) ? -errno : 0; /* also where there are no links */
}

static int save(
	const char *path, const gnutls_datum_t *data, mode_t mode, bool is_key, struct reason *reason) {
	char temporary[PATH_SIZE];
	int error = 0;
	if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
		error = -ENAMETOOLONG;
	int fd = error ? -1 : mkostemp(temporary, O_CLOEXEC);
	if (!error && fd < 0)
		error = -errno;
	if (!error &&
		(write(fd, data->data, data->size) != (ssize_t)data->size || fchmod(fd, mode) || fsync(fd)))
		error = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!error)
		error = put(temporary, path, is_key);
	if (error && fd >= 0)
		unlink(temporary);
	return error ? cannot_keep(path, error, reason) : 0;
}

static void wipe(gnutls_datum_t *data) {
	if (data->data)
		gnutls_memset(data->data, 0, data->size);
	gnutls_free(data->data);
	data->data = NULL;
}

static int crypto_failed(const char *what, int error, struct reason *reason) {
	return reason_set(reason, -EIO, "%s: %s", what, gnutls_strerror(error));
}

/* --- keys --- */

static int make_key(gnutls_pk_algorithm_t kind, unsigned bits, const char *path, struct reason *reason) {
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem = {0};
	if (gnutls_x509_privkey_init(&key))
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = gnutls_x509_privkey_generate(key, kind, bits, 0);
	if (!error)
		error = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	gnutls_x509_privkey_deinit(key);
	if (error)
		return crypto_failed("cannot make a key", error, reason);
	error = save(path, &pem, 0600, true, reason);
	wipe(&pem);
	return error;
}

/* A group may read it: many systems keep keys that way for their servers. */
static int check_private(const char *path, struct reason *reason) {
	struct stat status;
	if (stat(path, &status) || !(status.st_mode & 07))
		return 0; /* what is not there is told by whoever loads it */
	return reason_set(reason, -EACCES,
		"the key %s is open to everybody on this machine: 'chmod o= %s', better with a new key", path,
		path);
}

/* Loads the key of that file; where there is none, makes one. `made` says which. */
static int load_or_make_key(gnutls_x509_privkey_t *key, gnutls_pk_algorithm_t kind, unsigned bits,
	const char *path, bool *made, struct reason *reason) {
	gnutls_datum_t pem = {0};
	*made = access(path, F_OK) != 0;
	int error = *made ? make_key(kind, bits, path, reason) : check_private(path, reason);
	if (error)
		return error;
	if (gnutls_x509_privkey_init(key))
		return reason_set(reason, -ENOMEM, "out of memory");
	error = gnutls_load_file(path, &pem);
	if (!error)
		error = gnutls_x509_privkey_import(*key, &pem, GNUTLS_X509_FMT_PEM);
	wipe(&pem);
	if (error) {
		error = crypto_failed(path, error, reason);
		gnutls_x509_privkey_deinit(*key);
		*key = NULL;
	}
	return error;
}

int certificate_rsa_key(gnutls_x509_privkey_t *key, struct reason *reason) {
	char path[PATH_SIZE];
	bool made;
	int error = own_path(rsa_name, path, sizeof path, reason);
	return error ? error : load_or_make_key(key, GNUTLS_PK_RSA, RSA_BITS, path, &made, reason);
}

/* --- our own certificate --- */

static int fill(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key) {
	char host[256] = "zerovnc";
	unsigned char serial[16], id[64];
	size_t id_size = sizeof id;
	gethostname(host, sizeof host - 1);
	time_t now = time(NULL);
	int error = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] &= 0x7f; /* a positive number */
	serial[0] |= 0x40;
#define TRY(call)                                                                                            \
	if (!error)                                                                                          \
	error = (call)
	TRY(gnutls_x509_crt_set_version(certificate, 3));
	TRY(gnutls_x509_crt_set_serial(certificate, serial, sizeof serial));
	TRY(gnutls_x509_crt_set_activation_time(certificate, now - 24 * 3600));
	TRY(gnutls_x509_crt_set_expiration_time(certificate, now + YEARS * 365L * 24 * 3600));
	TRY(gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, host, (unsigned)strlen(host)));
	TRY(gnutls_x509_crt_set_subject_alt_name(
		certificate, GNUTLS_SAN_DNSNAME, host, (unsigned)strlen(host), GNUTLS_FSAN_SET));
	TRY(gnutls_x509_crt_set_subject_alt_name(
		certificate, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_APPEND));
	TRY(gnutls_x509_crt_set_basic_constraints(certificate, 0, -1));
	TRY(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
	TRY(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
	TRY(gnutls_x509_crt_set_key(certificate, key));
	TRY(gnutls_x509_crt_get_key_id(certificate, 0, id, &id_size));
	TRY(gnutls_x509_crt_set_subject_key_id(certificate, id, id_size));
	TRY(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0));
#undef TRY
	return error;
}

static int make_certificate(gnutls_x509_privkey_t key, const char *path, struct reason *reason) {
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem = {0};
	if (gnutls_x509_crt_init(&certificate))
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = fill(certificate, key);
	if (!error)
		error = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem);
	error = error ? crypto_failed("cannot make a certificate", error, reason)
		      : save(path, &pem, 0644, false, reason);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(certificate);
	return error;
}

static int make_own_pair(const char *certificate, const char *key, struct reason *reason) {
	gnutls_x509_privkey_t private_key;
	bool made;
	int error = load_or_make_key(&private_key, GNUTLS_PK_EC,
		GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), key, &made, reason);
	if (error)
		return error;
	if (made || access(certificate, F_OK))
		error = make_certificate(private_key, certificate, reason);
	gnutls_x509_privkey_deinit(private_key);
	return error;
}

int certificate_load(const char *certificate, const char *key, gnutls_certificate_credentials_t *credentials,
	struct reason *reason) {
	char own_certificate[PATH_SIZE], own_key[PATH_SIZE];
	if (!certificate != !key)
		return reason_set(reason, -EINVAL, "--tls-certificate and --tls-key go together");
	if (!certificate) {
		int error = own_path(certificate_name, own_certificate, sizeof own_certificate, reason);
		if (!error)
			error = own_path(key_name, own_key, sizeof own_key, reason);
		if (!error)
			error = make_own_pair(own_certificate, own_key, reason);
		if (error)
			return error;
		certificate = own_certificate;
		key = own_key;
	}
	int error = check_private(key, reason);
	if (error)
		return error;
	if (gnutls_certificate_allocate_credentials(credentials))
		return reason_set(reason, -ENOMEM, "out of memory");
	error = gnutls_certificate_set_x509_key_file(*credentials, certificate, key, GNUTLS_X509_FMT_PEM);
	if (error >= 0)
		return 0;
	gnutls_certificate_free_credentials(*credentials);
	*credentials = NULL;
	return reason_set(reason, -EINVAL, "cannot use the certificate %s with the key %s: %s", certificate,
		key, gnutls_strerror(error));
}

static int first_certificate(const gnutls_datum_t *pem, unsigned char digest[32]) {
	gnutls_x509_crt_t list[8];
	unsigned count = 8; /* the first is the server's own, a chain may follow */
	int error = gnutls_x509_crt_list_import(list, &count, pem, GNUTLS_X509_FMT_PEM, 0);
	if (error < 0)
		return error;
	size_t size = 32;
	error = count ? gnutls_x509_crt_get_fingerprint(list[0], GNUTLS_DIG_SHA256, digest, &size)
		      : GNUTLS_E_NO_CERTIFICATE_FOUND;
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	return error;
}

int certificate_fingerprint(
	const char *certificate, char text[CERTIFICATE_FINGERPRINT_SIZE], struct reason *reason) {
	char own[PATH_SIZE];
	int error = certificate ? 0 : state_path(certificate_name, own, sizeof own, reason);
	if (error)
		return error;
	const char *path = certificate ? certificate : own;
	if (access(path, R_OK))
		return reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	gnutls_datum_t pem = {0};
	unsigned char digest[32];
	error = gnutls_load_file(path, &pem);
	if (!error)
		error = first_certificate(&pem, digest);
	gnutls_free(pem.data);
	if (error)
		return crypto_failed(path, error, reason);
	for (int i = 0; i < 32; i++)
		snprintf(text + 3 * i, 4 - (i == 31), i == 31 ? "%02X" : "%02X:", digest[i]);
	return 0;
}
