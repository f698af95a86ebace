/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_names: the names and addresses of this machine, for its own certificate. Only what the machine itself
 * knows: nobody else is asked.
 */
#ifndef ZEROVNC_HOST_NAMES_H
#define ZEROVNC_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

enum { HOST_NAMES_MAX = 8, HOST_NAMES_MAX_ADDRESSES = 64, HOST_NAMES_SIZE = 254 };

/* as in certificates: 4 or 16 bytes */
struct host_address {
	uint8_t bytes[16];
	unsigned size;
};

struct host_names {
	char names[HOST_NAMES_MAX][HOST_NAMES_SIZE]; /* the host's own first, "localhost" last */
	size_t name_count;
	struct host_address addresses[HOST_NAMES_MAX_ADDRESSES]; /* both loopback addresses first */
	size_t address_count;
};

/* Reads the host's names (with and without its domain, the one that /etc/hosts gives, and the mDNS name) and
 * the addresses of all interfaces, except those that come and go by themselves: link-local and temporary IPv6
 * addresses. */
void host_names_read(struct host_names *names);

/* Adds the names of `host`. `hosts`, a file in the format of hosts(5) or NULL for none, may know it with a
 * domain. Anything that is not a DNS name is left out. */
void host_names_add_host(struct host_names *names, const char *host, FILE *hosts);

/* Returns false if it is not an IP address. */
bool host_address_from(const struct sockaddr *address, struct host_address *result);

#endif
