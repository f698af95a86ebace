/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/reverse/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PORT = 65535, MAX_PORT_DIGITS = 5, SHOWN = 64 };

/* That at which TigerVNC's and UltraVNC's viewers listen, and that of the repeater for servers. */
static const char usual_port[] = "5500";

static int refuse(const char *what, struct reason *reason, const char *words) {
	return reason_set(reason, -EINVAL,
		"cannot call '%.*s%s': %s; write HOST, HOST:PORT or [ADDR6]:PORT for a viewer that listens, ID:NAME@HOST[:PORT] for a repeater",
		SHOWN, what, strlen(what) > SHOWN ? "..." : "", words);
}

static bool is_ipv6(const char *text) {
	struct in6_addr address;
	char copy[INET6_ADDRSTRLEN + 32];
	size_t length = strcspn(text, "%"); /* its zone is looked up later */
	return (size_t)snprintf(copy, sizeof copy, "%.*s", (int)length, text) < sizeof copy &&
	       inet_pton(AF_INET6, copy, &address) == 1;
}

static bool is_port(const char *text) {
	size_t digits = strspn(text, "0123456789");
	return digits && digits <= MAX_PORT_DIGITS && !text[digits] && atoi(text) > 0 &&
	       atoi(text) <= MAX_PORT;
}

/* Returns what is wrong with it, or NULL. */
static const char *set_host(struct reverse_target *target, const char *host, size_t length) {
	if (!length)
		return "a host is missing";
	if (length >= sizeof target->host)
		return "that is too long for a name";
	memcpy(target->host, host, length);
	for (const char *c = target->host; *c; c++)
		if (!isgraph((unsigned char)*c) || strchr("@,[]/", *c))
			return "that is no host";
	return NULL;
}

static const char *set_port(struct reverse_target *target, const char *port) {
	if (!is_port(port))
		return "a port is a number from 1 to 65535";
	strcpy(target->port, port);
	return NULL;
}

static const char *set_bracketed(struct reverse_target *target, const char *host) {
	const char *end = strchr(host, ']');
	if (!end || (end[1] && end[1] != ':'))
		return "an IPv6 address ends with ], and then may have :PORT";
	const char *wrong = set_host(target, host + 1, (size_t)(end - host) - 1);
	if (!wrong && !is_ipv6(target->host))
		wrong = "what is in brackets is no IPv6 address";
	return wrong || !end[1] ? wrong : set_port(target, end + 2);
}

static const char *set_where(struct reverse_target *target, const char *where) {
	const char *colon = strchr(where, ':');
	strcpy(target->port, usual_port);
	if (where[0] == '[')
		return set_bracketed(target, where);
	if (!colon || is_ipv6(where))
		return set_host(target, where, strlen(where));
	const char *wrong = set_host(target, where, (size_t)(colon - where));
	return wrong ? wrong : set_port(target, colon[1] == ':' ? colon + 2 : colon + 1);
}

static const char *set_id(struct reverse_target *target, const char *id, size_t length) {
	if (!length || length >= sizeof target->id)
		return "an ID has 1 to 63 letters or digits";
	memcpy(target->id, id, length);
	for (const char *c = target->id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return "an ID has 1 to 63 letters or digits";
	return NULL;
}

int reverse_target_parse(const char *what, struct reverse_target *target, struct reason *reason) {
	const char *at = strchr(what, '@'), *wrong = NULL;
	memset(target, 0, sizeof *target);
	if (strncmp(what, "ID:", 3) == 0 && !at)
		wrong = "whose repeater is meant is missing";
	else if (at && strncmp(what, "ID:", 3) != 0)
		wrong = "an ID is written as ID:NAME";
	else if (at)
		wrong = set_id(target, what + 3, (size_t)(at - what) - 3);
	if (!wrong)
		wrong = set_where(target, at ? at + 1 : what);
	return wrong ? refuse(what, reason, wrong) : 0;
}

bool reverse_target_next(const char **list, char word[REVERSE_WORD]) {
	size_t length = strcspn(*list, ",");
	if (!**list)
		return false;
	snprintf(word, REVERSE_WORD, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	return true;
}

int reverse_targets_check(const char *list, struct reason *reason) {
	char word[REVERSE_WORD];
	struct reverse_target target;
	int error = 0;
	for (unsigned count = 0; !error && reverse_target_next(&list, word); count++) {
		struct reason why;
		error = reverse_target_parse(word, &target, &why);
		if (error)
			reason_set(reason, error, "--connect: %s", why.text);
		else if (count == REVERSE_TARGETS)
			error = reason_set(
				reason, -EINVAL, "--connect: at most %d can be called", REVERSE_TARGETS);
	}
	return error;
}
