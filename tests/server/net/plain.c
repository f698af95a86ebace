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

#include "tests/test.h"

static char folder[] = "/tmp/zerovnc-plain-XXXXXX";

static void allowed(void) {
	CHECK(auth_plain_allowed("alice,bob", "bob") && auth_plain_allowed("alice,bob", "alice"));
	CHECK(auth_plain_allowed("*", "anybody") && auth_plain_allowed("alice,*", "bob"));
	static const char *const wrong[] = {"", "ali", "alice,", "bobby", "alice,bob", "*"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		CHECK_SAY(!auth_plain_allowed("alice,bob", wrong[i]), "'%s'", wrong[i]);
	CHECK(!auth_plain_allowed("*", "") && !auth_plain_allowed("", "alice"));
	const struct passwd *own = getpwuid(geteuid());
	char *name = auth_plain_own_user();
	CHECK(own ? name && strcmp(name, own->pw_name) == 0 : !name);
	free(name);
	CHECK(!auth_plain_allowed(NULL, "alice"));
}

static int answered, good;

static void done(void *context, bool is_good) {
	answered++;
	good = is_good;
}

static bool ask(uv_loop_t *loop, const char *user, const char *password) {
	answered = 0;
	CHECK(auth_plain_start(loop, folder, user, password, done, NULL));
	uv_run(loop, UV_RUN_DEFAULT);
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

static void asks_pam(void) {
	char rules[400];
	uv_loop_t loop;
	CHECK(uv_loop_init(&loop) == 0);
	write_file("check",
		"#!/bin/sh\nIFS= read -r password || :\n"
		"[ \"$PAM_USER\" = alice ] && [ \"$password\" = 'open sesame' ]\n",
		0700);
	snprintf(rules, sizeof rules,
		"auth required pam_exec.so expose_authtok quiet %s/check\naccount required pam_permit.so\n",
		folder);
	write_file("zerovnc", rules, 0600);
	if (!ask(&loop, "alice", "open sesame"))
		SKIP("this machine's PAM has no pam_exec that runs here");
	CHECK(!ask(&loop, "alice", "open"));
	CHECK(!ask(&loop, "alice", ""));
	CHECK(!ask(&loop, "bob", "open sesame"));
	/* an account that may not come in now */
	snprintf(rules, sizeof rules,
		"auth required pam_exec.so expose_authtok quiet %s/check\naccount required pam_deny.so\n",
		folder);
	write_file("zerovnc", rules, 0600);
	CHECK(!ask(&loop, "alice", "open sesame"));
	/* forgotten: ends by itself, tells nobody */
	answered = 0;
	auth_plain_forget(auth_plain_start(&loop, folder, "alice", "open sesame", done, NULL));
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(answered == 0);
	CHECK(uv_loop_close(&loop) == 0);
}

int main(void) {
	allowed();
	CHECK(mkdtemp(folder));
	asks_pam();
	char path[200];
	snprintf(path, sizeof path, "%s/check", folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/zerovnc", folder);
	unlink(path);
	rmdir(folder);
	return 0;
}
