/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/local_user.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOPBACK_INTERFACE = 1 }; /* "lo", in every network namespace (the kernel's LOOPBACK_IFINDEX) */

/* One end of a TCP connection. IPv4 is mapped into IPv6, because a socket of either family may carry IPv4. */
struct end {
	struct in6_addr address;
	in_port_t port;     /* big-endian */
	uint32_t interface; /* the interface of a link-local address; 0: any */
};

/* --- ends --- */

static void map(const void *ipv4, struct in6_addr *address) {
	*address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
	memcpy(address->s6_addr + 12, ipv4, 4);
}

static bool end_from(const struct sockaddr_storage *from, struct end *end) {
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	memset(end, 0, sizeof *end);
	if (from->ss_family == AF_INET) {
		map(&v4->sin_addr, &end->address);
		end->port = v4->sin_port;
	} else if (from->ss_family == AF_INET6) {
		end->address = v6->sin6_addr;
		end->port = v6->sin6_port;
		end->interface = v6->sin6_scope_id;
	} else {
		return false;
	}
	return true;
}

static bool same_address(const struct end *a, const struct end *b) {
	return memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

static bool is_ipv4(const struct end *end) {
	return IN6_IS_ADDR_V4MAPPED(&end->address);
}

static bool is_loopback(const struct end *end) {
	return is_ipv4(end) ? end->address.s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(&end->address);
}

/* --- the kernel's answer --- */

static int open_diag(void) {
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&kernel, sizeof kernel) == 0) /* nobody else may answer */
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

static void put_end(const struct end *end, bool ipv4, __be32 *address, __be16 *port) {
	if (ipv4)
		memcpy(address, end->address.s6_addr + 12, 4);
	else
		memcpy(address, &end->address, sizeof end->address);
	*port = end->port;
}

static bool is_end(const struct end *end, uint8_t family, const __be32 *address, __be16 port) {
	struct end answered = {0};
	if (family == AF_INET)
		map(address, &answered.address);
	else
		memcpy(&answered.address, address, sizeof answered.address);
	return port == end->port && same_address(&answered, end);
}

/* Asks for the socket whose own end is `own` and whose other end is `other`. If there is none, the kernel
 * looks for a socket that listens at `own`. */
static int ask(int diag, const struct end *own, const struct end *other, struct inet_diag_msg *answer) {
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} question = {
		.head = {.nlmsg_len = sizeof question,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST},
		.body = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX},
	};
	union {
		struct nlmsghdr head;
		uint8_t room[4096];
	} reply;
	bool ipv4 = is_ipv4(own);
	struct inet_diag_sockid *id = &question.body.id;
	question.body.sdiag_family = ipv4 ? AF_INET : AF_INET6;
	put_end(own, ipv4, id->idiag_src, &id->idiag_sport);
	put_end(other, ipv4, id->idiag_dst, &id->idiag_dport);
	/* a socket that is bound to an interface is found only by that interface, any other one whatever is
	 * given here */
	id->idiag_if = own->interface ? own->interface : LOOPBACK_INTERFACE;
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (send(diag, &question, sizeof question, 0) < 0)
		return -errno;
	ssize_t size = recv(diag, &reply, sizeof reply, MSG_DONTWAIT);
	if (size < 0)
		return -errno;
	if (!NLMSG_OK(&reply.head, (size_t)size))
		return -EPROTO;
	size_t body = NLMSG_PAYLOAD(&reply.head, 0);
	if (reply.head.nlmsg_type == NLMSG_ERROR && body >= sizeof(struct nlmsgerr)) {
		int error = ((const struct nlmsgerr *)NLMSG_DATA(&reply.head))->error;
		return error < 0 ? error : -EPROTO;
	}
	if (reply.head.nlmsg_type != SOCK_DIAG_BY_FAMILY || body < sizeof *answer)
		return -EPROTO;
	memcpy(answer, NLMSG_DATA(&reply.head), sizeof *answer);
	return 0;
}

/* A socket that its process has closed (inode 0) has no owner any more, and is reported as root's. */
static bool is_open_between(
	const struct inet_diag_msg *answer, const struct end *own, const struct end *other) {
	return answer->idiag_state == TCP_ESTABLISHED && answer->idiag_inode &&
	       is_end(own, answer->idiag_family, answer->id.idiag_src, answer->id.idiag_sport) &&
	       is_end(other, answer->idiag_family, answer->id.idiag_dst, answer->id.idiag_dport);
}

/* --- user namespaces --- */

static unsigned long read_number(const char *path, unsigned long otherwise) {
	unsigned long number;
	FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%lu", &number) != 1)
		number = otherwise;
	if (file)
		fclose(file);
	return number;
}

bool local_user_knows_all(void) {
	unsigned long long inside, outside, count, sum = 0;
	FILE *file = fopen("/proc/self/uid_map", "re");
	if (!file)
		return false;
	while (fscanf(file, "%llu %llu %llu", &inside, &outside, &count) == 3)
		sum += count;
	fclose(file);
	return sum == UINT32_MAX;
}

/* In a user namespace (a rootless container), all users without a number there are reported with the same
 * number. */
static int settle(struct local_user *user, uid_t uid, struct reason *reason) {
	enum { OVERFLOW_UID = 65534 };
	if (uid == (uid_t)-1)
		return reason_set(reason, -ENOTCONN, "the kernel has noted no user for this socket");
	if (uid == read_number("/proc/sys/kernel/overflowuid", OVERFLOW_UID) && !local_user_knows_all())
		return reason_set(reason, -ENOTCONN,
			"uid %u stands for every user that this container (user namespace) does not know",
			(unsigned)uid);
	*user = (struct local_user){true, uid};
	return 0;
}

/* --- finding --- */

static int find_unix(int fd, struct local_user *user, struct reason *reason) {
	struct ucred credentials;
	socklen_t size = sizeof credentials;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
		return reason_set(reason, -errno, "SO_PEERCRED: %s", strerror(errno));
	return settle(user, credentials.uid, reason);
}

static int not_told(int error, struct reason *reason) {
	if (error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS || error == -EAGAIN)
		return reason_set(reason, error, "the kernel cannot be asked now: %s", strerror(-error));
	if (error == -ENOENT)
		return reason_set(reason, -EOPNOTSUPP,
			"the kernel does not tell which user owns a connection: load its module tcp_diag (modprobe tcp_diag), and open the sockets in this process's network namespace");
	return reason_set(reason, -EOPNOTSUPP,
		"the kernel does not tell which user owns a connection (netlink: %s): let this process use AF_NETLINK (RestrictAddressFamilies=, SystemCallFilter=, a container's seccomp profile)",
		strerror(-error));
}

/* Our own end is asked for last. If the answer is this very socket, then the kernel speaks about this network
 * namespace, and the connection still existed when the other end was asked for: that end was not a later
 * connection from the same port. */
static int is_own_end(
	int diag, int fd, const struct end *ours, const struct end *theirs, struct reason *reason) {
	struct inet_diag_msg answer;
	struct stat status;
	int error = fstat(fd, &status) ? -errno : ask(diag, ours, theirs, &answer);
	if (error)
		return not_told(error, reason);
	if (!is_open_between(&answer, ours, theirs) || answer.idiag_inode != (uint32_t)status.st_ino)
		return reason_set(reason, -ENOTCONN, "the other side has closed the connection");
	return 0;
}

static int find_tcp(int diag, int fd, const struct end *ours, const struct end *theirs,
	struct inet_diag_msg *answer, struct reason *reason) {
	int missing = ask(diag, theirs, ours, answer);
	int error = is_own_end(diag, fd, ours, theirs, reason);
	if (error)
		return error;
	if (missing && missing != -ENOENT)
		return not_told(missing, reason);
	if (missing || !is_open_between(answer, theirs, ours))
		return reason_set(reason, -ENOTCONN, "nobody on this machine holds the other end open");
	return 0;
}

/* Asks what the kernel knows about the other end's socket. */
static int ask_other_end(int fd, struct inet_diag_msg *answer, struct reason *reason) {
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_size = sizeof here, there_size = sizeof there;
	struct end ours, theirs;
	if (getsockname(fd, (struct sockaddr *)&here, &here_size) ||
		getpeername(fd, (struct sockaddr *)&there, &there_size))
		return reason_set(reason, -ENOTCONN, "%s", strerror(errno));
	if (!end_from(&here, &ours) || !end_from(&there, &theirs))
		return reason_set(reason, -ENOTCONN, "it is neither TCP nor a unix socket");
	if (!is_loopback(&ours) && !is_loopback(&theirs) && !same_address(&ours, &theirs))
		return reason_set(reason, -ENOTCONN, "it comes from another machine");
	int diag = open_diag();
	if (diag < 0)
		return not_told(diag, reason);
	int error = find_tcp(diag, fd, &ours, &theirs, answer, reason);
	close(diag);
	return error;
}

int local_user_find(int fd, struct local_user *user, struct reason *reason) {
	struct inet_diag_msg answer;
	int domain = 0;
	*user = (struct local_user){false, 0};
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof domain}) == 0 &&
		domain == AF_UNIX)
		return find_unix(fd, user, reason);
	int error = ask_other_end(fd, &answer, reason);
	return error ? error : settle(user, answer.idiag_uid, reason);
}

int64_t local_user_unread(int fd) {
	struct inet_diag_msg answer;
	struct reason unused;
	int error = ask_other_end(fd, &answer, &unused);
	return error ? error : (int64_t)answer.idiag_rqueue;
}

int local_user_probe(int listening, struct reason *reason) {
	struct sockaddr_storage here = {0};
	socklen_t size = sizeof here;
	struct end ours, nobody = {0};
	struct inet_diag_msg answer;
	if (getsockname(listening, (struct sockaddr *)&here, &size) || !end_from(&here, &ours))
		return reason_set(reason, -ENOTCONN, "it is no TCP socket");
	if (is_ipv4(&ours))
		map(&(uint32_t){0}, &nobody.address);
	int diag = open_diag();
	int error = diag < 0 ? diag : ask(diag, &ours, &nobody, &answer);
	if (diag >= 0)
		close(diag);
	return error ? not_told(error, reason) : 0;
}
