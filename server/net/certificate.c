/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/certificate.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/net/private_key.h"
#include "server/net/state_file.h"

enum { YEARS = 10 };

static const char certificate_name[] = "tls-certificate.pem";

static int crypto_failed(const char *what, int error, struct reason *reason) {
	return reason_set(reason, -EIO, "%s: %s", what, gnutls_strerror(error));
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
		      : state_file_save(path, &pem, 0644, false, reason);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(certificate);
	return error;
}

static int make_own_pair(
	char certificate[STATE_FILE_PATH], char key[STATE_FILE_PATH], struct reason *reason) {
	gnutls_x509_privkey_t private_key;
	int error = state_file_path(certificate_name, certificate, reason);
	if (!error)
		error = state_file_prepare(certificate, reason);
	if (!error)
		error = private_key_path(PRIVATE_KEY_TLS, key, reason);
	if (error)
		return error;
	bool had_key = access(key, F_OK) == 0;
	error = private_key_open(PRIVATE_KEY_TLS, &private_key, reason);
	if (error)
		return error;
	if (!had_key || access(certificate, F_OK))
		error = make_certificate(private_key, certificate, reason);
	gnutls_x509_privkey_deinit(private_key);
	return error;
}

int certificate_load(const char *certificate, const char *key, gnutls_certificate_credentials_t *credentials,
	struct reason *reason) {
	char own_certificate[STATE_FILE_PATH], own_key[STATE_FILE_PATH];
	if (!certificate != !key)
		return reason_set(reason, -EINVAL, "--tls-certificate and --tls-key go together");
	if (!certificate) {
		int error = make_own_pair(own_certificate, own_key, reason);
		if (error)
			return error;
		certificate = own_certificate;
		key = own_key;
	}
	int error = private_key_check(key, reason);
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
	char own[STATE_FILE_PATH];
	int error = certificate ? 0 : state_file_path(certificate_name, own, reason);
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
