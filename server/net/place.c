/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* The first byte of a place: places of one kind sort next to each other. */
enum kind { OTHER, LOOPBACK, USER, IPV4, IPV6, LINK };

enum { MAX_LEVELS = 3 };

/* How many leading bytes identify the place itself, and then wider and wider networks around it. */
static const uint8_t sizes[][MAX_LEVELS] = {
	[OTHER] = {1},
	[LOOPBACK] = {1},
	[USER] = {5},
	[IPV4] = {5, 4},
	[IPV6] = {9, 8, 7},
	[LINK] = {9, 1},
};

static struct place of_ipv4(const uint8_t *address) {
	struct place place = {{IPV4}};
	if (address[0] == 127)
		place.bytes[0] = LOOPBACK;
	else
		memcpy(place.bytes + 1, address, 4);
	return place;
}

/* All neighbours on a link share one /64, so the other half of the address identifies them. */
static struct place of_ipv6(const struct in6_addr *address) {
	/* RFC 6052: IPv4 addresses behind a translator */
	static const uint8_t translated[12] = {0, 0x64, 0xff, 0x9b};
	struct place place = {{IPV6}};
	if (IN6_IS_ADDR_V4MAPPED(address) || memcmp(address, translated, sizeof translated) == 0)
		return of_ipv4(address->s6_addr + 12);
	bool link = IN6_IS_ADDR_LINKLOCAL(address);
	place.bytes[0] = IN6_IS_ADDR_LOOPBACK(address) ? LOOPBACK : link ? LINK : IPV6;
	if (place.bytes[0] != LOOPBACK)
		memcpy(place.bytes + 1, address->s6_addr + (link ? 8 : 0), 8);
	return place;
}

struct place place_of_address(const struct sockaddr *address) {
	if (address->sa_family == AF_INET)
		return of_ipv4((const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr);
	if (address->sa_family == AF_INET6)
		return of_ipv6(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return (struct place){{OTHER}};
}

struct place place_of_user(uid_t uid) {
	struct place place = {{USER}};
	uint32_t number = htonl(uid);
	memcpy(place.bytes + 1, &number, sizeof number);
	return place;
}

bool place_same(const struct place *one, const struct place *other) {
	return memcmp(one, other, sizeof *one) == 0;
}

bool place_is_user(const struct place *place) {
	return place->bytes[0] == USER;
}

size_t place_network(const struct place *place, unsigned level) {
	return level < MAX_LEVELS ? sizes[place->bytes[0]][level] : 0;
}
