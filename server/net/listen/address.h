/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listen_address: a TCP address as --listen takes it, in words. */
#ifndef ZEROVNC_LISTEN_ADDRESS_H
#define ZEROVNC_LISTEN_ADDRESS_H

#include <stdbool.h>

#include "capture/base/reason.h"

struct listen_address {
	char host[256]; /* a name or an address, without brackets */
	char port[6];
	bool any;      /* all addresses of this machine */
	bool loopback; /* only a port was given: 127.0.0.1 and ::1 */
};

/* Parses "ADDR:PORT", "[ADDR6]:PORT", ":PORT" or "*:PORT" (all addresses), or "PORT" (this machine only).
 * Returns 0, or -EINVAL with a reason that shows the right spelling if it can be guessed. */
int listen_address_parse(const char *what, struct listen_address *address, struct reason *reason);

#endif
