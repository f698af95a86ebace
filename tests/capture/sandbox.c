/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the broker can still do in its sandbox, and all else that an intruder would try. */
#include "capture/broker/sandbox.h"

#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/dmabuf.h"
#include "tests/capture/intruder.h"
#include "tests/test.h"

static void judge(long result, const char *attempt) {
	CHECK_SAY(intruder_was_refused(result), "%s: %s", attempt, strerror(errno));
}

static void nothing_is_started_or_changed(int card) {
	intruder_acts(card, judge);
	judge(ioctl(card, DRM_IOCTL_MODE_GETFB2, NULL), "what the keyholder is for");
	judge(ioctl(card, DRM_IOCTL_MODE_GETFB, NULL), "what the keyholder is for, too");
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(code == MAP_FAILED && errno == EPERM);
	void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(data != MAP_FAILED);
	judge(sched_setaffinity(getppid(), sizeof(cpu_set_t), &(cpu_set_t){0}), "move another process");
	judge(mprotect(data, 4096, PROT_READ | PROT_EXEC), "data become code");
}

static void no_file_is_touched(bool landlock) {
	intruder_changes_files(judge);
	if (landlock)
		intruder_opens_files(judge);
}

static void no_capability_is_left(void) {
	cap_t present = cap_get_proc(), none = cap_init();
	CHECK(present && none && cap_compare(present, none) == 0);
	cap_free(present);
	cap_free(none);
}

static void its_own_work_goes_on(int card) {
	struct stat status;
	int folder = open("/sys/class", O_RDONLY | O_DIRECTORY), memory = memfd_create("test", MFD_CLOEXEC);
	CHECK(folder >= 0 && memory >= 0 && ftruncate(memory, 10) == 0 && eventfd(0, EFD_CLOEXEC) >= 0);
	CHECK(fstat(memory, &status) == 0 && lseek(memory, 0, SEEK_END) == 10);
	CHECK(access("/sys/class", F_OK) == 0 && !dmabuf_cannot_shrink(memory));
	CHECK(ioctl(card, DRM_IOCTL_MODE_GETPLANE, NULL) < 0 && errno == ENOTTY); /* it reaches the file */
	free(malloc(10 << 20));
	close(folder);
	close(memory);
}

int main(void) {
	struct reason reason;
	int card = memfd_create("not a card", MFD_CLOEXEC);
	CHECK_SAY(sandbox_enter(&reason) == 0, "%s", reason.text);
	bool landlock = !reason.text[0];
	printf("%s\n", landlock ? "with Landlock" : reason.text);
	no_capability_is_left();
	nothing_is_started_or_changed(card);
	no_file_is_touched(landlock);
	its_own_work_goes_on(card);
	fflush(stdout);
	_exit(0); /* a sanitizer looks for leaks at the end by what is refused here */
}
