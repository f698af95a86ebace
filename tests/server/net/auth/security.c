/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/security.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

static void parses(void) {
	struct security_list list;
	struct reason reason;
	CHECK(security_list_parse("vncauth,none,vncauth", &list, &reason) == 0);
	CHECK(list.count == 2 && list.types[0] == SECURITY_VNC && list.types[1] == SECURITY_NONE);
	security_list_prefer(&list, SECURITY_NONE);
	CHECK(list.count == 2 && list.types[0] == SECURITY_NONE && list.types[1] == SECURITY_VNC);
	security_list_prefer(&list, SECURITY_X509_VNC);
	CHECK(list.count == 3 && list.types[0] == SECURITY_X509_VNC && list.types[2] == SECURITY_VNC);
	static const char *const wrong[] = {"", "vnc", "none,", ",none", "NONE", "none vncauth"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_SAY(security_list_parse(wrong[i], &list, &reason) == -EINVAL, "'%s'", wrong[i]);
		CHECK(strstr(reason.text, "x509-vnc"));
	}
}

/* Unless the administrator says so, nobody gets in from another machine without a password, or
 * unencrypted. */
static void safe_defaults(void) {
	struct security_list list;
	struct reason reason;
	CHECK(security_list_default(false, false, &list, &reason) == 0);
	CHECK(list.count == 1 && list.types[0] == SECURITY_NONE);
	CHECK(security_list_default(true, false, &list, &reason) == -EACCES && list.count == 0);
	CHECK(strstr(reason.text, "zerovnc passwd"));
	for (int exposed = 0; exposed < 2; exposed++) {
		CHECK(security_list_default(exposed, true, &list, &reason) == 0 && list.count);
		for (size_t i = 0; i < list.count; i++) {
			CHECK(security_infos[list.types[i]].proof != SECURITY_PROOF_NONE);
			CHECK(!exposed || security_infos[list.types[i]].encrypted);
		}
	}
}

/* A type by which nobody could log in is refused, with the remedy. */
static void asks_for_passwords_and_users(void) {
	static const struct {
		const char *list, *remedy;
		bool has_password, has_users, good;
	} rows[] = {
		{"none,x509-vnc", "--password-file", true, false, true},
		{"none,x509-vnc", "--password-file", false, true, false},
		{"x509-plain", "--plain-users", false, false, false},
		{"none,tls-plain", "--plain-users", true, false, false},
		{"none,tls-plain", "--plain-users", false, true, true},
		{"ra2", "--plain-users", false, false, false},
		{"ra2", "--password-file", false, false, false},
		{"ra2ne-256", "--plain-users", false, true, true},
		{"ra2ne-256", "--plain-users", true, false, true},
		{"none,tls-none,x509-none", "", false, false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct security_list list;
		struct reason reason;
		CHECK(security_list_parse(rows[i].list, &list, &reason) == 0);
		int error = security_list_check(&list, rows[i].has_password, rows[i].has_users, &reason);
		CHECK_SAY(error == (rows[i].good ? 0 : -EINVAL), "row %zu", i);
		CHECK_SAY(rows[i].good || strstr(reason.text, rows[i].remedy), "row %zu", i);
	}
}

static void loses_its_wrapping_inside_tls(void) {
	struct security_list list;
	CHECK(security_list_parse("x509-plain,tls-plain,x509-vnc,tls-vnc,ra2", &list, NULL) == 0);
	security_list_inside_tls(&list);
	CHECK(list.count == 3 && list.types[0] == SECURITY_PLAIN && list.types[1] == SECURITY_VNC &&
		list.types[2] == SECURITY_RA2);
}

/* No type is lost, and an order that it does not change stays. */
static void has_another_order_when_we_call(void) {
	struct security_list list;
	CHECK(security_list_default(false, true, &list, NULL) == 0 && list.count == 5);
	security_list_called(&list);
	static const enum security order[] = {
		SECURITY_RA2_256, SECURITY_RA2, SECURITY_TLS_VNC, SECURITY_X509_VNC, SECURITY_VNC};
	CHECK(list.count == 5 && memcmp(list.types, order, sizeof order) == 0);
	CHECK(security_list_default(false, false, &list, NULL) == 0);
	security_list_called(&list);
	CHECK(list.count == 1 && list.types[0] == SECURITY_NONE);
}

int main(void) {
	parses();
	safe_defaults();
	asks_for_passwords_and_users();
	loses_its_wrapping_inside_tls();
	has_another_order_when_we_call();
	return 0;
}
