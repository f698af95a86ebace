/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The deadlines of an unauthenticated client, as it goes from one wait to the next. */
#include "server/net/login/grace.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { BEGIN = 1000, STEPS = 6 };

/* Each step: when it begins, what we wait for, and until when (in milliseconds from the beginning). */
static const struct path {
	const char *what;
	unsigned login_s;
	struct {
		unsigned at;
		enum grace_wait wait;
		unsigned until;
	} steps[STEPS];
} paths[] = {
	{"programs share their time", 0,
		{{0, GRACE_FIRST_BYTES, 8000}, {25, GRACE_VERSION, 8000}, {7000, GRACE_TYPE, 8000}}},
	{"a person has all of it", 0,
		{{0, GRACE_VERSION, 8000}, {100, GRACE_TYPE, 8000}, {200, GRACE_PASSWORD, 120000}}},
	{"an answer that has begun is a program's", 0,
		{{100, GRACE_PASSWORD, 120000}, {60000, GRACE_REST, 68000},
			{61000, GRACE_CLIENT_INIT, 68000}}},
	{"dialogs share the whole", 0,
		{{100, GRACE_CERTIFICATE, 120000}, {40000, GRACE_TLS, 48000}, {41000, GRACE_PASSWORD, 120000},
			{90000, GRACE_REST, 98000}}},
	{"the whole ends programs too", 0, {{100, GRACE_RSA_KEY, 120000}, {119000, GRACE_RSA, 120000}}},
	{"time cannot be had anew by another person's turn", 10,
		{{100, GRACE_RSA_KEY, 10000}, {3000, GRACE_RSA, 10000}, {3100, GRACE_USER, 10000},
			{9000, GRACE_PAM, 10000}}},
	{"a short grace is for programs too", 5, {{0, GRACE_FIRST_BYTES, 5000}, {10, GRACE_PASSWORD, 5000}}},
	{"a long one is not", 3600, {{0, GRACE_FIRST_BYTES, 8000}, {10, GRACE_PASSWORD, 3600000}}},
	{"the same wait goes on", 0,
		{{100, GRACE_PASSWORD, 120000}, {9000, GRACE_REST, 17000}, {12000, GRACE_REST, 17000}}},
};

static void follow(const struct path *path) {
	struct grace grace;
	grace_begin(&grace, path->login_s, BEGIN);
	for (size_t i = 0; i < STEPS && path->steps[i].until; i++) {
		grace_await(&grace, path->steps[i].wait, BEGIN + path->steps[i].at);
		CHECK_SAY(grace_until(&grace) == BEGIN + path->steps[i].until, "%s, step %zu: %llu",
			path->what, i, (unsigned long long)grace_until(&grace) - BEGIN);
	}
}

static void says(void) {
	static const struct {
		enum grace_wait wait;
		const char *explained, *told;
	} rows[] = {
		{GRACE_PASSWORD,
			"timed out 120 seconds after it connected: waited 117 seconds for a password; --login-grace",
			"timed out: waited for a password, and a login may take 120 seconds (the server's --login-grace)"},
		{GRACE_TYPE,
			"timed out 120 seconds after it connected: waited 117 seconds for the viewer's choice of a security type; viewers send",
			"timed out: waited 117 seconds for the viewer's choice of a security type; connect again"},
		{GRACE_PAM,
			"timed out 120 seconds after it connected: waited 117 seconds for PAM's answer; check",
			"timed out: waited for PAM's answer, and a login may take 120 seconds"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256];
		struct grace grace;
		grace_begin(&grace, 0, BEGIN);
		grace_await(&grace, rows[i].wait, BEGIN + 3000);
		grace_explain(&grace, BEGIN + 120000, text, sizeof text);
		CHECK_SAY(strncmp(text, rows[i].explained, strlen(rows[i].explained)) == 0, "%s", text);
		grace_tell(&grace, BEGIN + 120000, text, sizeof text);
		CHECK_SAY(strncmp(text, rows[i].told, strlen(rows[i].told)) == 0, "%s", text);
	}
}

/* The longest text fits into where it is logged. */
static void fits(void) {
	for (int wait = 0; wait < GRACE_WAIT_COUNT; wait++) {
		char text[256];
		struct grace grace;
		grace_begin(&grace, GRACE_LOGIN_MAX_S, BEGIN);
		grace_await(&grace, (enum grace_wait)wait, BEGIN);
		grace_explain(&grace, BEGIN + 3600000, text, sizeof text);
		CHECK_SAY(strlen(text) < sizeof text - 1, "%s", text);
	}
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		follow(&paths[i]);
	says();
	fits();
	return 0;
}
