/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_names: what this machine is called and by which addresses it is reached, for its own certificate. As
 * far as the machine knows by itself: nobody else is asked.
 */
#ifndef ZEROVNC_HOST_NAMES_H
#define ZEROVNC_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

enum { HOST_NAMES_MAX = 8, HOST_NAMES_MAX_ADDRESSES = 64, HOST_NAMES_SIZE = 254 };

/* As certificates have it: 4 or 16 bytes. */
struct host_address {
	uint8_t bytes[16];
	unsigned size;
};

struct host_names {
	char names[HOST_NAMES_MAX][HOST_NAMES_SIZE]; /* the host's own first, "localhost" last */
	size_t name_count;
	struct host_address addresses[HOST_NAMES_MAX_ADDRESSES]; /* both loopbacks first */
	size_t address_count;
};

/* The host's name (with and without its domain, that which /etc/hosts gives, and as mDNS has it), and the
 * addresses of all interfaces, but for those that come and go by themselves: link-local and temporary ones of
 * IPv6. */
void host_names_read(struct host_names *names);

/* Adds the names of `host`, which `hosts` (a file as hosts(5) has it; NULL: none) may know with a domain.
 * What is no DNS name is left out. */
void host_names_add_host(struct host_names *names, const char *host, FILE *hosts);

/* False: it is no IP address. */
bool host_address_from(const struct sockaddr *address, struct host_address *result);

#endif
