/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/net/listen_address.h"
#include "server/net/listener_state.h"
#include "server/printable.h"

enum { FIRST_PASSED_FD = 3 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage room;
};

/* A socket of both families reports IPv4 addresses mapped into IPv6. For people and rules they are IPv4. */
static void unmap(union address *address) {
	if (address->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
		return;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = address->v6.sin6_port};
	memcpy(&v4.sin_addr, address->v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
	address->v4 = v4;
}

static void format(const union address *address, char *text, size_t size) {
	char number[INET6_ADDRSTRLEN] = "";
	switch (address->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &address->v4.sin_addr, number, sizeof number);
		snprintf(text, size, "%s:%u", number, ntohs(address->v4.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &address->v6.sin6_addr, number, sizeof number);
		snprintf(text, size, "[%s]:%u", number, ntohs(address->v6.sin6_port));
		break;
	case AF_UNIX:
		snprintf(text, size, "unix%s%.*s", address->local.sun_path[0] ? ":" : "",
			(int)sizeof address->local.sun_path, address->local.sun_path);
		break;
	default:
		snprintf(text, size, "socket");
	}
}

void listener_peer_name(int fd, char *text, size_t size) {
	union address address = {0};
	socklen_t length = sizeof address;
	getpeername(fd, &address.any, &length);
	unmap(&address);
	/* a client that comes in through a unix socket may have chosen any bytes for its own address */
	char name[sizeof address.local.sun_path + 16];
	format(&address, name, sizeof name);
	printable_quoted(text, size, name, '"');
}

void listener_peer_host(int fd, char *text, size_t size) {
	union address address = {0};
	socklen_t length = sizeof address;
	getpeername(fd, &address.any, &length);
	unmap(&address);
	bool is_ip = address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6;
	length = address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
	if (!is_ip || getnameinfo(&address.any, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
		snprintf(text, size, "localhost");
}

void listener_own_name(int fd, char *text, size_t size) {
	union address address = {0};
	socklen_t length = sizeof address;
	getsockname(fd, &address.any, &length);
	format(&address, text, size);
}

static bool is_loopback(const union address *address) {
	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	const struct in6_addr *in6 = &address->v6.sin6_addr;
	return IN6_IS_ADDR_V4MAPPED(in6) ? in6->s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(in6);
}

static bool is_exposed(int fd) {
	union address address = {0};
	socklen_t length = sizeof address;
	getsockname(fd, &address.any, &length);
	if (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6)
		return !is_loopback(&address);
	return address.any.sa_family != AF_UNIX;
}

static bool is_tcp(int fd) {
	int family = AF_UNSPEC;
	socklen_t size = sizeof family;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	return family == AF_INET || family == AF_INET6;
}

struct listener_socket *listener_add(struct listener_sockets *sockets, int fd) {
	struct listener_socket *list = realloc(sockets->list, (sockets->count + 1) * sizeof *sockets->list);
	if (!list)
		return NULL;
	sockets->list = list;
	struct listener_socket *socket = &list[sockets->count++];
	memset(socket, 0, sizeof *socket);
	socket->fd = fd;
	socket->exposed = is_exposed(fd);
	socket->loopback = !socket->exposed && is_tcp(fd);
	listener_own_name(fd, socket->address, sizeof socket->address);
	return socket;
}

static void remove_path(struct listener_socket *socket) {
	unlink(socket->path);
	if (!socket->folder_made)
		return;
	*strrchr(socket->path, '/') = 0;
	rmdir(socket->path); /* fails if there is something else in it */
}

static void remove_from(struct listener_sockets *sockets, size_t keep) {
	while (sockets->count > keep) {
		struct listener_socket *socket = &sockets->list[--sockets->count];
		if (socket->fd >= 0)
			close(socket->fd);
		if (socket->path[0])
			remove_path(socket);
	}
}

void listener_close(struct listener_sockets *sockets) {
	remove_from(sockets, 0);
	free(sockets->list);
	sockets->list = NULL;
}

int listener_explain(int error, const char *what, struct reason *reason) {
	const char *remedy = "";
	switch (error) {
	case -EADDRINUSE:
		remedy = ": something else listens there; stop it or choose another with --listen=ADDR:PORT";
		break;
	case -EACCES:
		remedy =
			": ports below 1024 need root (or CAP_NET_BIND_SERVICE), and a unix socket needs a folder that may be written to";
		break;
	case -EROFS:
		remedy = ": the systemd unit lets it make sockets in /run/zerovnc only";
		break;
	case -EADDRNOTAVAIL:
		remedy = ": this machine has no such address";
		break;
	case -EAFNOSUPPORT:
		remedy = ": this machine does not speak that protocol";
		break;
	}
	return reason_set(reason, error, "cannot listen on %s: %s%s", what, strerror(-error), remedy);
}

/* --- TCP --- */

/* The address may appear later than the server: by DHCP, a VPN, a failover. A loopback address does not. */
static bool may_come(const struct addrinfo *info) {
	union address address = {0};
	memcpy(&address, info->ai_addr, info->ai_addrlen);
	return !is_loopback(&address);
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
	if (!error && listen(fd, LISTENER_BACKLOG))
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
			remove_from(sockets, before);
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
	remove_from(sockets, before);
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

/* The number of sockets that systemd passed to this very process. */
static int passed_count(void) {
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	if (!pid || !count || atol(pid) != (long)getpid())
		return 0;
	int number = atoi(count);
	return number > 0 && number < 64 ? number : 0;
}

static int open_systemd(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	int count = passed_count();
	if (!count)
		return reason_set(reason, -ENOENT,
			"--listen=%s: systemd passed no socket; start it through its .socket unit", what);
	size_t before = sockets->count;
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + count; fd++) {
		int error = adopt(fd, what, sockets, reason);
		if (error) {
			remove_from(sockets, before);
			return error;
		}
	}
	unsetenv("LISTEN_PID"); /* they are taken now */
	return 0;
}

int listener_check(const char *what, struct reason *reason) {
	struct listen_address address;
	if (strncmp(what, "unix:", 5) == 0)
		return listener_check_unix(what, reason);
	if (strncmp(what, "fd:", 3) == 0) {
		int fd = parse_fd(what, reason);
		return fd < 0 ? fd : 0;
	}
	return strcmp(what, "systemd") == 0 ? 0 : listen_address_parse(what, &address, reason);
}

int listener_open(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	if (strncmp(what, "unix:", 5) == 0)
		return listener_open_unix(what, sockets, reason);
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
	int error = wish->socket_group ? listener_set_group(sockets, wish->socket_group, &reason) : 0;
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
	if (passed_count())
		return open_systemd("systemd", sockets, reason);
	int error = open_loopback("5900", sockets, reason);
	if (!error)
		error = listener_open_default_unix(sockets, sockets->grouped ? reason : skipped);
	if (error && skipped->text[0])
		return 0;
	if (error)
		remove_from(sockets, before);
	return error;
}
