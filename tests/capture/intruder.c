/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/capture/intruder.h"

#include <drm.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRY(attempt) judge((long)(attempt), #attempt)

void intruder_acts(int card, intruder_judge *judge) {
	char *const nothing[] = {NULL};
	TRY(execve("/bin/true", nothing, nothing));
	TRY(syscall(SYS_execveat, AT_FDCWD, "/bin/true", nothing, nothing, 0));
	TRY(fork());
	TRY(unshare(CLONE_NEWUSER));
	TRY(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	TRY(kill(getppid(), 0));
	TRY(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
	TRY(mount("none", "/tmp", "tmpfs", 0, NULL));
	TRY(syscall(SYS_bpf, 0, NULL, 0));
	TRY(syscall(SYS_init_module, NULL, 0, ""));
	TRY(syscall(SYS_io_uring_setup, 1, NULL));
	TRY(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	TRY(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	TRY(setuid(0));
	TRY(chroot("/"));
	TRY(socket(AF_UNIX, SOCK_STREAM, 0));
	TRY(socket(AF_INET, SOCK_STREAM, 0));
	TRY(ioctl(card, DRM_IOCTL_SET_MASTER, NULL));
	TRY(ioctl(card, DRM_IOCTL_MODE_ATOMIC, NULL));
	TRY(ioctl(card, DRM_IOCTL_MODE_RMFB, NULL));
	TRY(ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, NULL));
	TRY(ioctl(card, TIOCSTI, "x"));
}

void intruder_changes_files(intruder_judge *judge) {
	TRY(open("/tmp/zerovnc-sandbox", O_WRONLY | O_CREAT, 0600));
	TRY(unlink("/tmp/zerovnc-sandbox"));
	TRY(mkdir("/tmp/zerovnc-sandbox", 0700));
	TRY(symlink("/", "/tmp/zerovnc-sandbox"));
	TRY(chmod("/tmp", 0700));
}

void intruder_opens_files(intruder_judge *judge) {
	TRY(open("/etc/passwd", O_RDONLY));
	TRY(open("/proc/self/mem", O_RDONLY));
	TRY(open("/tmp", O_RDONLY | O_DIRECTORY));
	TRY(open("/dev/null", O_WRONLY));
}
