/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and passwords go through PAM, with service files that the test writes. pam_exec runs a script that
 * knows the password and records what it was asked. So this checks what reaches PAM, not only that PAM is
 * asked. */
#include "server/net/auth/plain.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/broker/entrance.h"
#include "server/net/auth/helper.h"
#include "tests/test.h"

#ifdef __SANITIZE_THREAD__
/* PAM opens and closes its modules in every thread. The locks are those of the dynamic linker. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
	return "race:ld-linux\n";
}
#endif

static uv_loop_t loop;
static char folder[] = "/tmp/zerovnc-plain-XXXXXX";

/* --- the clock: every pause is noted, and over at once, or when the test ends it --- */

static uint64_t pauses[64], pause_count;
static uv_timer_t *held;
static uv_timer_cb held_callback;
static bool hold;

int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout, uint64_t repeat);

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout, uint64_t repeat) {
	CHECK(pause_count < ARRAY_LEN(pauses));
	pauses[pause_count++] = timeout;
	if (hold) {
		held = timer;
		held_callback = callback;
		return 0;
	}
	return __real_uv_timer_start(timer, callback, 0, repeat);
}

/* --- what the gateway would do --- */

static int told, answered_count;
static enum auth_plain_answer answer;
static char refusal[128];
static bool waited, may, untried;
static const struct place here = {{AF_INET, 127, 0, 0, 1}}, there = {{AF_INET, 127, 0, 0, 2}};

static void done(void *context, enum auth_plain_answer what) {
	(void)context;
	told++;
	answer = what;
}

static bool may_ask(void *context, const struct place *from) {
	(void)context;
	(void)from;
	return may;
}

static void answered(void *context, const struct auth_plain_question *question, const char *why, bool waits) {
	(void)context;
	(void)question;
	answered_count++;
	snprintf(refusal, sizeof refusal, "%s", why ? why : "");
	waited = waits;
}

static struct auth_plain_question question(
	const struct place *from, const char *user, const char *password, bool listed) {
	struct auth_plain_question result = {.from = *from,
		.type = "X509Plain",
		.address = "192.0.2.7:5",
		.host = "192.0.2.7",
		.listed = listed};
	strcpy(result.user, user);
	strcpy(result.password, password);
	return result;
}

static enum auth_plain_answer ask_question(
	struct auth_plain *plain, const struct auth_plain_question *question) {
	told = answered_count = 0;
	pause_count = 0;
	CHECK(auth_plain_start(plain, question, done, NULL) && told == 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(told == 1 && answered_count == (answer != AUTH_PLAIN_NOT_ASKED));
	return answer;
}

static bool ask(struct auth_plain *plain, const char *user, const char *password) {
	const struct auth_plain_question asked = question(&here, user, password, true);
	return ask_question(plain, &asked) == AUTH_PLAIN_RIGHT;
}

/* --- files --- */

static void write_file(const char *name, const char *text, mode_t mode) {
	char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static const char *read_asked(void) {
	static char text[4096];
	char path[200];
	snprintf(path, sizeof path, "%s/asked", folder);
	FILE *file = fopen(path, "r");
	CHECK(file);
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	return text;
}

static int count_asked(void) {
	int lines = 0;
	for (const char *c = read_asked(); *c; c++)
		lines += *c == '\n';
	return lines;
}

/* Writes service files: the script "check" authenticates, and `first` and `account` are further rules. */
static void write_rules(const char *first, const char *account) {
	char rules[600];
	snprintf(rules, sizeof rules,
		"%sauth [success=done default=ignore] pam_exec.so expose_authtok quiet %s/check\n"
		"auth required pam_deny.so\naccount required %s\n",
		first, folder, account);
	write_file("zerovnc", rules, 0600);
}

/* --- cases --- */

static void asks_pam(struct auth_plain *plain) {
	write_rules("", "pam_permit.so");
	if (!ask(plain, "alice", "open sesame"))
		SKIP("this machine's PAM has no pam_exec that runs here");
	CHECK(!refusal[0] && waited && pause_count == 0);
	CHECK(!ask(plain, "alice", "open") && strcmp(refusal, "wrong name or password") == 0);
	CHECK(!ask(plain, "alice", ""));
	CHECK(!ask(plain, "bob", "open sesame"));
	/* an account that may not log in now */
	write_rules("", "pam_deny.so");
	CHECK(!ask(plain, "alice", "open sesame") && strstr(refusal, "account"));
}

/* Modules learn who asks, from where and on which terminal. */
static void tells_pam_from_where(struct auth_plain *plain) {
	write_rules("", "pam_permit.so");
	write_file("asked", "", 0600);
	ask(plain, "alice", "open sesame");
	CHECK_SAY(strcmp(read_asked(), "alice 192.0.2.7 vnc\n") == 0, "%s", read_asked());
}

/* All kinds of refusals look alike: PAM is asked once, and the client is told at the end of one pause. PAM
 * never hears the names of users that are not listed, so nobody can lock their accounts from outside. */
static void refusals_look_alike(struct auth_plain *plain) {
	static const struct {
		const char *user, *password, *account, *asked;
		bool listed;
	} rows[] = {
		{"alice", "wrong", "pam_permit.so", "alice 192.0.2.7 vnc\n", true},
		{"nobody-of-that-name", "open sesame", "pam_permit.so", "nobody-of-that-name 192.0.2.7 vnc\n",
			true},
		{"alice", "open sesame", "pam_permit.so", "not:listed 192.0.2.7 vnc\n", false},
		{"alice", "wrong", "pam_permit.so", "not:listed 192.0.2.7 vnc\n", false},
		{"", "open sesame", "pam_permit.so", "not:listed 192.0.2.7 vnc\n", false},
		{"alice", "open sesame", "pam_deny.so", "alice 192.0.2.7 vnc\n", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct auth_plain_question asked =
			question(&here, rows[i].user, rows[i].password, rows[i].listed);
		write_rules("", rows[i].account);
		write_file("asked", "", 0600);
		CHECK_SAY(ask_question(plain, &asked) == AUTH_PLAIN_WRONG, "row %zu", i);
		CHECK_SAY(strcmp(read_asked(), rows[i].asked) == 0, "row %zu: %s", i, read_asked());
		CHECK_SAY(
			pause_count == 1 && pauses[0] > 0 && pauses[0] <= AUTH_PLAIN_PAUSE_MS, "row %zu", i);
	}
	/* a stack that accepts everybody does not let in a user that is not listed */
	write_file("zerovnc", "auth required pam_permit.so\naccount required pam_permit.so\n", 0600);
	const struct auth_plain_question asked = question(&here, "alice", "open sesame", false);
	CHECK(ask_question(plain, &asked) == AUTH_PLAIN_WRONG && pause_count == 1);
	CHECK(ask(plain, "alice", "whatever"));
	/* the time that PAM took is part of the pause; if it took longer, the answer waits for the end of the
	 * next */
	CHECK(auth_plain_rest(0, 3000) == 3000 && auth_plain_rest(1, 3000) == 2999);
	CHECK(auth_plain_rest(2999, 3000) == 1 && auth_plain_rest(3000, 3000) == 3000);
	CHECK(auth_plain_rest(7000, 3000) == 2000);
}

/* pam_access recognises a login from the network by its host; LOCAL does not match one. */
static void rules_about_hosts_hold(struct auth_plain *plain) {
	static const struct {
		const char *rules, *host;
		bool good;
	} rows[] = {
		{"-:ALL:ALL EXCEPT LOCAL\n", "192.0.2.7", false},
		{"-:ALL:ALL EXCEPT LOCAL\n", "2001:db8::7", false},
		{"-:ALL:ALL EXCEPT LOCAL\n", "127.0.0.1", false},
		{"-:ALL:ALL EXCEPT LOCAL\n", "localhost", false},
		{"+:ALL:192.0.2.0/24\n-:ALL:ALL\n", "192.0.2.7", true},
		{"+:ALL:192.0.2.0/24\n-:ALL:ALL\n", "198.51.100.7", false},
		{"+:ALL:2001:db8::/32\n-:ALL:ALL\n", "2001:db8::7", true},
		{"+:ALL:127.0.0.1 localhost\n-:ALL:ALL\n", "127.0.0.1", true},
		{"+:ALL:127.0.0.1 localhost\n-:ALL:ALL\n", "localhost", true},
	};
	char rules[400];
	const struct passwd *own = getpwuid(geteuid());
	snprintf(rules, sizeof rules,
		"auth required pam_permit.so\naccount required pam_access.so accessfile=%s/access nodefgroup\n",
		folder);
	write_file("zerovnc", rules, 0600);
	write_file("access", "+:ALL:ALL\n", 0600);
	if (!own || !ask(plain, own->pw_name, "")) {
		puts("skipped: rules about hosts: no pam_access runs here, or this user has no name");
		untried = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct auth_plain_question asked = question(&here, own->pw_name, "", true);
		strcpy(asked.host, rows[i].host);
		write_file("access", rows[i].rules, 0600);
		CHECK_SAY((ask_question(plain, &asked) == AUTH_PLAIN_RIGHT) == rows[i].good, "row %zu", i);
	}
}

/* The question ends by itself and tells nobody. What PAM says counts all the same, or guesses would cost
 * nothing. */
static void whoever_leaves_is_counted(struct auth_plain *plain) {
	write_rules("", "pam_permit.so");
	write_file("asked", "", 0600);
	const struct auth_plain_question asked = question(&here, "alice", "wrong", true);
	told = answered_count = 0;
	pause_count = 0;
	struct auth_plain_job *job = auth_plain_start(plain, &asked, done, NULL);
	while (count_asked() == 0) /* until it is too late to cancel it */
		usleep(1000);
	auth_plain_forget(job);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(told == 0 && answered_count == 1 && refusal[0] && !waited && pause_count == 1);
}

/* Until a refusal has been told, nothing else from that place is asked, whether or not anybody still waits
 * for it. */
static void guesses_in_parallel_gain_nothing(struct auth_plain *plain) {
	const struct auth_plain_question wrong = question(&here, "alice", "wrong", true);
	for (int leaves = 0; leaves < 2; leaves++) {
		write_file("asked", "", 0600);
		told = answered_count = 0;
		pause_count = 0;
		hold = true;
		struct auth_plain_job *first = auth_plain_start(plain, &wrong, done, NULL);
		CHECK(auth_plain_start(plain, &wrong, done, NULL));
		while (!answered_count)
			uv_run(&loop, UV_RUN_ONCE);
		if (leaves)
			auth_plain_forget(first);
		uv_run(&loop, UV_RUN_DEFAULT);
		CHECK(count_asked() == 1 && told == 0 && pause_count == 1);
		hold = false;
		__real_uv_timer_start(held, held_callback, 0, 0);
		uv_run(&loop, UV_RUN_DEFAULT);
		CHECK(count_asked() == 2 && told == 2 - leaves);
	}
}

/* From an address that has to wait by now, no question is put to PAM, and the viewers are told at once. */
static void whoever_must_wait_is_not_asked_about(struct auth_plain *plain) {
	write_file("asked", "", 0600);
	const struct auth_plain_question asked = question(&here, "alice", "open sesame", true);
	may = false;
	CHECK(ask_question(plain, &asked) == AUTH_PLAIN_NOT_ASKED && count_asked() == 0);
	may = true;
}

/* Only the crowd waits for its own wrong passwords and for the pause after each of them, one by one. */
static void keeps_nobody_out(struct auth_plain *plain) {
	enum { CROWD = 40 };
	struct auth_plain_job *crowd[CROWD];
	const struct auth_plain_question wrong = question(&there, "alice", "wrong", true),
					 right = question(&here, "alice", "open sesame", true);
	write_rules("auth optional pam_faildelay.so delay=20000000\n", "pam_permit.so");
	write_file("asked", "", 0600);
	told = answered_count = 0;
	pause_count = 0;
	for (int i = 0; i < CROWD; i++)
		crowd[i] = auth_plain_start(plain, &wrong, done, NULL);
	CHECK(auth_plain_start(plain, &right, done, NULL));
	while (answered_count < 2)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK(count_asked() <= 3); /* one of each, and perhaps the crowd's next one */
	while (told < CROWD + 1)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK(count_asked() == CROWD + 1 && pause_count == CROWD);
	for (int i = 1; i < CROWD; i++) /* for as long as PAM wants, at the longest it ever wanted */
		CHECK_SAY(pauses[i] > AUTH_PLAIN_PAUSE_MS && pauses[i] <= 30000, "%llu ms",
			(unsigned long long)pauses[i]);
	/* viewers that were told have nothing to cancel; a crowd that leaves is not asked about */
	write_file("asked", "", 0600);
	for (int i = 0; i < CROWD; i++)
		crowd[i] = auth_plain_start(plain, &wrong, done, NULL);
	for (int i = 0; i < CROWD; i++)
		auth_plain_forget(crowd[i]);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(told == CROWD + 1 && count_asked() <= 1);
}

static void ask_all(const char *helper) {
	const struct auth_plain_events events = {.may_ask = may_ask, .answered = answered};
	struct auth_plain *plain = auth_plain_create(&loop, folder, helper, &events);
	CHECK(plain);
	may = true;
	asks_pam(plain);
	tells_pam_from_where(plain);
	refusals_look_alike(plain);
	rules_about_hosts_hold(plain);
	whoever_leaves_is_counted(plain);
	guesses_in_parallel_gain_nothing(plain);
	whoever_must_wait_is_not_asked_about(plain);
	if (!helper) /* it would take its time to refuse forty times */
		keeps_nobody_out(plain);
	auth_plain_destroy(plain);
	uv_run(&loop, UV_RUN_DEFAULT);
}

/* --- in another process --- */

static char helper_path[100];
static pid_t helper;

static void start_helper(void) {
	static const _Atomic bool never;
	int listener;
	snprintf(helper_path, sizeof helper_path, "%s/socket", folder);
	CHECK(entrance_open(helper_path, getuid(), &listener) == 0);
	helper = fork();
	CHECK(helper >= 0);
	if (helper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		const struct auth_helper_options options = {
			.listener = listener, .uid = getuid(), .folder = folder, .ended = &never};
		_exit(auth_helper_serve(&options) ? 1 : 0);
	}
	close(listener);
	umask(0022);
}

static void stop_helper(void) {
	kill(helper, SIGKILL);
	CHECK(waitpid(helper, NULL, 0) == helper);
	struct auth_pam_question alice = {.user = "alice", .password = "open sesame", .listed = 1};
	struct auth_pam_verdict verdict;
	auth_helper_ask(helper_path, &alice, &verdict);
	CHECK(strstr(verdict.refusal, "zerovnc-login")); /* nobody comes in, and it is said what helps */
	unlink(helper_path);
}

/* What no server sends is not answered, and does not keep it from answering others. */
static void is_not_confused(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct auth_pam_question bad;
	struct auth_pam_verdict verdict;
	memcpy(address.sun_path, helper_path, sizeof helper_path);
	for (int i = 0; i < 6; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		CHECK(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
		memset(&bad, i < 3 ? 'x' : 0, sizeof bad);
		CHECK(send(fd, &bad,
			      i % 3 == 0            ? sizeof bad - 1
			      : i % 3 == 1 && i < 3 ? sizeof bad
						    : 1,
			      0) > 0);
		CHECK(recv(fd, &verdict, sizeof verdict, 0) == 0);
		close(fd);
	}
	struct auth_pam_question alice = {.user = "alice", .password = "open sesame", .listed = 1};
	auth_helper_ask(helper_path, &alice, &verdict);
	CHECK_SAY(!verdict.refusal[0], "%s", verdict.refusal);
	snprintf(alice.password, sizeof alice.password, "wrong");
	auth_helper_ask(helper_path, &alice, &verdict);
	CHECK(verdict.refusal[0]);
	alice.listed = 0;
	snprintf(alice.password, sizeof alice.password, "open sesame");
	auth_helper_ask(helper_path, &alice, &verdict);
	CHECK(verdict.refusal[0]);
}

static void ask_by_helper(void) {
	write_rules("", "pam_permit.so");
	is_not_confused();
	ask_all(helper_path);
}

int main(void) {
	CHECK(mkdtemp(folder));
	char script[400];
	snprintf(script, sizeof script,
		"#!/bin/sh\nIFS= read -r password || :\necho \"$PAM_USER $PAM_RHOST $PAM_TTY\" >>%s/asked\n"
		"[ \"$PAM_USER\" = alice ] && [ \"$password\" = 'open sesame' ]\n",
		folder);
	write_file("check", script, 0700);
	CHECK(uv_loop_init(&loop) == 0);
	ask_all(NULL);
	start_helper();
	ask_by_helper();
	stop_helper();
	CHECK(uv_loop_close(&loop) == 0);
	static const char *const files[] = {"check", "zerovnc", "asked", "access"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	return untried ? 77 : 0;
}
