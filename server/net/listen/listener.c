/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/net/endpoint.h"
#include "server/net/listen/address.h"
#include "server/net/listen/unix.h"

enum { FIRST_PASSED_FD = 3 };

/* --- TCP --- */

/* The address may appear later than the server: by DHCP, a VPN, a failover. A loopback address does not. */
static bool may_come(const struct addrinfo *info) {
	return !endpoint_is_loopback(info->ai_addr, info->ai_addrlen);
}

/* `number`: the address was given as a number. Returns 0, 1 if this machine has no such address yet, or
 * -errno. */
static int bind_to(int fd, const struct addrinfo *info, bool number) {
	int yes = 1;
	if (!bind(fd, info->ai_addr, info->ai_addrlen))
		return 0;
	if (errno != EADDRNOTAVAIL || !number || !may_come(info))
		return -errno;
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes);
	else
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof yes);
	return bind(fd, info->ai_addr, info->ai_addrlen) ? -errno : 1;
}

static int listen_on(const struct addrinfo *info, bool number, struct listener_sockets *sockets) {
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int yes = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (info->ai_family == AF_INET6) /* otherwise "[::]" would take the port of "0.0.0.0" too */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
	int bound = bind_to(fd, info, number), error = bound < 0 ? bound : 0;
	if (!error && listen(fd, LISTEN_BACKLOG))
		error = -errno;
	struct listener_socket *added = error ? NULL : listener_add(sockets, fd);
	if (!added) {
		close(fd);
		return error ? error : -ENOMEM;
	}
	added->awaited = bound == 1;
	return 0;
}

static int open_found(const struct addrinfo *found, bool number, struct listener_sockets *sockets) {
	int error = -EADDRNOTAVAIL;
	size_t before = sockets->count;
	for (const struct addrinfo *info = found; info; info = info->ai_next) {
		int result = listen_on(info, number, sockets);
		/* a machine without IPv6 still serves a name that also has an IPv6 address */
		if (result && result != -EADDRNOTAVAIL && result != -EAFNOSUPPORT) {
			listener_close_after(sockets, before);
			return result;
		}
		if (!result)
			error = 0;
	}
	return error;
}

static int open_address(const struct listen_address *address, const char *what,
	struct listener_sockets *sockets, struct reason *reason) {
	const char *host = address->any ? NULL : address->host;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST}, *found;
	int failed = getaddrinfo(host, address->port, &hints, &found);
	bool number = failed != EAI_NONAME;
	if (!number) {
		hints.ai_flags = AI_PASSIVE;
		failed = getaddrinfo(host, address->port, &hints, &found);
	}
	if (failed)
		return reason_set(reason, -EINVAL, "--listen=%s: %s", what, gai_strerror(failed));
	int error = open_found(found, number, sockets);
	freeaddrinfo(found);
	return error ? listener_explain(error, what, reason) : 0;
}

/* Opens both loopback addresses, or the only one that exists. */
static int open_loopback(const char *port, struct listener_sockets *sockets, struct reason *reason) {
	struct listen_address address = {.host = "127.0.0.1"};
	char what[32];
	strcpy(address.port, port);
	snprintf(what, sizeof what, "127.0.0.1:%s", port);
	size_t before = sockets->count;
	int error = open_address(&address, what, sockets, reason);
	if (error)
		return error;
	strcpy(address.host, "::1");
	snprintf(what, sizeof what, "[::1]:%s", port);
	error = open_address(&address, what, sockets, reason);
	if (!error || listener_can_do_without(what, error, sockets))
		return 0;
	listener_close_after(sockets, before);
	return error;
}

static int open_tcp(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	struct listen_address address;
	int error = listen_address_parse(what, &address, reason);
	if (error)
		return error;
	return address.loopback ? open_loopback(address.port, sockets, reason)
				: open_address(&address, what, sockets, reason);
}

/* --- sockets that were passed to us --- */

/* 0 to 2 must stay in use, as libuv refuses to close them. A socket that was passed as one of them gets
 * another number. */
static int move_from_standard_streams(int fd) {
	if (fd > STDERR_FILENO)
		return fd;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), moved = -1;
	if (null >= 0)
		moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int error = moved >= 0 && dup2(null, fd) == fd ? 0 : -errno;
	if (error && moved >= 0)
		close(moved);
	if (null >= 0)
		close(null);
	return error ? error : moved;
}

static int adopt(int fd, const char *what, struct listener_sockets *sockets, struct reason *reason) {
	int type = 0, listening = 0;
	socklen_t size = sizeof type;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_STREAM)
		return reason_set(
			reason, -EINVAL, "--listen=%s: file descriptor %d is no stream socket", what, fd);
	size = sizeof listening;
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
	fd = move_from_standard_streams(fd);
	if (fd < 0)
		return reason_set(reason, fd, "--listen=%s: %s", what, strerror(-fd));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	struct listener_socket *socket = listener_add(sockets, fd);
	if (!socket)
		return -ENOMEM;
	socket->connected = !listening;
	return 0;
}

static int parse_fd(const char *what, struct reason *reason) {
	char *end;
	errno = 0;
	long fd = strtol(what + 3, &end, 10);
	if (errno || end == what + 3 || *end || fd < 0 || fd > 1 << 20)
		return reason_set(reason, -EINVAL, "--listen=%s: expected fd:N", what);
	return (int)fd;
}

static int open_fd(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	int fd = parse_fd(what, reason);
	return fd < 0 ? fd : adopt(fd, what, sockets, reason);
}

static int open_systemd(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	int count = listener_passed();
	if (!count)
		return reason_set(reason, -ENOENT,
			"--listen=%s: systemd passed no socket; start it through its .socket unit", what);
	size_t before = sockets->count;
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++) {
		int error = adopt(fd, what, sockets, reason);
		if (error) {
			listener_close_after(sockets, before);
			return error;
		}
		struct listener_socket *socket = &sockets->list[sockets->count - 1];
		socket->held = !socket->connected;
	}
	unsetenv("LISTEN_PID"); /* they are taken now */
	return 0;
}

int listener_check(const char *what, struct reason *reason) {
	struct listen_address address;
	if (strncmp(what, "unix:", 5) == 0)
		return listen_unix_check(what, reason);
	if (strncmp(what, "fd:", 3) == 0) {
		int fd = parse_fd(what, reason);
		return fd < 0 ? fd : 0;
	}
	return strcmp(what, "systemd") == 0 ? 0 : listen_address_parse(what, &address, reason);
}

int listener_open(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	if (strncmp(what, "unix:", 5) == 0)
		return listen_unix_open(what, sockets, reason);
	if (strncmp(what, "fd:", 3) == 0)
		return open_fd(what, sockets, reason);
	if (strcmp(what, "systemd") == 0)
		return open_systemd(what, sockets, reason);
	return open_tcp(what, sockets, reason);
}

bool listener_can_do_without(const char *what, int error, const struct listener_sockets *sockets) {
	bool no_ipv6 = error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT;
	return no_ipv6 && sockets->count && strncmp(what, "[::1]:", 6) == 0;
}

static int open_default(const struct listener_wish *wish, struct listener_sockets *sockets) {
	struct reason reason = {""}, skipped = {""};
	int error = listener_open_default(sockets, &skipped, &reason);
	if (error)
		return wish->failed(wish->context, "", error, true, &reason);
	if (skipped.text[0])
		wish->skipped(wish->context, skipped.text);
	return 0;
}

int listener_open_all(const struct listener_wish *wish, struct listener_sockets *sockets) {
	struct reason reason = {""};
	int error = wish->socket_group ? listen_unix_set_group(sockets, wish->socket_group, &reason) : 0;
	if (error)
		error = wish->failed(wish->context, "--socket-group", error, true, &reason);
	if (!error && !wish->listen_count)
		error = open_default(wish, sockets);
	for (size_t i = 0; i < wish->listen_count && !error; i++) {
		error = listener_open(wish->listen[i], sockets, &reason);
		bool needed = !listener_can_do_without(wish->listen[i], error, sockets);
		if (error)
			error = wish->failed(wish->context, wish->listen[i], error, needed, &reason);
	}
	return error;
}

/* TCP comes first: a server that got its port knows that no other server runs beside it which would take the
 * same unix socket for a stale one. */
int listener_open_default(struct listener_sockets *sockets, struct reason *skipped, struct reason *reason) {
	size_t before = sockets->count;
	skipped->text[0] = 0;
	if (listener_passed())
		return open_systemd("systemd", sockets, reason);
	int error = open_loopback("5900", sockets, reason);
	if (!error)
		error = listen_unix_open_default(sockets, sockets->grouped ? reason : skipped);
	if (error && skipped->text[0])
		return 0;
	if (error)
		listener_close_after(sockets, before);
	return error;
}
