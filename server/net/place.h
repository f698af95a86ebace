/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place: where clients come from, as far as wrong passwords and shares are concerned. Pure; any thread.
 *
 * A place is a user of this machine if the kernel tells which one, an IPv4 address, or an IPv6 /64, because a
 * host usually owns a whole /64. If the user is not known, all of 127.0.0.0/8 and ::1 are one place.
 *
 * Addresses are cheap, so there are also the networks around a place: the /24 for IPv4, the /56 and /48 for
 * IPv6, and the whole link for addresses of a link.
 */
#ifndef ZEROVNC_PLACE_H
#define ZEROVNC_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Its kind, then the bytes that identify it, those of the widest network first. Compared as a whole. */
struct place {
	uint8_t bytes[9];
};

struct place place_of_address(const struct sockaddr *address);
struct place place_of_user(uid_t uid);
bool place_same(const struct place *one, const struct place *other);
bool place_is_user(const struct place *place);

/* The number of leading bytes that identify a network around the place: level 0 is the place itself, level 1
 * the smallest network around it. Returns 0 if there is no such level. */
size_t place_network(const struct place *place, unsigned level);

#endif
