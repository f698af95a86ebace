/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What our own certificate names, and when it is due for renewal. How clients take it: certificate.py. */
#include "server/net/auth/own_certificate.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "server/net/auth/certificate.h"
#include "tests/test.h"

static FILE *hosts_of(const char *text) {
	FILE *file = tmpfile();
	CHECK(file && fputs(text, file) >= 0);
	rewind(file);
	return file;
}

/* The names that the machine knows to be its own, and nothing that is not a name. */
static void names_of_a_host(void) {
	static const struct {
		const char *host, *hosts, *names;
	} rows[] = {
		{"front", "", "front front.local "},
		{"front", "127.0.1.1\tfront.example.org front\n", "front front.example.org front.local "},
		{"front", "# front.comment.org front\n10.0.0.1 other.example.org other\n",
			"front front.local "},
		{"front", "::1 front FRONT.example.org # front.no\n", "front FRONT.example.org front.local "},
		{"front", "10.0.0.1 front.example.org\n",
			"front front.local "}, /* it does not say that this is us */
		{"front", "10.0.0.1 front fronts.example.org\n\n \nnonsense", "front front.local "},
		{"front.example.org", "", "front.example.org front front.local "},
		{"Front", "10.0.0.1 front front.example.org\n", "Front front.example.org Front.local "},
		{"localhost", "127.0.0.1 localhost localhost.localdomain\n",
			"localhost localhost.localdomain "},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_names names = {0};
		char text[1024] = "";
		FILE *hosts = hosts_of(rows[i].hosts);
		host_names_add_host(&names, rows[i].host, hosts);
		fclose(hosts);
		for (size_t n = 0; n < names.name_count; n++)
			strcat(strcat(text, names.names[n]), " ");
		CHECK_SAY(strcmp(text, rows[i].names) == 0, "row %zu: %s", i, text);
	}
	struct host_names names = {0};
	static const char *const no_names[] = {
		"", "(none)", "a b", "b\xc3\xbcro", ".front", "front.", "a\"b"};
	for (size_t i = 0; i < ARRAY_LEN(no_names); i++)
		host_names_add_host(&names, no_names[i], NULL);
	for (size_t i = 0; i < names.name_count; i++)
		CHECK_SAY(!strpbrk(names.names[i], "\" ()\xc3") && names.names[i][0] != '.', "%s",
			names.names[i]);
	FILE *many = tmpfile();
	for (int i = 0; i < 100; i++)
		fprintf(many, "10.0.0.1 front front.example%d.org\n", i);
	rewind(many);
	host_names_add_host(&names, "front", many);
	CHECK(names.name_count == HOST_NAMES_MAX);
	fclose(many);
}

static void this_machine(void) {
	struct host_names names;
	host_names_read(&names);
	CHECK(names.name_count >= 1 && strcmp(names.names[names.name_count - 1], "localhost") == 0);
	CHECK(names.address_count >= 2 && names.addresses[0].size == 4 && names.addresses[1].size == 16);
}

static struct host_names some_names(void) {
	struct host_names names = {.names = {"front.example.org", "front", "localhost"}, .name_count = 3};
	names.addresses[0] = (struct host_address){{127, 0, 0, 1}, 4};
	names.addresses[1] = (struct host_address){{[15] = 1}, 16};
	names.addresses[2] = (struct host_address){{192, 0, 2, 1}, 4};
	names.address_count = 3;
	return names;
}

static void when_another_is_due(gnutls_x509_privkey_t key, const char *path) {
	enum { DAY = 24 * 3600 };
	struct host_names names = some_names(), more = names;
	struct reason reason = {""}, why = {""};
	gnutls_x509_crt_t made;
	time_t now = time(NULL);
	CHECK(own_certificate_make(key, &names, path, &reason) == 0);
	CHECK(certificate_read_leaf(path, &made, &reason) == 0 && own_certificate_is_ours(made));
	CHECK(!own_certificate_is_due(made, &names, now, &why));
	CHECK(!own_certificate_is_due(made, &names, now + 780L * DAY, &why));
	CHECK(own_certificate_is_due(made, &names, now + 800L * DAY, &why) && strstr(why.text, "soon"));
	CHECK(own_certificate_is_due(made, &names, now + 830L * DAY, &why) &&
		strstr(why.text, "has expired"));
	/* a clock that is wrong after a cold start is not a reason to renew it */
	CHECK(!own_certificate_is_due(made, &names, now - 3000L * DAY, &why));
	CHECK(certificate_needs_care(made, now - 3000L * DAY, &why) && strstr(why.text, "clock"));
	CHECK(!certificate_needs_care(made, now, &why) &&
		certificate_needs_care(made, now + 810L * DAY, &why));
	/* everything that exists now must be in it, but not the other way round */
	struct host_names fewer = names;
	fewer.name_count = fewer.address_count = 1;
	CHECK(!own_certificate_is_due(made, &fewer, now, &why));
	strcpy(more.names[more.name_count++], "back");
	CHECK(own_certificate_is_due(made, &more, now, &why) && strstr(why.text, "the name back"));
	more = names;
	inet_pton(AF_INET6, "2001:db8::7", more.addresses[3].bytes);
	more.addresses[3].size = 16;
	more.address_count = 4;
	CHECK(own_certificate_is_due(made, &more, now, &why) && strstr(why.text, "2001:db8::7"));
	struct certificate_facts facts;
	certificate_describe(made, &facts);
	CHECK_SAY(strcmp(facts.names, "front.example.org, front, localhost, 127.0.0.1, ::1, 192.0.2.1") == 0,
		"%s", facts.names);
	gnutls_x509_crt_deinit(made);
	/* as many as possible: reported as far as there is room */
	for (more.address_count = 0; more.address_count < HOST_NAMES_MAX_ADDRESSES; more.address_count++) {
		struct host_address *address = &more.addresses[more.address_count];
		memset(address->bytes, 0xff, sizeof address->bytes);
		address->bytes[0] = 0x20;
		address->bytes[15] = (uint8_t)more.address_count;
		address->size = 16;
	}
	CHECK(own_certificate_make(key, &more, path, &reason) == 0);
	CHECK(certificate_read_leaf(path, &made, &reason) == 0 &&
		!own_certificate_is_due(made, &more, now, &why));
	certificate_describe(made, &facts);
	CHECK(strstr(facts.names, ", ...") && strlen(facts.names) < sizeof facts.names);
	gnutls_x509_crt_deinit(made);
}

/* A certificate that an older version made lasts ten years, which some clients refuse. A certificate that
 * somebody else has signed stays. */
static void others(gnutls_x509_privkey_t key) {
	struct host_names names = {0};
	struct reason why = {""};
	for (int foreign = 0; foreign < 2; foreign++) {
		gnutls_x509_crt_t made, issuer;
		time_t now = time(NULL), long_time = 3650L * 24 * 3600;
		CHECK(!gnutls_x509_crt_init(&made) && !gnutls_x509_crt_init(&issuer));
		gnutls_x509_crt_t certificates[] = {issuer, made};
		for (int i = 0; i < 2; i++) {
			const char *name = i && foreign ? "front" : "authority";
			CHECK(!gnutls_x509_crt_set_version(certificates[i], 3));
			CHECK(!gnutls_x509_crt_set_serial(certificates[i], "1", 1));
			CHECK(!gnutls_x509_crt_set_activation_time(certificates[i], now - 10));
			CHECK(!gnutls_x509_crt_set_expiration_time(certificates[i], now + long_time));
			CHECK(!gnutls_x509_crt_set_dn_by_oid(certificates[i], GNUTLS_OID_X520_COMMON_NAME, 0,
				name, (unsigned)strlen(name)));
			CHECK(!gnutls_x509_crt_set_key(certificates[i], key));
			CHECK(!gnutls_x509_crt_sign2(certificates[i], issuer, key, GNUTLS_DIG_SHA256, 0));
		}
		gnutls_datum_t der;
		CHECK(!gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_DER, &der));
		gnutls_x509_crt_deinit(made);
		CHECK(!gnutls_x509_crt_init(&made) &&
			!gnutls_x509_crt_import(made, &der, GNUTLS_X509_FMT_DER));
		gnutls_free(der.data);
		CHECK(own_certificate_is_ours(made) == !foreign);
		CHECK(own_certificate_is_due(made, &names, now, &why) == !foreign);
		CHECK(foreign || strstr(why.text, "longer"));
		gnutls_x509_crt_deinit(made);
		gnutls_x509_crt_deinit(issuer);
	}
}

int main(void) {
	char folder[] = "/tmp/zerovnc-certificate-XXXXXX", path[100];
	gnutls_x509_privkey_t key;
	names_of_a_host();
	this_machine();
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/certificate.pem", folder);
	CHECK(!gnutls_x509_privkey_init(&key) &&
		!gnutls_x509_privkey_generate(
			key, GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	when_another_is_due(key, path);
	others(key);
	gnutls_x509_privkey_deinit(key);
	unlink(path);
	rmdir(folder);
	return 0;
}
