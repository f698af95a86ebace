/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/access.h"
#include "server/net/auth/private_key.h"

enum { MAX_FILE = 1 << 20 };

/* --- files --- */

/* Opening a pipe would block. */
static int cannot_read(const char *path, int error, struct reason *reason) {
	char remedy[ACCESS_REMEDY];
	return reason_set(
		reason, error, "%s: %s%s", path, strerror(-error), access_remedy(path, error, remedy));
}

static int check_file(const char *path, struct reason *reason) {
	struct stat status;
	if (stat(path, &status))
		return cannot_read(path, -errno, reason);
	if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE)
		return reason_set(reason, -EINVAL, "%s is no PEM file", path);
	return 0;
}

static int read_file(const char *path, gnutls_datum_t *pem, struct reason *reason) {
	int error = check_file(path, reason);
	if (error)
		return error;
	if (access(path, R_OK))
		return cannot_read(path, -errno, reason);
	error = gnutls_load_file(path, pem);
	return error ? reason_set(reason, -EIO, "%s: %s", path, gnutls_strerror(error)) : 0;
}

/* The server's own certificate comes first, whatever the order in the file is. */
struct chain {
	gnutls_x509_crt_t *list;
	unsigned count;
};

static void free_chain(struct chain *chain) {
	for (unsigned i = 0; i < chain->count; i++)
		gnutls_x509_crt_deinit(chain->list[i]);
	gnutls_free(chain->list);
}

static int read_chain(const char *path, struct chain *chain, struct reason *reason) {
	gnutls_datum_t pem = {0};
	*chain = (struct chain){0};
	int error = read_file(path, &pem, reason);
	if (error)
		return error;
	error = gnutls_x509_crt_list_import2(
		&chain->list, &chain->count, &pem, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
	gnutls_free(pem.data);
	if (error >= 0 && chain->count)
		return 0;
	*chain = (struct chain){0};
	return reason_set(reason, -EINVAL, "%s: %s", path,
		gnutls_strerror(error < 0 ? error : GNUTLS_E_NO_CERTIFICATE_FOUND));
}

static gnutls_x509_crt_t take_leaf(struct chain *chain) {
	gnutls_x509_crt_t leaf = chain->list[0];
	chain->list[0] = NULL;
	return leaf;
}

int certificate_read_leaf(const char *path, gnutls_x509_crt_t *leaf, struct reason *reason) {
	struct chain chain;
	int error = read_chain(path, &chain, reason);
	if (error)
		return error;
	*leaf = take_leaf(&chain);
	free_chain(&chain);
	return 0;
}

static int read_key(const char *path, gnutls_x509_privkey_t *key, struct reason *reason) {
	gnutls_datum_t pem = {0};
	int error = private_key_check(path, reason);
	if (!error)
		error = read_file(path, &pem, reason);
	if (error)
		return error;
	error = gnutls_x509_privkey_init(key);
	if (!error)
		error = gnutls_x509_privkey_import2(*key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return error ? reason_set(reason, -EINVAL, "%s: %s", path, gnutls_strerror(error)) : 0;
}

/* --- a certificate with its key --- */

static int fill(struct certificate *certificate, struct chain *chain, gnutls_x509_privkey_t key) {
	int error = gnutls_certificate_allocate_credentials(&certificate->credentials);
	if (error >= 0)
		error = gnutls_certificate_set_x509_key(
			certificate->credentials, chain->list, (int)chain->count, key);
	if (error >= 0)
		certificate->leaf = take_leaf(chain);
	return error < 0 ? error : 0;
}

int certificate_load(const char *certificate_path, const char *key_path, struct certificate **result,
	struct reason *reason) {
	struct chain chain = {0};
	gnutls_x509_privkey_t key = NULL;
	struct certificate *certificate = calloc(1, sizeof *certificate);
	int error = certificate ? read_chain(certificate_path, &chain, reason)
				: reason_set(reason, -ENOMEM, "out of memory");
	if (!error)
		error = read_key(key_path, &key, reason);
	int unfit = error ? 0 : fill(certificate, &chain, key);
	if (unfit)
		error = reason_set(reason, -EINVAL, "cannot use the certificate %s with the key %s: %s",
			certificate_path, key_path, gnutls_strerror(unfit));
	free_chain(&chain);
	gnutls_x509_privkey_deinit(key);
	if (error) {
		certificate_release(certificate);
		return error;
	}
	certificate->holders = 1;
	*result = certificate;
	return 0;
}

struct certificate *certificate_hold(struct certificate *certificate) {
	certificate->holders++;
	return certificate;
}

void certificate_release(struct certificate *certificate) {
	if (!certificate || (certificate->holders && --certificate->holders))
		return;
	if (certificate->credentials)
		gnutls_certificate_free_credentials(certificate->credentials);
	if (certificate->leaf)
		gnutls_x509_crt_deinit(certificate->leaf);
	free(certificate);
}

/* --- facts --- */

static void write_day(time_t when, char text[12]) {
	struct tm day;
	if (!gmtime_r(&when, &day) || !strftime(text, 12, "%Y-%m-%d", &day))
		strcpy(text, "?");
}

static void write_fingerprint(gnutls_x509_crt_t leaf, char text[CERTIFICATE_FINGERPRINT_SIZE]) {
	unsigned char digest[32] = {0};
	size_t size = sizeof digest;
	gnutls_x509_crt_get_fingerprint(leaf, GNUTLS_DIG_SHA256, digest, &size);
	for (int i = 0; i < 32; i++)
		snprintf(text + 3 * i, 4 - (i == 31), i == 31 ? "%02X" : "%02X:", digest[i]);
}

/* Returns false if there is no more room. */
static bool append(char *text, size_t size, const char *name) {
	static const char more[] = ", ...";
	size_t used = strlen(text);
	bool fits = used + 2 + strlen(name) + sizeof more <= size;
	snprintf(text + used, size - used, "%s%s", used ? ", " : "", fits ? name : "...");
	return fits;
}

/* The signer of the certificate may have chosen any bytes. The log escapes them. */
static void write_names(gnutls_x509_crt_t leaf, char *names, size_t names_size) {
	char bytes[256], text[INET6_ADDRSTRLEN];
	int kind = 0;
	bool room = true;
	names[0] = 0;
	for (unsigned i = 0; room && (kind >= 0 || kind == GNUTLS_E_SHORT_MEMORY_BUFFER); i++) {
		size_t size = sizeof bytes - 1;
		kind = gnutls_x509_crt_get_subject_alt_name(leaf, i, bytes, &size, NULL);
		if (kind == GNUTLS_SAN_DNSNAME) {
			bytes[size] = 0;
			room = append(names, names_size, bytes);
		} else if (kind == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16)) {
			inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
			room = append(names, names_size, text);
		}
	}
	if (!names[0])
		snprintf(names, names_size, "no name and no address");
}

void certificate_describe(gnutls_x509_crt_t leaf, struct certificate_facts *facts) {
	write_fingerprint(leaf, facts->fingerprint);
	write_day(gnutls_x509_crt_get_activation_time(leaf), facts->from);
	write_day(gnutls_x509_crt_get_expiration_time(leaf), facts->until);
	write_names(leaf, facts->names, sizeof facts->names);
}

bool certificate_needs_care(gnutls_x509_crt_t leaf, time_t now, struct reason *why) {
	enum { CARE_DAYS = 14, DAY = 24 * 3600 };
	time_t left = gnutls_x509_crt_get_expiration_time(leaf) - now;
	if (gnutls_x509_crt_get_activation_time(leaf) > now)
		reason_set(why, 0, "is not valid yet: is this machine's clock right?");
	else if (left < 0)
		reason_set(
			why, 0, "has expired: replace it; new connections get the new one without a restart");
	else if (left < CARE_DAYS * DAY)
		reason_set(why, 0,
			"expires soon: replace it; new connections get the new one without a restart");
	else
		return false;
	return true;
}
