/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/keyholder.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/confine.h"
#include "capture/broker/sandbox.h"
#include "capture/broker/wire.h"
#include "capture/kms/device.h"

const unsigned long keyholder_requests[KEYHOLDER_CALLS] = {
	[KEYHOLDER_GETFB2] = DRM_IOCTL_MODE_GETFB2,
	[KEYHOLDER_GETFB] = DRM_IOCTL_MODE_GETFB,
	[KEYHOLDER_DROP_MASTER] = DRM_IOCTL_DROP_MASTER,
};
_Static_assert(offsetof(struct drm_mode_fb_cmd2, fb_id) == 0 && offsetof(struct drm_mode_fb_cmd, fb_id) == 0,
	"the id is where a question puts it");

/* --- the sandbox --- */

static const int calls[] = {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close), SCMP_SYS(exit_group),
	/* fstat() by any name */
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx)};

static int add_rules(scmp_filter_ctx filter) {
	int error = confine_add_calls(filter, SCMP_ACT_ALLOW, calls, ARRAY_LEN(calls));
	/* The kernel looks only at the lower 32 bits. */
	for (size_t i = 0; i < KEYHOLDER_CALLS && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)keyholder_requests[i]));
	if (!error) /* of itself */
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), 1, SCMP_A0(SCMP_CMP_EQ, 0));
	return error;
}

static int restrict_calls(struct reason *reason) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	return sandbox_restrict_calls(filter, filter ? add_rules(filter) : 0, reason);
}

int keyholder_confine(struct reason *reason) {
	const int kept = CAP_SYS_ADMIN;
	struct confine_files none;
	reason->text[0] = '\0';
	int error = confine_for_good();
	if (!error)
		error = confine_capabilities(&kept, 1);
	if (error)
		return reason_set(reason, error, "rights cannot be given up: %s", strerror(-error));
	error = confine_files_enter(&none, confine_files_begin(&none, true, reason));
	if (error)
		return reason_set(
			reason, error, "files cannot be restricted by Landlock: %s", strerror(-error));
	return restrict_calls(reason);
}

/* --- questions --- */

enum { DRM_MAJOR = 226 }; /* as the kernel's list of devices says (devices.txt) */

static bool is_card(int fd) {
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) == DRM_MAJOR;
}

static bool is_sane(const struct keyholder_question *question, size_t length, const struct wire_fds *fds) {
	return length == sizeof *question && question->call < KEYHOLDER_CALLS && fds->count == 1 &&
	       is_card(fds->at[0]);
}

int keyholder_serve(int socket, struct processor_follower *follower) {
	struct keyholder_question question;
	struct keyholder_answer answer;
	struct wire_fds fds;
	size_t length;
	int error;
	while ((error = wire_receive(socket, &question, sizeof question, &length, &fds)) == 0) {
		memset(&answer, 0, sizeof answer);
		bool sane = is_sane(&question, length, &fds);
		if (sane) {
			answer.argument.fb_id = question.fb_id;
			answer.error = kms_device_ask(
				fds.at[0], keyholder_requests[question.call], &answer.argument);
		}
		wire_close(&fds); /* before the broker knows, or its own close would not be the last one */
		if (!sane)
			return -EPROTO;
		error = wire_send(socket, &answer, sizeof answer, NULL, 0);
		if (error)
			break;
		processor_follow(follower, question.processor);
	}
	return error == -EPIPE ? 0 : error;
}

/* --- the process --- */

/* What a service manager and the shell have opened for the broker is not for this process. */
static int keep_only(int socket) {
	enum { FIRST_OTHER = 1, MOST = 1024 };
	if (dup2(socket, 0) < 0)
		return -errno;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, FIRST_OTHER, ~0U, 0) == 0)
		return 0;
#endif
	for (int fd = FIRST_OTHER; fd < MOST; fd++)
		close(fd);
	return 0;
}

/* Signals to the whole service end the broker, and thereby this process. */
static void ignore_signals(void) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		signal(numbers[i], SIG_IGN);
}

_Noreturn void keyholder_live(int socket) {
	struct keyholder_greeting greeting = {0};
	struct processor_follower follower;
	struct reason reason;
	processor_follower_init(&follower);
	ignore_signals();
	prctl(PR_SET_NAME, "zerovnc-key");
	if (keep_only(socket) != 0)
		_exit(1);
	greeting.may_capture = kms_device_may_capture(); /* its sandbox refuses to tell */
	greeting.error = keyholder_confine(&reason);
	memcpy(greeting.reason, reason.text, sizeof greeting.reason);
	int error = wire_send(0, &greeting, sizeof greeting, NULL, 0);
	if (!error && !greeting.error)
		error = keyholder_serve(0, &follower);
	_exit(error || greeting.error ? 1 : 0);
}
