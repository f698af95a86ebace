/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web/origin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

static bool allowed(
	const char *host, const char *origin, const char *list, bool trusting, struct reason *reason) {
	struct web_request request = {.path = "/"};
	snprintf(request.host, sizeof request.host, "%s", host);
	snprintf(request.origin, sizeof request.origin, "%s", origin);
	reason->text[0] = 0;
	return web_origin_allowed(&request, list, trusting, reason);
}

static void pages(void) {
	static const struct {
		const char *host, *origin, *list;
		bool with_password, without; /* whether the page may do it if a password is required, and if
					      * none is */
	} cases[] = {
		/* the page came from this server */
		{"127.0.0.1:5900", "http://127.0.0.1:5900", NULL, true, true},
		{"LocalHost:5900", "https://localhost:5900", NULL, true, true},
		{"[2001:db8::1]:5900", "http://[2001:db8::1]:5900", NULL, true, true},
		{"desk.example.org", "https://desk.example.org", NULL, true, false},
		/* programs that are not browsers name no page */
		{"192.0.2.1:5900", "", NULL, true, true},
		{"desk.example.org", "", NULL, true, false},
		{"", "", NULL, true, false},
		/* nginx on this machine, which passes its own name for the host, $host, or $http_host */
		{"127.0.0.1:6151", "http://127.0.0.1:6152", NULL, true, true},
		{"127.0.0.1", "http://127.0.0.1:6153", NULL, true, true},
		{"127.0.0.1:6154", "http://127.0.0.1:6154", NULL, true, true},
		{"127.0.0.1:6151", "http://localhost", NULL, true, true},
		{"[::1]:6151", "http://127.0.0.1:80", NULL, true, true},
		/* and by a public name */
		{"127.0.0.1:6151", "https://desk.example.org", NULL, false, false},
		{"127.0.0.1:6151", "https://desk.example.org", "desk.example.org", true, true},
		{"127.0.0.1:6151", "https://DESK.example.org:8443", "a,desk.example.org", true, true},
		{"desk.example.org", "https://desk.example.org", "desk.example.org", true, true},
		{"desk.example.org:8443", "", "desk.example.org:8443", true, true},
		{"127.0.0.1:6151", "https://desk.example.org:8443", "desk.example.org:8443", true, true},
		{"127.0.0.1:6151", "https://desk.example.org", "desk.example.org:8443", false, false},
		{"127.0.0.1:6151", "https://desk.example.org", "https://desk.example.org", true, true},
		{"127.0.0.1:6151", "http://desk.example.org", "https://desk.example.org", false, false},
		{"[2001:db8::1]", "https://[2001:db8::2]:1", "[2001:db8::2]", true, true},
		{"127.0.0.1", "chrome-extension://abcdef", "chrome-extension://abcdef", true, true},
		/* pages of other people */
		{"127.0.0.1:5900", "http://evil.example", NULL, false, false},
		{"127.0.0.1:5900", "http://127.0.0.1.evil.example", NULL, false, false},
		{"127.0.0.1:5900", "http://evil.example:5900", "desk.example.org", false, false},
		{"127.0.0.1:5900", "http://desk.example.org.evil.example", "desk.example.org", false, false},
		{"127.0.0.1:5900", "http://evil.example/desk.example.org", "desk.example.org", false, false},
		{"192.0.2.1", "http://127.0.0.1", NULL, false, false},
		{"127.0.0.1:5900", "http://192.0.2.1:5900", NULL, false, false},
		{"127.0.0.1:5900", "null", NULL, false, false},
		{"127.0.0.1:5900", "http://", NULL, false, false},
		{"", "http://", NULL, false, false},
		/* a name that its owner points to 127.0.0.1 */
		{"evil.example:5900", "http://evil.example:5900", NULL, true, false},
		{"127.0.0.1.evil.example", "", NULL, true, false},
	};
	struct reason reason;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int trusting = 0; trusting < 2; trusting++) {
			bool wanted = trusting ? cases[i].without : cases[i].with_password;
			CHECK_SAY(allowed(cases[i].host, cases[i].origin, cases[i].list, trusting, &reason) ==
					  wanted,
				"'%s' '%s' '%s' %d: %s", cases[i].host, cases[i].origin,
				cases[i].list ? cases[i].list : "", trusting, reason.text);
			CHECK(wanted || strstr(reason.text, "--web-origin="));
		}
}

/* What an unauthenticated client sends does not end a quotation, and leaves room for the remedy. */
static void values_stay_in_their_quotes(void) {
	char long_name[250];
	struct reason reason;
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	CHECK(!allowed("here", "http://x' is fine; 'y", NULL, false, &reason));
	CHECK_SAY(strstr(reason.text, "'http://x\\' is fine; \\'y'"), "%s", reason.text);
	CHECK(!allowed("x' or 'y", "", NULL, true, &reason));
	CHECK_SAY(strstr(reason.text, "'x\\' or \\'y'"), "%s", reason.text);
	CHECK(!allowed(long_name, long_name, NULL, true, &reason) && strstr(reason.text, "--web-origin="));
}

static void own_name(void) {
	char name[128] = "", origin[160];
	struct reason reason;
	gethostname(name, sizeof name - 1);
	snprintf(origin, sizeof origin, "http://%s:5900", name);
	CHECK(allowed(name, origin, NULL, true, &reason));
}

static void lists(void) {
	static const char *const good[] = {
		"a", "desk.example.org,b:80", "https://a", "[::1]:80", "chrome-extension://a"};
	static const char *const bad[] = {
		"", "a,", ",a", "*", "*.example.org", "a b", "https://", "https://a/", "a/b", "u@a", ":80"};
	struct reason reason;
	CHECK(web_origin_check(NULL, &reason) == 0);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK_SAY(web_origin_check(good[i], &reason) == 0, "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_SAY(web_origin_check(bad[i], &reason) == -EINVAL, "%s", bad[i]);
		CHECK(strstr(reason.text, "--web-origin"));
	}
}

int main(void) {
	pages();
	values_stay_in_their_quotes();
	own_name();
	lists();
	return 0;
}
