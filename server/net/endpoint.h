/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint: what the two ends of a socket are called, and who can reach them. */
#ifndef ZEROVNC_ENDPOINT_H
#define ZEROVNC_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* The other end's numeric address without a port, in the form that programs want: "192.0.2.7" (even if it is
 * mapped into IPv6), "fe80::1%eth0"; "localhost" if it is not IP. */
void endpoint_peer_host(int fd, char *text, size_t size);

/* The name of a socket's other end, or of its own end: "192.0.2.7:51234", "[2001:db8::1]:51234", "unix".
 * Printable, even between "quotation marks". */
void endpoint_peer_name(int fd, char *text, size_t size);
void endpoint_own_name(int fd, char *text, size_t size);

/* Whether other machines can reach the socket's own end. */
bool endpoint_is_exposed(int fd);
bool endpoint_is_tcp(int fd);

/* Whether an IP address is of this machine alone. */
bool endpoint_is_loopback(const struct sockaddr *address, socklen_t size);

#endif
