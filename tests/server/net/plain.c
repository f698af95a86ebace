/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and passwords through PAM, with service files of the test's own: pam_exec runs a script that knows
 * the password, so what reaches PAM is checked, not only that PAM is asked. */
#include "server/net/auth_plain.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/net/plain_users.h"
#include "tests/test.h"

#ifdef __SANITIZE_THREAD__
/* PAM opens and closes its modules in every thread; the dynamic linker's locks are its own. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
	return "race:ld-linux\n";
}
#endif

static uv_loop_t loop;
static char folder[] = "/tmp/zerovnc-plain-XXXXXX";

static void lists_of_users(void) {
	static const struct {
		const char *plain, *view, *user;
		enum auth_verdict verdict;
	} rows[] = {
		{"alice,bob", NULL, "bob", AUTH_FULL},
		{"alice,bob", NULL, "alice", AUTH_FULL},
		{"alice, bob ,carol", NULL, "bob", AUTH_FULL},
		{"alice,bob", NULL, "", AUTH_REFUSED},
		{"alice,bob", NULL, "ali", AUTH_REFUSED},
		{"alice,bob", NULL, "alice,", AUTH_REFUSED},
		{"alice,bob", NULL, "bobby", AUTH_REFUSED},
		{"alice,bob", NULL, "alice,bob", AUTH_REFUSED},
		{"alice,bob", NULL, "*", AUTH_REFUSED},
		{"alice,,bob,", NULL, "", AUTH_REFUSED},
		{NULL, NULL, "alice", AUTH_REFUSED},
		{"", "", "alice", AUTH_REFUSED},
		{"*", NULL, "", AUTH_REFUSED},
		{"*", NULL, "anybody", AUTH_FULL},
		{NULL, "*", "anybody", AUTH_VIEW_ONLY},
		{NULL, "alice", "alice", AUTH_VIEW_ONLY},
		{"alice", "bob", "bob", AUTH_VIEW_ONLY},
		/* in both: a name counts for more than "*", and looking wins among equals */
		{"alice,bob", "bob", "bob", AUTH_VIEW_ONLY},
		{"*", "bob", "bob", AUTH_VIEW_ONLY},
		{"*", "bob", "alice", AUTH_FULL},
		{"alice", "*", "alice", AUTH_FULL},
		{"alice", "*", "bob", AUTH_VIEW_ONLY},
		{"*", "*", "alice", AUTH_VIEW_ONLY},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_SAY(plain_users_verdict(rows[i].plain, rows[i].view, rows[i].user) == rows[i].verdict,
			"row %zu", i);
	char *name = plain_users_default();
	const struct passwd *own = getpwuid(geteuid());
	CHECK(geteuid() == 0 || !own ? !name : name && strcmp(name, own->pw_name) == 0);
	free(name);
}

static int answered, good;
static const struct limits_key here = {{AF_INET, 127, 0, 0, 1}}, there = {{AF_INET, 127, 0, 0, 2}};

static void done(void *context, bool is_good) {
	answered++;
	good = is_good;
}

static bool ask(struct auth_plain *plain, const char *user, const char *password) {
	answered = 0;
	CHECK(auth_plain_start(plain, &here, user, password, done, NULL));
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(answered == 1);
	return good;
}

static void write_file(const char *name, const char *text, mode_t mode) {
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static int count_lines(const char *name) {
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	CHECK(file);
	int lines = 0;
	for (int c; (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* Whose authentication is done by the script "check", and what else there is to do. */
static void write_rules(const char *first, const char *account) {
	char rules[600];
	snprintf(rules, sizeof rules,
		"%sauth required pam_exec.so expose_authtok quiet %s/check\naccount required %s\n", first,
		folder, account);
	write_file("zerovnc", rules, 0600);
}

static void asks_pam(struct auth_plain *plain) {
	write_rules("", "pam_permit.so");
	if (!ask(plain, "alice", "open sesame"))
		SKIP("this machine's PAM has no pam_exec that runs here");
	CHECK(!ask(plain, "alice", "open"));
	CHECK(!ask(plain, "alice", ""));
	CHECK(!ask(plain, "bob", "open sesame"));
	/* an account that may not come in now */
	write_rules("", "pam_deny.so");
	CHECK(!ask(plain, "alice", "open sesame"));
	/* forgotten: ends by itself, tells nobody */
	answered = 0;
	auth_plain_forget(auth_plain_start(plain, &here, "alice", "open sesame", done, NULL));
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(answered == 0);
}

/* A crowd's wrong passwords, and what PAM wants to pass after each, are waited for by the crowd alone. */
static void keeps_nobody_out(struct auth_plain *plain) {
	enum { CROWD = 40 };
	struct auth_plain_job *crowd[CROWD];
	write_rules("auth optional pam_faildelay.so delay=20000000\n", "pam_permit.so");
	answered = 0;
	for (int i = 0; i < CROWD; i++)
		crowd[i] = auth_plain_start(plain, &there, "alice", "wrong", done, NULL);
	CHECK(auth_plain_start(plain, &here, "alice", "open sesame", done, NULL));
	while (!answered)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK(answered == 1 && good); /* before any of those */
	CHECK(count_lines("asked") < CROWD / 2);
	while (count_lines("asked") < CROWD + 1)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK(answered == 1);
	for (int i = 0; i < CROWD; i++)
		auth_plain_forget(crowd[i]);
}

int main(void) {
	lists_of_users();
	CHECK(mkdtemp(folder));
	char script[400];
	snprintf(script, sizeof script,
		"#!/bin/sh\nIFS= read -r password || :\necho >>%s/asked\n"
		"[ \"$PAM_USER\" = alice ] && [ \"$password\" = 'open sesame' ]\n",
		folder);
	write_file("check", script, 0700);
	CHECK(uv_loop_init(&loop) == 0);
	struct auth_plain *plain = auth_plain_create(&loop, folder);
	CHECK(plain);
	asks_pam(plain);
	write_file("asked", "", 0600);
	keeps_nobody_out(plain);
	auth_plain_destroy(plain);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	static const char *const files[] = {"check", "zerovnc", "asked"};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	return 0;
}
