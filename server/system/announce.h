/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: tells the local network where viewers find this server, as the service _rfb._tcp of mDNS (RFC
 * 6762, 6763), through the system's Avahi. If another machine has a service of that name, it gets another
 * name. If Avahi is not there, or is started again, it is told when it comes. When the server ends, however
 * it ends, Avahi takes the service back.
 *
 * Only built where libsystemd is, whose sd-bus speaks D-Bus; otherwise there is only a reason. Loop thread.
 */
#ifndef ZEROVNC_ANNOUNCE_H
#define ZEROVNC_ANNOUNCE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "capture/base/reason.h"

struct announce;

/* Where viewers can connect. */
struct announce_place {
	int interface; /* its number; -1: all */
	int family;    /* AF_INET, AF_INET6 */
	uint16_t port;
};

enum { ANNOUNCE_PLACES = 16 };

/* The list of places for sockets that listen, of which those are left out that only this machine can reach.
 * `fds` are borrowed. Returns how many there are. */
size_t announce_find_places(const int *fds, size_t count, struct announce_place places[ANNOUNCE_PLACES]);

/* Announces this name, in UTF-8, at these places. 0, or -errno with a reason: there is no D-Bus, or this was
 * built without libsystemd. */
int announce_create(uv_loop_t *loop, const char *name, const struct announce_place *places, size_t count,
	struct announce **announce, struct reason *reason);

/* Another name from now on. */
void announce_rename(struct announce *announce, const char *name);

/* Closes its handles on the loop: run it once more. Takes NULL. */
void announce_destroy(struct announce *announce);

#endif
