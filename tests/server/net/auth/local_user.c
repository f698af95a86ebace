/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns the other end of a connection: with real sockets of two real users, and with ends whose owner must
 * not be guessed. */
#include "server/net/auth/local_user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { NOBODY = 65534 };

#ifdef __SANITIZE_THREAD__
enum {
	THREADS_OF_OTHERS = true
}; /* TSan's own threads: a process with more than one may not enter a user
    * namespace */
#else
enum { THREADS_OF_OTHERS = false };
#endif

/* What the connecting process does with its socket. */
enum after { STAYS, CLOSES, RESETS, HALF_CLOSES };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static char folder[] = "/tmp/zerovnc-local-user-XXXXXX";

static socklen_t make_address(const char *text, uint16_t port, union address *address) {
	memset(address, 0, sizeof *address);
	if (text[0] == '/') {
		address->local.sun_family = AF_UNIX;
		snprintf(address->local.sun_path, sizeof address->local.sun_path, "%s", text);
		return sizeof address->local;
	}
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		return sizeof address->v4;
	}
	CHECK(inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1);
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(port);
	return sizeof address->v6;
}

/* Listens at that port; 0: any. Returns -1 if this machine has no such address. */
static int listen_at(const char *text, uint16_t *port) {
	union address address;
	socklen_t size = make_address(text, *port, &address);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), no = 0;
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	if (fd < 0 || bind(fd, &address.any, size) || listen(fd, 8)) {
		close(fd);
		return -1;
	}
	CHECK(getsockname(fd, &address.any, &size) == 0);
	*port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return fd;
}

static int connect_from(const char *text, uint16_t port, uint16_t from) {
	union address address, own;
	socklen_t size = make_address(text, port, &address);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	if (from) {
		CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
		CHECK(bind(fd, &own.any, make_address(text, from, &own)) == 0);
	}
	CHECK_SAY(connect(fd, &address.any, size) == 0, "%s: %s", text, strerror(errno));
	return fd;
}

static uint16_t port_of(int fd, int (*name)(int fd, struct sockaddr *address, socklen_t *size)) {
	union address address;
	socklen_t size = sizeof address;
	CHECK(name(fd, &address.any, &size) == 0);
	return ntohs(address.v4.sin_port);
}

static void leave(int fd, enum after after) {
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	static const char canned[] = "RFB 003.008\n\1\1";
	CHECK(write(fd, canned, sizeof canned) == sizeof canned);
	if (after == HALF_CLOSES)
		CHECK(shutdown(fd, SHUT_WR) == 0);
	if (after == RESETS)
		CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
	if (after == CLOSES || after == RESETS)
		close(fd);
}

/* A process of that user connects and does this with its socket. Returns when that is done. The process ends
 * when `hold` is closed. */
static pid_t somebody_connects(const char *text, uint16_t port, uid_t uid, enum after after, int *hold) {
	int done[2], wait[2];
	char byte;
	CHECK(pipe2(done, O_CLOEXEC) == 0 && pipe2(wait, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(wait[1]);
		CHECK(uid == geteuid() || setresuid(uid, uid, uid) == 0);
		leave(connect_from(text, port, 0), after);
		CHECK(write(done[1], "", 1) == 1);
		_exit(read(wait[0], &byte, 1) != 0);
	}
	close(done[1]);
	close(wait[0]);
	CHECK(read(done[0], &byte, 1) == 1);
	close(done[0]);
	*hold = wait[1];
	return pid;
}

static void ends(pid_t pid) {
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Finds the user of that connection. *fd: the accepted end; NULL: it is not wanted. */
static int find(const char *listening, const char *to, uid_t uid, enum after after, struct local_user *user,
	struct reason *reason) {
	uint16_t port = 0;
	int hold, listener = listen_at(listening, &port);
	CHECK_SAY(listener >= 0, "%s", listening);
	pid_t pid = somebody_connects(to, port, uid, after, &hold);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(fd >= 0);
	*user = (struct local_user){true, 4711};
	int error = local_user_find(fd, user, reason);
	close(hold);
	ends(pid);
	close(fd);
	close(listener);
	return error;
}

static bool has_ipv6(void) {
	uint16_t port = 0;
	int fd = listen_at("::1", &port);
	close(fd);
	return fd >= 0;
}

/* Where the server listens, and to which address the client connects. */
static const struct way {
	const char *listening, *to;
} ways[] = {
	{"127.0.0.1", "127.0.0.1"},
	{"0.0.0.0", "127.1.2.3"},
	{"127.0.0.1", "::ffff:127.0.0.1"},
	{"::1", "::1"},
	{"::", "127.0.0.1"},
	{"::", "::ffff:127.0.0.1"},
	{"::", "::1"},
};

static void whose(uid_t uid) {
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const struct way *way = &ways[i];
		struct local_user user;
		struct reason reason = {""};
		if (strchr(way->listening, ':') && !has_ipv6())
			continue;
		CHECK_SAY(find(way->listening, way->to, uid, STAYS, &user, &reason) == 0, "%s to %s: %s",
			way->to, way->listening, reason.text);
		CHECK_SAY(user.known && user.uid == uid, "%s to %s: uid %u", way->to, way->listening,
			(unsigned)user.uid);
		for (int after = CLOSES; after <= HALF_CLOSES; after++) {
			int error = find(way->listening, way->to, uid, (enum after)after, &user, &reason);
			CHECK_SAY(error == -ENOTCONN && !user.known && reason.text[0],
				"%s to %s, left in way %d: %d", way->to, way->listening, after, error);
		}
	}
}

static void whose_unix_socket(uid_t uid) {
	char path[100];
	snprintf(path, sizeof path, "%s/socket", folder);
	union address address;
	socklen_t size = make_address(path, 0, &address);
	int hold, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(listener, &address.any, size) == 0 && listen(listener, 8) == 0);
	CHECK(chmod(folder, 0755) == 0 && chmod(path, 0666) == 0);
	pid_t pid = somebody_connects(path, 0, uid, STAYS, &hold);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct local_user user;
	CHECK(local_user_find(fd, &user, NULL) == 0 && user.known && user.uid == uid);
	close(fd);
	close(hold);
	ends(pid);
	close(listener);
	unlink(path);
}

static void whose_pair(void) {
	int pair[2];
	struct local_user user;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(local_user_find(pair[0], &user, NULL) == 0 && user.known && user.uid == geteuid());
	close(pair[0]);
	close(pair[1]);
	CHECK(local_user_find(-1, &user, NULL) == -ENOTCONN && !user.known);
}

/* A socket that is bound to the interface is found all the same. */
static void bound_to_interface(void) {
	uint16_t port = 0;
	union address address;
	int listener = listen_at("127.0.0.1", &port), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct local_user user;
	CHECK(setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	CHECK(connect(client, &address.any, make_address("127.0.0.1", port, &address)) == 0);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(local_user_find(fd, &user, NULL) == 0 && user.known && user.uid == geteuid());
	close(fd);
	close(client);
	close(listener);
}

/* Exactly the bytes that the process has not read, although its kernel acknowledged them long ago. For a unix
 * socket and for a process on another machine, nobody tells. */
static void what_it_has_not_read(void) {
	uint16_t port = 0;
	char bytes[5000] = {0};
	int listener = listen_at("127.0.0.1", &port), client = connect_from("127.0.0.1", port, 0), pair[2];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(local_user_unread(fd) == 0);
	CHECK(send(fd, bytes, sizeof bytes, 0) == sizeof bytes && local_user_unread(fd) == sizeof bytes);
	CHECK(recv(client, bytes, 4321, MSG_WAITALL) == 4321 && local_user_unread(fd) == sizeof bytes - 4321);
	leave(client, RESETS);
	CHECK(local_user_unread(fd) == -ENOTCONN);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
		local_user_unread(pair[0]) < 0);
	close(pair[0]);
	close(pair[1]);
	close(fd);
	close(listener);
}

/* What the kernel says about a connection that is gone must not be taken for its successor, which has the
 * same addresses and ports. */
static void a_later_one_from_the_same_port(void) {
	uint16_t port = 0;
	struct local_user user;
	int listener = listen_at("127.0.0.1", &port), first = connect_from("127.0.0.1", port, 0);
	uint16_t from = port_of(first, getsockname);
	leave(first, RESETS);
	int second = connect_from("127.0.0.1", port, from);
	int of_first = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int of_second = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(local_user_find(of_first, &user, NULL) == -ENOTCONN && !user.known);
	CHECK(local_user_find(of_second, &user, NULL) == 0 && user.uid == geteuid());
	close(of_first);
	close(of_second);
	close(second);
	close(listener);
}

static void probes(void) {
	static const char *const addresses[] = {"127.0.0.1", "0.0.0.0", "::1", "::"};
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		uint16_t port = 0;
		struct reason reason = {""};
		int fd = listen_at(addresses[i], &port);
		if (fd >= 0)
			CHECK_SAY(local_user_probe(fd, &reason) == 0, "%s: %s", addresses[i], reason.text);
		close(fd);
	}
}

/* --- if the kernel does not tell: each in a process of its own --- */

struct connection {
	int listener, client, fd;
};

static struct connection connection(uint16_t port, uint16_t from) {
	struct connection made;
	made.listener = listen_at("127.0.0.1", &port);
	made.client = connect_from("127.0.0.1", port, from);
	made.fd = accept4(made.listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(made.fd >= 0);
	return made;
}

/* False: it could not be tried. */
static bool in_a_process(void (*test)(void)) {
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		test();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
	return WEXITSTATUS(status) == 0;
}

static void expect_not_told(const struct connection *made, const char *remedy) {
	struct local_user user;
	struct reason reason = {""};
	CHECK(local_user_find(made->fd, &user, &reason) == -EOPNOTSUPP && !user.known);
	CHECK_SAY(strstr(reason.text, remedy), "%s", reason.text);
	CHECK(local_user_probe(made->listener, &reason) == -EOPNOTSUPP && strstr(reason.text, remedy));
}

static void without_netlink(void) {
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {ARRAY_LEN(rules), rules};
	struct connection made = connection(0, 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
	expect_not_told(&made, "AF_NETLINK");
}

/* The sockets were passed on by a process in another network namespace. The kernel answers as if tcp_diag
 * were missing, or with the owner of a connection in this namespace that has the same addresses and ports. */
static void from_another_network(void) {
	struct connection made = connection(0, 0), twin;
	struct local_user user;
	CHECK(unshare(CLONE_NEWNET) == 0);
	expect_not_told(&made, "tcp_diag");
	expect_not_told(&made, "namespace");
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	close(fd);
	twin = connection(port_of(made.fd, getsockname), port_of(made.fd, getpeername));
	CHECK(local_user_find(twin.fd, &user, NULL) == 0 && user.known);
	CHECK(local_user_find(made.fd, &user, NULL) == -ENOTCONN && !user.known);
}

static void write_map(const char *map) {
	int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map));
	close(fd);
}

/* In a container root is known, and all other users look the same. */
static void in_a_user_namespace(void) {
	uint16_t port = 0;
	int hold, listener = listen_at("127.0.0.1", &port);
	struct local_user user;
	struct reason reason = {""};
	pid_t pid = somebody_connects("127.0.0.1", port, NOBODY, STAYS, &hold);
	int of_nobody = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int client = connect_from("127.0.0.1", port, 0);
	int of_root = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(77);
	write_map("0 0 1\n");
	CHECK(local_user_find(of_root, &user, NULL) == 0 && user.known && user.uid == 0);
	CHECK(local_user_find(of_nobody, &user, &reason) == -ENOTCONN && !user.known);
	CHECK_SAY(strstr(reason.text, "container"), "%s", reason.text);
	close(client);
	close(hold);
	ends(pid);
}

static void becomes_nobody(void) {
	if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(77);
}

int main(void) {
	CHECK(mkdtemp(folder));
	bool two_users = in_a_process(becomes_nobody);
	probes();
	whose_pair();
	bound_to_interface();
	what_it_has_not_read();
	a_later_one_from_the_same_port();
	whose(geteuid());
	whose_unix_socket(geteuid());
	in_a_process(without_netlink);
	if (two_users) {
		whose(NOBODY);
		whose_unix_socket(NOBODY);
		in_a_process(from_another_network);
	}
	bool namespaces = THREADS_OF_OTHERS || (two_users && in_a_process(in_a_user_namespace));
	rmdir(folder);
	if (!two_users)
		SKIP("two users and other namespaces take root; what this user may try was tried");
	if (!namespaces)
		SKIP("no user namespace can be made here; all else was tried");
	return 0;
}
