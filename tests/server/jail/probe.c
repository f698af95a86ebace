/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail_probe: what somebody who has taken a server over would try. It is loaded into the server by
 * LD_PRELOAD. At SIGUSR2 it tries everything from within, and appends a line for each attempt to the file
 * that PROBE_LOG names: its name, and 0 or the errno with which it was refused; at last "end". PROBE_FOREIGN
 * is a folder of somebody else's that all may read, with a file and with a socket at which somebody listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH_SIZE = 200 };

static int report = -1;
static char folder[60];

static void say(const char *name, long result) {
	int error = result < 0 ? errno : 0;
	dprintf(report, "%s %d\n", name, error);
}

#define TRY(attempt) say(#attempt, (long)(attempt))

/* A descriptor counts, and is closed again. */
static void say_fd(const char *name, int fd) {
	say(name, fd);
	if (fd >= 0)
		close(fd);
}

#define TRY_FD(attempt) say_fd(#attempt, attempt)

/* What would not come back is tried in a way that fails otherwise. */
static void start_something(void) {
	char *const nothing[] = {NULL};
	TRY(execve("/nothing", nothing, nothing));
	TRY(syscall(SYS_execveat, AT_FDCWD, "/nothing", nothing, nothing, 0));
	long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0)
		_exit(0);
	say("fork()", child);
	TRY(unshare(CLONE_NEWUSER));
	TRY(unshare(CLONE_NEWNS));
	TRY(syscall(SYS_clone3, NULL, 0));
}

static void reach_others(void) {
	TRY(kill(getppid(), 0));
	TRY(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	TRY(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
	TRY(syscall(SYS_setns, 0, 0));
	char memory[PATH_SIZE];
	snprintf(memory, sizeof memory, "/proc/%d/mem", (int)getppid());
	TRY_FD(open(memory, O_RDONLY));
}

static void gain_rights(void) {
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{UINT32_MAX, UINT32_MAX, 0}, {UINT32_MAX, UINT32_MAX, 0}};
	TRY(syscall(SYS_capset, &head, all));
	TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
	TRY(setuid(0));
	TRY(setgid(0));
	TRY(syscall(SYS_setgroups, 0, NULL));
	TRY(chroot("/"));
	TRY(mount("none", "/tmp", "tmpfs", 0, NULL));
	TRY(umount2("/tmp", MNT_DETACH));
	TRY(syscall(SYS_pivot_root, "/", "/"));
	TRY(syscall(SYS_fsopen, "tmpfs", 0));
	TRY(syscall(SYS_open_by_handle_at, 0, NULL, 0));
	TRY(mknod("/tmp/zerovnc-jail", S_IFCHR | 0600, 0));
	TRY(syscall(SYS_bpf, 0, NULL, 0));
	TRY(syscall(SYS_init_module, NULL, 0, ""));
	TRY(syscall(SYS_kexec_load, 0, 0, NULL, 0));
	TRY(syscall(SYS_io_uring_setup, 1, NULL));
	TRY(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	TRY(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	TRY(syscall(SYS_userfaultfd, 0));
	TRY(syscall(SYS_reboot, 0, 0, 0, NULL));
	TRY(ioctl(0, TIOCSTI, "x"));
}

static void use_files(void) {
	char secret[PATH_SIZE], made[PATH_SIZE];
	snprintf(secret, sizeof secret, "%s/secret", folder);
	snprintf(made, sizeof made, "%s/made", folder);
	TRY_FD(open("/dev/dri/card0", O_RDWR));
	TRY_FD(open("/dev/dri/card0", O_RDONLY));
	TRY_FD(open("/dev/uinput", O_RDWR));
	TRY_FD(open("/dev/fb0", O_RDONLY));
	TRY_FD(open("/dev/mem", O_RDONLY));
	TRY_FD(open(secret, O_RDONLY));
	TRY_FD(open(folder, O_RDONLY | O_DIRECTORY));
	TRY_FD(open("/", O_RDONLY | O_DIRECTORY));
	TRY_FD(open("/tmp", O_RDONLY | O_DIRECTORY));
	TRY_FD(open(made, O_WRONLY | O_CREAT, 0600));
	TRY(mkdir(made, 0700));
	TRY(symlink("/", made));
	TRY(unlink(secret));
	TRY(rename(secret, made));
	TRY_FD(open("/etc/zerovnc-jail", O_WRONLY | O_CREAT, 0600));
	TRY_FD(open("/proc/self/mem", O_RDWR));
}

static int connect_to(int family, int kind, const void *address, socklen_t size) {
	int fd = socket(family, kind, 0);
	if (fd < 0 || connect(fd, address, size) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void use_sockets(void) {
	struct sockaddr_un foreign = {.sun_family = AF_UNIX}, hidden = {.sun_family = AF_UNIX};
	int pair[2];
	snprintf(foreign.sun_path, sizeof foreign.sun_path, "%s/socket", folder);
	snprintf(hidden.sun_path + 1, sizeof hidden.sun_path - 1, "zerovnc-jail");
	TRY_FD(connect_to(AF_UNIX, SOCK_STREAM, &foreign, sizeof foreign));
	TRY_FD(connect_to(AF_UNIX, SOCK_STREAM, &hidden, sizeof hidden));
	TRY_FD(socket(AF_UNIX, SOCK_DGRAM, 0));
	TRY_FD(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	TRY(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	TRY_FD(socket(AF_PACKET, SOCK_RAW, 0));
	TRY_FD(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static void try_everything(int number) {
	int before = errno;
	(void)number;
	start_something();
	reach_others();
	gain_rights();
	use_files();
	use_sockets();
	dprintf(report, "end\n");
	errno = before;
}

__attribute__((constructor)) static void prepare(void) {
	const char *path = getenv("PROBE_LOG"), *foreign = getenv("PROBE_FOREIGN");
	if (!path || !foreign)
		return;
	snprintf(folder, sizeof folder, "%s", foreign);
	report = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	signal(SIGUSR2, try_everything);
}
