/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "server/net/endpoint.h"
#include "server/system/announce.h"

enum { ALL = -1, NONE = 0 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static bool is_same_host(const union address *one, const struct sockaddr *other) {
	if (!other || other->sa_family != one->any.sa_family)
		return false;
	if (other->sa_family == AF_INET)
		return ((const struct sockaddr_in *)other)->sin_addr.s_addr == one->v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)other)->sin6_addr, &one->v6.sin6_addr);
}

static bool is_any(const union address *address) {
	return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr == htonl(INADDR_ANY)
						 : IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

/* The number of the interface that has this address. NONE: it is not there yet. */
static int find_interface(const union address *address) {
	struct ifaddrs *all;
	int found = NONE;
	if (is_any(address))
		return ALL;
	if (getifaddrs(&all))
		return NONE;
	for (const struct ifaddrs *one = all; one && found == NONE; one = one->ifa_next)
		if (is_same_host(address, one->ifa_addr))
			found = (int)if_nametoindex(one->ifa_name);
	freeifaddrs(all);
	return found;
}

static bool read_place(int fd, struct announce_place *place) {
	union address address = {0};
	socklen_t size = sizeof address;
	if (!endpoint_is_tcp(fd) || !endpoint_is_exposed(fd) || getsockname(fd, &address.any, &size))
		return false;
	bool v4 = address.any.sa_family == AF_INET;
	*place = (struct announce_place){.interface = find_interface(&address),
		.family = address.any.sa_family,
		.port = ntohs(v4 ? address.v4.sin_port : address.v6.sin6_port)};
	return place->interface != NONE;
}

size_t announce_find_places(const int *fds, size_t count, struct announce_place places[ANNOUNCE_PLACES]) {
	size_t found = 0;
	for (size_t i = 0; i < count && found < ANNOUNCE_PLACES; i++)
		found += read_place(fds[i], &places[found]);
	return found;
}
