/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker's key and the process that holds it, with a card that the test makes up; and one that lies to
 * the other. As there is one key for a process, each test has a process of its own. */
#include "capture/broker/key.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/broker/keyholder.h"
#include "capture/broker/wire.h"
#include "capture/kms/device.h"
#include "tests/capture/intruder.h"
#include "tests/encode/random.h"
#include "tests/test.h"

/* --- the card --- */

enum { GONE = 13, LIE = 1000, LIES = 5 };

/* Of all processes. */
static struct shared {
	pid_t answered_by;
	unsigned answers, others; /* `others`: what was asked has more than an id */
	int fd;                   /* the card, as who was asked last had it */
	char failure[80];         /* the intruder's first success */
} * shared;

static bool real_ioctls, any_file_is_a_card = true;

static int real_fstat(int fd, struct stat *status) {
	return fstatat(fd, "", status, AT_EMPTY_PATH);
}

/* By both names that the C library may have for it. */
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);

int __wrap_fstat(int fd, struct stat *status) {
	int result = real_fstat(fd, status);
	if (result == 0 && any_file_is_a_card) {
		status->st_mode = S_IFCHR;
		status->st_rdev = makedev(226, 0);
	}
	return result;
}

int __wrap_fstat64(int fd, struct stat *status) {
	return __wrap_fstat(fd, status);
}

/* A keyholder that was taken over sends other answers before its own. */
static void lie(uint32_t lie, uint32_t fb_id) {
	struct {
		struct keyholder_answer answer;
		uint8_t more;
	} message = {.answer = {.argument.fb2 = {.fb_id = fb_id, .width = 1}}};
	message.answer.error = lie == 2 ? 1 : lie == 3 ? -5000 : 0;
	message.answer.argument.fb_id += lie == 4;
	const size_t size = sizeof message.answer + (lie == 1) - (lie == 0);
	if (lie < LIES)
		wire_send(0, &message, size, NULL, 0);
	else
		close(0);
}

static bool has_more(const struct drm_mode_fb_cmd2 *fb) {
	const struct drm_mode_fb_cmd2 only = {.fb_id = fb->fb_id};
	return memcmp(fb, &only, sizeof only) != 0;
}

static int get_fb2(int fd, struct drm_mode_fb_cmd2 *fb) {
	struct stat status;
	shared->others += has_more(fb);
	if (fb->fb_id == GONE)
		return ENOENT;
	if (fb->fb_id >= LIE)
		lie(fb->fb_id - LIE, fb->fb_id);
	fb->width = (uint32_t)fd;
	fb->height = real_fstat(fd, &status) == 0 ? (uint32_t)status.st_ino : 0;
	fb->handles[3] = fb->fb_id + 1;
	fb->modifier[3] = 77;
	return 0;
}

static int get_fb(struct drm_mode_fb_cmd *fb) {
	fb->depth = 24;
	fb->handle = fb->fb_id + 2;
	return 0;
}

/* The C library's: this one comes first when the program is linked. */
int ioctl(int fd, unsigned long request, ...) {
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (real_ioctls || _IOC_TYPE(request) != DRM_IOCTL_BASE)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	shared->answered_by = getpid(); /* refused to the keyholder: -1 */
	shared->answers++;
	shared->fd = fd;
	int error = request == DRM_IOCTL_MODE_GETFB2   ? get_fb2(fd, argument)
		    : request == DRM_IOCTL_MODE_GETFB  ? get_fb(argument)
		    : request == DRM_IOCTL_DROP_MASTER ? EACCES
						       : ENOTTY;
	errno = error;
	return error ? -1 : 0;
}

/* --- processes --- */

/* A sanitizer asks at the end for what is refused here, and makes a failure of it. */
static bool is_good_end(int status) {
#ifdef __SANITIZE_ADDRESS__
	return WIFEXITED(status);
#else
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
#endif
}

/* Runs one test. What is checked in there fails here. */
static void apart(void (*test)(void)) {
	int status;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		test();
		fflush(NULL);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void begin(void) {
	struct reason reason;
	CHECK_SAY(key_hand_over(&reason) == 0, "%s", reason.text);
	CHECK_SAY(key_await(&reason) == 0, "%s", reason.text);
}

static bool keyholder_is_gone(int patience_ms) {
	struct pollfd slot = {.fd = key_lifeline()};
	return poll(&slot, 1, patience_ms) == 1 && slot.revents & POLLHUP;
}

/* --- the broker's side --- */

static void answers_come(void) {
	struct stat status;
	struct drm_mode_fb_cmd2 fb2;
	struct drm_mode_fb_cmd fb = {.fb_id = 8};
	int card = memfd_create("card", MFD_CLOEXEC), first = -1;
	begin();
	CHECK(real_fstat(card, &status) == 0);
	for (uint32_t i = 0; i < 2000; i++) { /* the keyholder keeps none of the descriptors */
		fb2 = (struct drm_mode_fb_cmd2){.fb_id = 20 + i % 500};
		CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb2) == 0);
		CHECK(fb2.fb_id == 20 + i % 500 && fb2.handles[3] == fb2.fb_id + 1 && fb2.modifier[3] == 77);
		CHECK(fb2.height == (uint32_t)status.st_ino);
		first = first < 0 ? (int)fb2.width : first;
		CHECK(first == (int)fb2.width);
	}
	CHECK(shared->answered_by != getpid() && shared->answers == 2000 && !shared->others);
	fb2.fb_id = GONE;
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb2) == -ENOENT);
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB, &fb) == 0 && fb.handle == 10 && fb.depth == 24);
	CHECK(kms_device_ask(card, DRM_IOCTL_DROP_MASTER, NULL) == -EACCES);
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_RMFB, &fb.fb_id) == -EINVAL && shared->answers == 2003);
	CHECK(!keyholder_is_gone(0));
}

static bool has_capability(void) {
	cap_flag_value_t value = CAP_CLEAR;
	cap_t present = cap_get_proc();
	CHECK(present && cap_get_flag(present, CAP_SYS_ADMIN, CAP_PERMITTED, &value) == 0);
	cap_free(present);
	return value == CAP_SET;
}

static void the_capability_changes_hands(void) {
	bool had = has_capability();
	CHECK(kms_device_may_capture() == had);
	begin();
	CHECK(!has_capability() && kms_device_may_capture() == had);
}

/* If the kernel refuses a card's opener to give up being its master, the keyholder is asked. */
static void a_card_gets_no_master(void) {
	struct kms_device device;
	struct reason reason;
	begin();
	CHECK(kms_device_open("/dev/null", &device, &reason) == -ENOTTY); /* as far as that, it is a card */
	CHECK(shared->answered_by == getpid() && shared->answers == 3);
}

static void a_keyholder_that_ends(void) {
	struct drm_mode_fb_cmd2 fb = {.fb_id = LIE + LIES};
	int card = memfd_create("card", MFD_CLOEXEC);
	begin();
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb) == -EIO);
	CHECK(keyholder_is_gone(5000));
	fb.fb_id = 3;
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb) == -EIO);
}

static uint32_t next_lie;

static void a_keyholder_that_lies(void) {
	struct drm_mode_fb_cmd2 fb = {.fb_id = LIE + next_lie};
	int card = memfd_create("card", MFD_CLOEXEC);
	begin();
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb) == -EIO && !fb.width && !fb.handles[3]);
	CHECK(keyholder_is_gone(5000));
}

static void what_is_no_card(void) {
	struct drm_mode_fb_cmd2 fb = {.fb_id = 3};
	any_file_is_a_card = false;
	begin();
	CHECK(kms_device_ask(open("/dev/null", O_RDWR | O_CLOEXEC), DRM_IOCTL_MODE_GETFB2, &fb) == -EIO);
	CHECK(keyholder_is_gone(5000) && !shared->answers);
}

static void a_broker_that_ends(void) {
	int status;
	begin();
	CHECK(shutdown(key_lifeline(), SHUT_RDWR) == 0);
	CHECK(wait(&status) > 0 && is_good_end(status));
}

static void live_on(int number) {
	(void)number;
}

static void signals_are_for_the_broker(void) {
	struct drm_mode_fb_cmd2 fb = {.fb_id = 3};
	int card = memfd_create("card", MFD_CLOEXEC), status;
	CHECK(setpgid(0, 0) == 0 && signal(SIGTERM, live_on) != SIG_ERR &&
		signal(SIGINT, live_on) != SIG_ERR);
	begin();
	CHECK(kill(0, SIGTERM) == 0 && kill(0, SIGINT) == 0);
	CHECK(kms_device_ask(card, DRM_IOCTL_MODE_GETFB2, &fb) == 0);
	CHECK(waitpid(-1, &status, WNOHANG) == 0);
}

/* --- a broker that was taken over --- */

struct visit {
	int own, card;
	struct random random;
	unsigned answered, refused;
};

static void start_serving(struct visit *visit, pid_t *pid) {
	int pair[2];
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	*pid = fork();
	if (*pid == 0) {
		close(pair[0]);
		struct processor_follower follower;
		processor_follower_init(&follower);
		_exit(keyholder_serve(pair[1], &follower) == -EPROTO ? 3 : 4);
	}
	close(pair[1]);
	visit->own = pair[0];
}

static void make_question(struct visit *visit, uint8_t *bytes, size_t *length, size_t *fds) {
	struct random *random = &visit->random;
	struct keyholder_question question = {random_below(random, 10) ? random_below(random, KEYHOLDER_CALLS)
								       : (uint32_t)random_next(random),
		(uint32_t)random_next(random) % LIE, (uint32_t)random_next(random)};
	for (size_t i = 0; i < 64; i++)
		bytes[i] = (uint8_t)random_next(random);
	memcpy(bytes, &question, sizeof question);
	*length = random_below(random, 10) ? sizeof question : 1 + random_below(random, 64);
	*fds = random_below(random, 10) ? 1 : random_below(random, WIRE_MAX_FDS + 1);
}

/* Whether it is answered. */
static bool ask_anything(struct visit *visit) {
	uint8_t bytes[64];
	struct keyholder_question question;
	struct keyholder_answer answer;
	int fds[WIRE_MAX_FDS] = {0};
	size_t length, count, received;
	make_question(visit, bytes, &length, &count);
	memcpy(&question, bytes, sizeof question);
	for (size_t i = 0; i < count; i++)
		fds[i] = visit->card;
	CHECK(wire_send(visit->own, bytes, length, fds, count) == 0);
	bool answered = wire_receive(visit->own, &answer, sizeof answer, &received, NULL) == 0;
	bool sane = length == sizeof question && count == 1 && question.call < KEYHOLDER_CALLS;
	CHECK(answered == sane && (!answered || received == sizeof answer));
	CHECK(!answered || answer.argument.fb_id == question.fb_id);
	return answered;
}

static void anything_is_asked(void) {
	struct visit visit = {.random = {29}, .card = memfd_create("card", MFD_CLOEXEC)};
	for (int i = 0; i < 300; i++) {
		int status;
		pid_t pid;
		start_serving(&visit, &pid);
		while (ask_anything(&visit))
			visit.answered++;
		visit.refused++;
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3);
		close(visit.own);
	}
	printf("%u questions were answered, %u ended the keyholder\n", visit.answered, visit.refused);
	CHECK(visit.answered > 300 && !shared->others);
}

/* --- a keyholder that was taken over --- */

static void judge(long result, const char *attempt) {
	if (!shared->failure[0] && !intruder_was_refused(result))
		strncpy(shared->failure, attempt, sizeof shared->failure - 1);
}

static void *const nothing = NULL;

static void intrude(int card) {
	uint8_t byte = 0;
	intruder_acts(card, judge);
	intruder_changes_files(judge);
	intruder_opens_files(judge);
	judge(open("/sys/class", O_RDONLY), "open a folder of /sys");
	judge(open("/dev/dri", O_RDONLY), "open /dev/dri");
	judge(ioctl(card, DRM_IOCTL_MODE_GETPLANE, nothing), "ask for a plane");
	judge(ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, nothing), "export a buffer");
	judge(ioctl(card, DRM_IOCTL_MODE_MAP_DUMB, nothing), "map a buffer");
	judge(ioctl(card, DRM_IOCTL_GEM_CLOSE, nothing), "close a buffer");
	judge(sched_setaffinity(getppid(), sizeof(cpu_set_t), &(cpu_set_t){0}), "move another process");
	judge(read(card, &byte, 1), "read");
	judge(write(card, &byte, 1), "write");
	judge(dup(card), "dup");
	judge(memfd_create("memory", MFD_CLOEXEC), "make a memory");
	judge(ftruncate(card, 1), "ftruncate");
	judge(prctl(PR_SET_DUMPABLE, 1), "be looked into");
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	judge(memory == MAP_FAILED ? -1 : 0, "map memory");
	judge(syscall(SYS_capset, NULL, NULL), "set capabilities");
}

/* What it is for, it can still do. */
static void work(int card, int socket) {
	struct stat status;
	struct wire_fds fds;
	size_t length;
	uint32_t word = 0;
	for (size_t i = 0; i < KEYHOLDER_CALLS; i++)
		if (ioctl(card, keyholder_requests[i], nothing) == 0 ||
			errno != ENOTTY) /* it reaches the file */
			strcpy(shared->failure, "the kernel is not asked");
	if (real_fstat(card, &status) != 0 || wire_send(socket, &word, sizeof word, &card, 1) != 0 ||
		wire_receive(socket, &word, sizeof word, &length, &fds) != 0 || close(fds.at[0]) != 0)
		strcpy(shared->failure, "it cannot answer");
}

/* Nothing can be printed in there. */
static void the_sandbox_is_tight(void) {
	struct reason reason;
	int card = memfd_create("not a card", MFD_CLOEXEC), pair[2], status;
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	real_ioctls = true;
	pid_t pid = fork();
	if (pid == 0) {
		int error = keyholder_confine(&reason);
		intrude(card);
		work(card, pair[1]);
		if (error)
			strcpy(shared->failure, "it could not be entered");
		_exit(0);
	}
	uint32_t word;
	struct wire_fds fds;
	size_t length;
	CHECK(wire_receive(pair[0], &word, sizeof word, &length, &fds) == 0);
	CHECK(wire_send(pair[0], &word, sizeof word, fds.at, 1) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && is_good_end(status));
	CHECK_SAY(!shared->failure[0], "%s", shared->failure);
}

int main(void) {
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	void (*const tests[])(void) = {answers_come, the_capability_changes_hands, a_card_gets_no_master,
		a_keyholder_that_ends, what_is_no_card, a_broker_that_ends, signals_are_for_the_broker,
		anything_is_asked, the_sandbox_is_tight};
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		memset(shared, 0, sizeof *shared);
		apart(tests[i]);
	}
	for (next_lie = 0; next_lie < LIES; next_lie++)
		apart(a_keyholder_that_lies);
	return 0;
}
