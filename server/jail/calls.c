/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/jail/calls.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capture/base/array.h"
#include "capture/base/confine.h"

/*
 * What a server does by itself and through GL drivers, GnuTLS, libuv and the C library. A call that is not
 * here fails as one that the kernel does not have, for which newer libraries have another way.
 */
static const int allowed[] = {
	/* files and memory */
	SCMP_SYS(access), SCMP_SYS(brk), SCMP_SYS(cacheflush), SCMP_SYS(chdir), SCMP_SYS(chmod),
	SCMP_SYS(chown), SCMP_SYS(chown32), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(copy_file_range),
	SCMP_SYS(creat), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64), SCMP_SYS(fallocate),
	SCMP_SYS(fchdir), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(fchown), SCMP_SYS(fchown32),
	SCMP_SYS(fchownat), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(fstatfs), SCMP_SYS(fstatfs64),
	SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(lsetxattr), SCMP_SYS(getcwd),
	SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch), SCMP_SYS(ioctl), SCMP_SYS(kcmp), SCMP_SYS(link), SCMP_SYS(linkat),
	SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(madvise),
	SCMP_SYS(mbind), SCMP_SYS(membarrier), SCMP_SYS(memfd_create), SCMP_SYS(mincore), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(mmap), SCMP_SYS(mmap2),
	SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(msync), SCMP_SYS(munlock), SCMP_SYS(munmap),
	SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(pread64),
	SCMP_SYS(preadv), SCMP_SYS(preadv2), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
	SCMP_SYS(read), SCMP_SYS(readahead), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(sendfile),
	SCMP_SYS(sendfile64), SCMP_SYS(splice), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(statfs),
	SCMP_SYS(statfs64), SCMP_SYS(statx), SCMP_SYS(tee), SCMP_SYS(truncate), SCMP_SYS(truncate64),
	SCMP_SYS(umask), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(utimensat),
	SCMP_SYS(utimensat_time64), SCMP_SYS(write), SCMP_SYS(writev),
	/* waiting */
	SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2), SCMP_SYS(futex),
	SCMP_SYS(futex_time64), SCMP_SYS(getitimer), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep),
	SCMP_SYS(pause), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64), SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(select),
	SCMP_SYS(_newselect), SCMP_SYS(setitimer), SCMP_SYS(time), SCMP_SYS(timer_create),
	SCMP_SYS(timer_delete), SCMP_SYS(timer_settime), SCMP_SYS(timer_settime64), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64),
	/* the network */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(listen), SCMP_SYS(recv), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64), SCMP_SYS(recvmsg), SCMP_SYS(send), SCMP_SYS(sendmmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(socketpair),
	/* threads, signals, and what is asked about this process */
	SCMP_SYS(arch_prctl), SCMP_SYS(capget), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fork),
	SCMP_SYS(getcpu), SCMP_SYS(getegid), SCMP_SYS(getegid32), SCMP_SYS(geteuid), SCMP_SYS(geteuid32),
	SCMP_SYS(getgid), SCMP_SYS(getgid32), SCMP_SYS(getgroups), SCMP_SYS(getgroups32), SCMP_SYS(getpgid),
	SCMP_SYS(getpgrp), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getpriority), SCMP_SYS(getrandom),
	SCMP_SYS(getresgid), SCMP_SYS(getresgid32), SCMP_SYS(getresuid), SCMP_SYS(getresuid32),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(getsid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(getuid32), SCMP_SYS(get_mempolicy), SCMP_SYS(get_robust_list), SCMP_SYS(kill),
	SCMP_SYS(prctl), SCMP_SYS(prlimit64), SCMP_SYS(restart_syscall), SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_get_priority_max),
	SCMP_SYS(sched_get_priority_min), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_setparam), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_yield), SCMP_SYS(seccomp),
	SCMP_SYS(setpriority), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4), SCMP_SYS(sigreturn), SCMP_SYS(sysinfo), SCMP_SYS(tgkill), SCMP_SYS(times),
	SCMP_SYS(ugetrlimit), SCMP_SYS(uname), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(waitpid)};

/* What is refused even where nothing else is. */
static const int refused[] = {
	/* other processes, and namespaces of one's own */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(setns), SCMP_SYS(unshare),
	/* the tree of files */
	SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(move_mount),
	SCMP_SYS(open_tree), SCMP_SYS(mount_setattr), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(quotactl),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init),
	/* the kernel and the machine */
	SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(syslog), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex),
	SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(personality), SCMP_SYS(modify_ldt), SCMP_SYS(lookup_dcookie), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(vhangup)};

/* What only PAM's modules may need. */
static const int becoming[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(setuid), SCMP_SYS(setuid32),
	SCMP_SYS(setgid), SCMP_SYS(setgid32), SCMP_SYS(setreuid), SCMP_SYS(setreuid32), SCMP_SYS(setregid),
	SCMP_SYS(setregid32), SCMP_SYS(setresuid), SCMP_SYS(setresuid32), SCMP_SYS(setresgid),
	SCMP_SYS(setresgid32), SCMP_SYS(setfsuid), SCMP_SYS(setfsuid32), SCMP_SYS(setfsgid),
	SCMP_SYS(setfsgid32), SCMP_SYS(setgroups), SCMP_SYS(setgroups32), SCMP_SYS(capset), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(keyctl)};

static const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);

/* --- the server --- */

/* clone3 hides its flags from filters, and every C library has another way. */
static int add_clone(scmp_filter_ctx filter) {
	static const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
					   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	for (int bit = 0; bit < 32 && !error; bit++)
		if (namespaces >> bit & 1)
			error = seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, UINT64_C(1) << bit, UINT64_C(1) << bit));
	return error;
}

static int add_families(scmp_filter_ctx filter) {
	static const uint64_t families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	int error = 0;
	for (size_t i = 0; i < ARRAY_LEN(families) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, families[i]));
	return error;
}

int jail_calls_allow(void) {
	static const int clone = SCMP_SYS(clone);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = filter ? confine_add_calls(filter, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed)) : 0;
	if (filter && !error)
		error = confine_add_calls(filter, SCMP_ACT_ALLOW, &clone, 1);
	if (filter && !error)
		error = add_families(filter);
	return confine_calls(filter, error);
}

/* To type at a terminal that the server was started from. */
static int add_terminals(scmp_filter_ctx filter) {
	static const uint64_t requests[] = {TIOCSTI, TIOCLINUX};
	int error = 0;
	for (size_t i = 0; i < ARRAY_LEN(requests) && !error; i++)
		error = seccomp_rule_add(filter, refuse, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i]));
	return error;
}

int jail_calls_refuse(bool exec) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? confine_add_calls(filter, refuse, refused, ARRAY_LEN(refused)) : 0;
	if (filter && !error && exec)
		error = confine_add_calls(filter, refuse, becoming, ARRAY_LEN(becoming));
	if (filter && !error)
		error = add_clone(filter);
	if (filter && !error)
		error = add_terminals(filter);
	return confine_calls(filter, error);
}

/* Pairs of streams stay allowed: they are connected for good. A pair of datagram sockets could send anywhere.
 */
static int add_closing(scmp_filter_ctx filter) {
	static const int calls[] = {
		SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(seccomp)};
	int error = confine_add_calls(filter, refuse, calls, ARRAY_LEN(calls));
	if (!error)
		error = seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_UNIX));
	if (!error)
		error = seccomp_rule_add(filter, refuse, SCMP_SYS(socketpair), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, SOCK_DGRAM, SOCK_DGRAM));
	if (!error)
		error = seccomp_rule_add(
			filter, refuse, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	return error;
}

int jail_calls_close(void) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : 0;
	if (filter && !error)
		error = add_closing(filter);
	return confine_calls(filter, error);
}

/* --- the processes that it leaves behind --- */

int jail_calls_prober(void) {
	static const int sockets[] = {SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
		SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? confine_add_calls(filter, refuse, sockets, ARRAY_LEN(sockets)) : 0;
	return confine_calls(filter, error);
}

int jail_calls_porter(void) {
	static const int calls[] = {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(connect),
		SCMP_SYS(setsockopt), SCMP_SYS(close), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
		SCMP_SYS(rt_sigreturn)};
	scmp_filter_ctx filter = seccomp_init(refuse);
	int error = filter ? confine_add_calls(filter, SCMP_ACT_ALLOW, calls, ARRAY_LEN(calls)) : 0;
	if (filter && !error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_UNIX));
	return confine_calls(filter, error);
}
