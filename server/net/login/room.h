/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room: makes room for new connections. The number of unauthenticated clients is bounded, and a new
 * connection is always accepted: the oldest unauthenticated client of the network with the most of them is
 * disconnected instead. So a crowd cannot keep out honest viewers, which finish their handshake quickly.
 *
 * A person at a password dialog does not finish quickly. If a client would be disconnected while we wait for
 * a person, it takes a seat instead, if there is one, and clients without a seat make room. When half of the
 * seats are taken, the others are given at random, with a chance that falls to zero (like the random early
 * drop of sshd's MaxStartups); otherwise a crowd that asks for passwords could be sure to get them all. A
 * seat is lost only to a network that has fewer seats.
 */
#ifndef ZEROVNC_ROOM_H
#define ZEROVNC_ROOM_H

struct logins;

/* Call it before accepting a connection: disconnects an unauthenticated client if there are too many. */
void room_make(struct logins *logins);

#endif
