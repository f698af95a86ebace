/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/own_certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 24 * 3600, MAX_COMMON_NAME = 64 };

int own_certificate_path(char path[STATE_FILE_PATH], struct reason *reason) {
	return state_file_path("tls-certificate.pem", path, reason);
}

/* --- making a certificate --- */

static int set_names(gnutls_x509_crt_t certificate, const struct host_names *names) {
	int error = 0;
	for (size_t i = 0; i < names->name_count && !error; i++)
		error = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, names->names[i],
			(unsigned)strlen(names->names[i]), GNUTLS_FSAN_APPEND);
	for (size_t i = 0; i < names->address_count && !error; i++)
		error = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS,
			names->addresses[i].bytes, names->addresses[i].size, GNUTLS_FSAN_APPEND);
	return error;
}

static int set_common_name(gnutls_x509_crt_t certificate, const char *host) {
	const char *name = strlen(host) <= MAX_COMMON_NAME ? host : "zerovnc";
	return gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
}

static int fill(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const struct host_names *names) {
	unsigned char serial[16], id[64];
	size_t id_size = sizeof id;
	time_t now = time(NULL);
	int error = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] &= 0x7f; /* a positive number */
	serial[0] |= 0x40;
#define TRY(call)                                                                                            \
	if (!error)                                                                                          \
	error = (call)
	TRY(gnutls_x509_crt_set_version(certificate, 3));
	TRY(gnutls_x509_crt_set_serial(certificate, serial, sizeof serial));
	TRY(gnutls_x509_crt_set_activation_time(certificate, now - DAY)); /* clocks differ */
	TRY(gnutls_x509_crt_set_expiration_time(certificate, now + (time_t)OWN_CERTIFICATE_DAYS * DAY));
	TRY(set_common_name(certificate, names->names[0]));
	TRY(set_names(certificate, names));
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

int own_certificate_make(
	gnutls_x509_privkey_t key, const struct host_names *names, const char *path, struct reason *reason) {
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem = {0};
	if (gnutls_x509_crt_init(&certificate))
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = fill(certificate, key, names);
	if (!error)
		error = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem);
	error = error ? reason_set(reason, -EIO, "cannot make a certificate: %s", gnutls_strerror(error))
		      : state_file_save(path, &pem, 0644, false, reason);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(certificate);
	return error;
}

/* --- whether it is due for renewal --- */

bool own_certificate_is_ours(gnutls_x509_crt_t certificate) {
	return gnutls_x509_crt_check_issuer(certificate, certificate);
}

static bool ends(gnutls_x509_crt_t certificate, time_t now, struct reason *why) {
	time_t until = gnutls_x509_crt_get_expiration_time(certificate);
	time_t days = (until - gnutls_x509_crt_get_activation_time(certificate)) / DAY;
	if (until - now < (time_t)OWN_CERTIFICATE_RENEW_DAYS * DAY) {
		reason_set(why, 0, until < now ? "it has expired" : "it expires soon");
		return true;
	}
	if (days <= OWN_CERTIFICATE_DAYS + 1)
		return false;
	reason_set(why, 0, "it is valid for longer than some clients accept");
	return true;
}

/* The common name is not considered. */
static bool has_name(gnutls_x509_crt_t certificate, const char *name) {
	char text[256];
	unsigned type = 0;
	int kind = 0;
	for (unsigned i = 0; kind >= 0 || kind == GNUTLS_E_SHORT_MEMORY_BUFFER; i++) {
		size_t size = sizeof text - 1;
		kind = gnutls_x509_crt_get_subject_alt_name2(certificate, i, text, &size, &type, NULL);
		if (kind == GNUTLS_SAN_DNSNAME && size == strlen(name) && memcmp(text, name, size) == 0)
			return true;
	}
	return false;
}

static bool lacks(gnutls_x509_crt_t certificate, const struct host_names *names, struct reason *why) {
	char text[INET6_ADDRSTRLEN] = "";
	for (size_t i = 0; i < names->name_count; i++)
		if (!has_name(certificate, names->names[i])) {
			reason_set(why, 0, "it lacks the name %s", names->names[i]);
			return true;
		}
	for (size_t i = 0; i < names->address_count; i++) {
		const struct host_address *address = &names->addresses[i];
		if (!gnutls_x509_crt_check_ip(certificate, address->bytes, address->size, 0)) {
			inet_ntop(address->size == 4 ? AF_INET : AF_INET6, address->bytes, text, sizeof text);
			reason_set(why, 0, "it lacks the address %s", text);
			return true;
		}
	}
	return false;
}

bool own_certificate_is_due(
	gnutls_x509_crt_t certificate, const struct host_names *names, time_t now, struct reason *why) {
	return own_certificate_is_ours(certificate) &&
	       (ends(certificate, now, why) || lacks(certificate, names, why));
}
