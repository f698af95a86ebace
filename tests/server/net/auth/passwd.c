/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "server/net/auth/vnc.h"
#include "tests/test.h"

static char folder[] = "/tmp/zerovnc-passwd-XXXXXX", path[100];

static void write_file(const void *bytes, size_t size, mode_t mode) {
	unlink(path);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void writes_and_reads(void) {
	struct passwd_pair pair = {.full = "a password with spaces", .view = "look"}, back;
	struct reason reason;
	CHECK(passwd_write(path, &pair, &reason) == 0);
	struct stat status;
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
	CHECK(passwd_read(path, &back, &reason) == 0);
	CHECK(strcmp(back.full, pair.full) == 0 && strcmp(back.view, pair.view) == 0);
	memset(pair.full, 'x', PASSWD_MAX);
	pair.view[0] = 0;
	CHECK(passwd_write(path, &pair, &reason) == 0 && passwd_read(path, &back, &reason) == 0);
	CHECK(strcmp(back.full, pair.full) == 0 && !back.view[0]);
}

/* "secret" and "look12" as other VNC servers' password programs write them: by OpenSSL's DES, under their
 * key. */
static void reads_scrambled_files(void) {
	static const uint8_t bytes[16] = {0x2e, 0x2d, 0xbf, 0x57, 0x6e, 0xb0, 0x6c, 0x9e, 0x6a, 0x88, 0xcc,
		0xe5, 0x73, 0xf8, 0x36, 0x62};
	struct passwd_pair pair;
	struct reason reason;
	write_file(bytes, 8, 0600);
	CHECK(passwd_read(path, &pair, &reason) == 0 && strcmp(pair.full, "secret") == 0 && !pair.view[0]);
	write_file(bytes, 16, 0600);
	CHECK(passwd_read(path, &pair, &reason) == 0 && strcmp(pair.full, "secret") == 0);
	CHECK(strcmp(pair.view, "look12") == 0);
}

static void refuses(void) {
	static const struct {
		const char *what, *bytes;
		mode_t mode;
		int error;
	} rows[] = {
		{"group may read", "zerovnc-passwords 1\nfull c2VjcmV0\n", 0640, -EACCES},
		{"all may read", "zerovnc-passwords 1\nfull c2VjcmV0\n", 0604, -EACCES},
		{"empty", "", 0600, -EINVAL},
		{"no full", "zerovnc-passwords 1\nview c2VjcmV0\n", 0600, -EINVAL},
		{"no password", "zerovnc-passwords 1\n", 0600, -EINVAL},
		{"empty password", "zerovnc-passwords 1\nfull \n", 0600, -EINVAL},
		{"not base64", "zerovnc-passwords 1\nfull !!!!\n", 0600, -EINVAL},
		{"a line of something", "zerovnc-passwords 1\nfull c2VjcmV0\nmore\n", 0600, -EINVAL},
		{"plain text", "my password\n", 0600, -EINVAL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct passwd_pair pair;
		struct reason reason = {""};
		write_file(rows[i].bytes, strlen(rows[i].bytes), rows[i].mode);
		CHECK_SAY(passwd_read(path, &pair, &reason) == rows[i].error, "%s", rows[i].what);
		CHECK_SAY(strstr(reason.text, path) && !pair.full[0], "%s", rows[i].what);
	}
	struct passwd_pair pair;
	struct reason reason;
	unlink(path);
	CHECK(passwd_read(path, &pair, &reason) == -ENOENT && strstr(reason.text, "zerovnc passwd"));
	CHECK(passwd_read(folder, &pair, &reason) == -EINVAL);
}

/* The challenge and response of a known password, computed with OpenSSL's DES. */
static void answers_challenges(void) {
	static const uint8_t challenge[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t expected[16] = {0xee, 0x22, 0x53, 0x9f, 0x33, 0xa5, 0x98, 0x3e, 0xc1, 0x2f, 0x9c,
		0x2e, 0xdb, 0xc9, 0x95, 0xdd};
	uint8_t answer[16];
	auth_vnc_answer("secret", challenge, answer);
	CHECK(memcmp(answer, expected, 16) == 0);
	struct passwd_pair pair = {.full = "secret", .view = "look"}, none = {.full = "secret"};
	CHECK(auth_vnc_check(&pair, challenge, answer) == AUTH_FULL);
	auth_vnc_answer("look", challenge, answer);
	CHECK(auth_vnc_check(&pair, challenge, answer) == AUTH_VIEW_ONLY);
	CHECK(auth_vnc_check(&none, challenge, answer) == AUTH_REFUSED);
	auth_vnc_answer("", challenge, answer); /* a missing view-only password is not an empty password */
	CHECK(auth_vnc_check(&none, challenge, answer) == AUTH_REFUSED);
	auth_vnc_answer("Secret", challenge, answer);
	CHECK(auth_vnc_check(&pair, challenge, answer) == AUTH_REFUSED);
}

static void checks_passwords(void) {
	struct passwd_pair pair = {.full = "secret long enough", .view = "look"}, none = {.full = "secret"};
	CHECK(auth_vnc_check_password(&pair, "secret long enough") == AUTH_FULL);
	CHECK(auth_vnc_check_password(&pair, "look") == AUTH_VIEW_ONLY);
	CHECK(auth_vnc_check_password(&pair, "secret l") == AUTH_REFUSED);
	CHECK(auth_vnc_check_password(&pair, "") == AUTH_REFUSED);
	CHECK(auth_vnc_check_password(&none, "") == AUTH_REFUSED);
}

static int run_with_input(const char *input) {
	int ends[2];
	CHECK(pipe(ends) == 0 && write(ends[1], input, strlen(input)) == (ssize_t)strlen(input));
	close(ends[1]);
	CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO && close(ends[0]) == 0);
	clearerr(stdin);
	struct reason reason = {""};
	int error = passwd_run(path, &reason);
	CHECK(!error == !reason.text[0]);
	return error;
}

static void asks(void) {
	struct passwd_pair pair;
	struct reason reason;
	unlink(path);
	CHECK(run_with_input("") < 0 && run_with_input("\n") < 0);
	CHECK(run_with_input("12345678a\n12345678b\n") <
		0); /* VNC authentication could not tell them apart */
	CHECK(access(path, F_OK) < 0);
	write_file("alice:x:1000\n", 13, 0644);
	CHECK(run_with_input("one\n") == -EEXIST && access(path, F_OK) == 0);
	write_file("", 0, 0644);
	CHECK(run_with_input("one\n") == 0);
	CHECK(chmod(path, 0644) == 0);
	CHECK(run_with_input("one\n") == 0 && passwd_read(path, &pair, &reason) == 0);
	CHECK(strcmp(pair.full, "one") == 0 && !pair.view[0]);
	CHECK(run_with_input("one\ntwo\n") == 0 && passwd_read(path, &pair, &reason) == 0);
	CHECK(strcmp(pair.full, "one") == 0 && strcmp(pair.view, "two") == 0);
}

/* Ctrl-C, as typed on a terminal: afterwards the terminal shows again what is typed. */
static void an_interrupted_question_leaves_the_terminal_as_it_was(void) {
	struct termios now;
	char question[64];
	int status, terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return;
	int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	CHECK(end >= 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(end, STDIN_FILENO);
		dup2(end, STDERR_FILENO);
		passwd_run(path, NULL);
		_exit(0);
	}
	do { /* it asks first, and then turns the echo off */
		CHECK(tcgetattr(end, &now) == 0);
	} while (now.c_lflag & ECHO);
	CHECK(read(terminal, question, sizeof question) > 0);
	CHECK(kill(child, SIGINT) == 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	CHECK(tcgetattr(end, &now) == 0 && now.c_lflag & ECHO);
	close(end);
	close(terminal);
}

int main(void) {
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/passwd", folder);
	writes_and_reads();
	reads_scrambled_files();
	refuses();
	answers_challenges();
	checks_passwords();
	asks();
	an_interrupted_question_leaves_the_terminal_as_it_was();
	unlink(path);
	rmdir(folder);
	return 0;
}
