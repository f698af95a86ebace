/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "server/printable.h"

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

void endpoint_peer_name(int fd, char *text, size_t size) {
	union address address = {0};
	socklen_t length = sizeof address;
	getpeername(fd, &address.any, &length);
	unmap(&address);
	/* a client that comes in through a unix socket may have chosen any bytes for its own address */
	char name[sizeof address.local.sun_path + 16];
	format(&address, name, sizeof name);
	printable_quoted(text, size, name, '"');
}

void endpoint_peer_host(int fd, char *text, size_t size) {
	union address address = {0};
	socklen_t length = sizeof address;
	getpeername(fd, &address.any, &length);
	unmap(&address);
	bool is_ip = address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6;
	length = address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
	if (!is_ip || getnameinfo(&address.any, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
		snprintf(text, size, "localhost");
}

void endpoint_own_name(int fd, char *text, size_t size) {
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

bool endpoint_is_loopback(const struct sockaddr *address, socklen_t size) {
	union address copy = {0};
	memcpy(&copy, address, size);
	return is_loopback(&copy);
}

bool endpoint_is_exposed(int fd) {
	union address address = {0};
	socklen_t length = sizeof address;
	getsockname(fd, &address.any, &length);
	if (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6)
		return !is_loopback(&address);
	return address.any.sa_family != AF_UNIX;
}

bool endpoint_is_tcp(int fd) {
	int family = AF_UNSPEC;
	socklen_t size = sizeof family;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	return family == AF_INET || family == AF_INET6;
}
