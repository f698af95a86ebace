/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/sandbox.h"

#include <stdint.h> /* nouveau_drm.h needs it */

#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <linux/uinput.h>
#include <nouveau_drm.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <virtgpu_drm.h>

#include "capture/base/array.h"
#include "capture/base/confine.h"

/* Devices come and go, so folders are named. The nodes in /dev that the broker may not read are kept from it
 * by their owners, and by the unit's DeviceAllow. */
static int restrict_files(struct reason *lacking) {
	static const struct {
		const char *path;
		unsigned what;
	} places[] = {
		{"/sys", CONFINE_READ},
		{"/dev", CONFINE_READ},
		{"/dev/dri", CONFINE_READ | CONFINE_WRITE},
		{"/dev/uinput", CONFINE_READ | CONFINE_WRITE},
	};
	struct confine_files files;
	int error = confine_files_begin(&files, false, lacking);
	for (size_t i = 0; i < ARRAY_LEN(places) && !error; i++)
		error = confine_files_allow(&files, places[i].path, places[i].what);
	return confine_files_enter(&files, error);
}

/* --- system calls --- */

static const int calls[] = {
	/* what the broker does by itself and through libdrm */
	SCMP_SYS(accept4), SCMP_SYS(access), SCMP_SYS(close), SCMP_SYS(eventfd2), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(fstatat64), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(getdents64),
	SCMP_SYS(getsockopt), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(memfd_create), SCMP_SYS(munmap),
	SCMP_SYS(newfstatat), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(read),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(stat),
	SCMP_SYS(stat64), SCMP_SYS(statx), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(capget),
	/* what the C library does on the way */
	SCMP_SYS(brk), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex),
	SCMP_SYS(getpid), SCMP_SYS(getrandom), SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(madvise),
	SCMP_SYS(mremap), SCMP_SYS(nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(sigreturn), SCMP_SYS(tgkill)};

/* What is asked of a card. None of it changes what the card shows. */
static const unsigned long requests[] = {DRM_IOCTL_VERSION, DRM_IOCTL_SET_CLIENT_CAP, DRM_IOCTL_GET_CAP,
	DRM_IOCTL_DROP_MASTER, DRM_IOCTL_GEM_CLOSE, DRM_IOCTL_PRIME_HANDLE_TO_FD, DRM_IOCTL_WAIT_VBLANK,
	DRM_IOCTL_CRTC_GET_SEQUENCE, DRM_IOCTL_CRTC_QUEUE_SEQUENCE, DRM_IOCTL_MODE_GETRESOURCES,
	DRM_IOCTL_MODE_GETCRTC, DRM_IOCTL_MODE_GETENCODER, DRM_IOCTL_MODE_GETCONNECTOR,
	DRM_IOCTL_MODE_GETPROPERTY, DRM_IOCTL_MODE_GETPROPBLOB, DRM_IOCTL_MODE_GETPLANERESOURCES,
	DRM_IOCTL_MODE_GETPLANE, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, DRM_IOCTL_MODE_GETGAMMA,
	DRM_IOCTL_MODE_MAP_DUMB,
	DRM_IOWR(DRM_COMMAND_BASE + DRM_NOUVEAU_GEM_INFO, struct drm_nouveau_gem_info),
	DRM_IOCTL_VIRTGPU_GETPARAM,
	/* the text console */
	FBIOGET_VSCREENINFO, FBIOGET_FSCREENINFO, _IO('F', 0xff),
	/* input devices */
	UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_RELBIT, UI_SET_LEDBIT, UI_SET_PHYS, UI_ABS_SETUP, UI_DEV_SETUP,
	UI_DEV_CREATE};

static int add_rules(scmp_filter_ctx filter) {
	int error = confine_add_calls(filter, SCMP_ACT_ALLOW, calls, ARRAY_LEN(calls));
	/* The kernel looks only at the lower 32 bits. */
	for (size_t i = 0; i < ARRAY_LEN(requests) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)requests[i]));
	if (!error) /* of itself */
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), 1, SCMP_A0(SCMP_CMP_EQ, 0));
	if (!error) /* no file is created */
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT | O_TRUNC, 0));
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT | O_TRUNC, 0));
	static const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	for (size_t i = 0; i < ARRAY_LEN(mapping) && !error; i++) /* nothing becomes code */
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, mapping[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return error;
}

int sandbox_restrict_calls(scmp_filter_ctx filter, int error, struct reason *reason) {
	error = confine_calls(filter, error);
	if (error == -ENOSYS)
		return reason_set(reason, error,
			"this kernel cannot restrict system calls (CONFIG_SECCOMP_FILTER), and the broker does not run without that: serve without --broker");
	return error ? reason_set(reason, error, "system calls cannot be restricted by seccomp: %s",
			       strerror(-error))
		     : 0;
}

/* What is not allowed fails, and does not end the broker: another C library may try what this one does not.
 */
static int restrict_calls(struct reason *reason) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	return sandbox_restrict_calls(filter, filter ? add_rules(filter) : 0, reason);
}

static struct stat folder; /* /dev/dri; all 0 if there is none */

bool sandbox_is_outdated(void) {
	struct stat now;
	return stat("/dev/dri", &now) == 0 && (now.st_ino != folder.st_ino || now.st_dev != folder.st_dev);
}

int sandbox_enter(struct reason *reason) {
	reason->text[0] = '\0';
	/* A folder that does not exist cannot be named below, but a card may come. */
	if (mkdir("/dev/dri", 0755) != 0 && errno != EEXIST && errno != EACCES && errno != EROFS &&
		errno != EPERM)
		return reason_set(reason, -errno, "/dev/dri cannot be made: %s", strerror(errno));
	int error = confine_for_good();
	if (error)
		return reason_set(reason, error, "rights cannot be given up: %s", strerror(-error));
	if (stat("/dev/dri", &folder) != 0)
		memset(&folder, 0, sizeof folder);
	error = confine_capabilities(NULL, 0);
	if (error)
		return reason_set(reason, error, "capabilities cannot be given up: %s", strerror(-error));
	error = restrict_files(reason);
	if (error)
		return reason_set(
			reason, error, "files cannot be restricted by Landlock: %s", strerror(-error));
	return restrict_calls(reason);
}
