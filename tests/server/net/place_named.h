/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place_named: writes places as people do. */
#ifndef ZEROVNC_TEST_PLACE_NAMED_H
#define ZEROVNC_TEST_PLACE_NAMED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "server/net/place.h"
#include "tests/test.h"

/* Parses "192.0.2.7", "2001:db8::1", "uid 65534" or "unix". */
static inline struct place place_named(const char *text) {
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	unsigned uid;
	if (sscanf(text, "uid %u", &uid) == 1)
		return place_of_user(uid);
	if (strcmp(text, "unix") == 0)
		return place_of_address(&(struct sockaddr){.sa_family = AF_UNIX});
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return place_of_address((struct sockaddr *)&v4);
	CHECK_SAY(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s", text);
	return place_of_address((struct sockaddr *)&v6);
}

#endif
