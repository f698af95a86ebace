/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind a leading ::, a number below the last of these is more likely the end of an address than a port. */
enum { MAX_PORT_DIGITS = 5, MAX_PORT = 65535, LEAST_LIKELY_PORT = 100 };

static const char digits[] = "0123456789", usual_port[] = "5900";

static bool is_number(const char *text) {
	return *text && strspn(text, digits) == strlen(text);
}

static bool is_port(const char *text) {
	return is_number(text) && strlen(text) <= MAX_PORT_DIGITS && atoi(text) <= MAX_PORT;
}

static bool is_ipv6(const char *text, size_t length) {
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	return (size_t)snprintf(copy, sizeof copy, "%.*s", (int)length, text) < sizeof copy &&
	       inet_pton(AF_INET6, copy, &address) == 1;
}

/* --- suggesting the right spelling --- */

static int refuse(const char *what, struct reason *reason, const char *words) {
	return reason_set(reason, -EINVAL,
		"--listen=%s: %s; expected PORT, ADDR:PORT, [ADDR6]:PORT, unix:PATH, fd:N or systemd", what,
		words);
}

static int suggest(const char *what, struct reason *reason, const char *words, const char *host,
	int host_length, const char *port) {
	return reason_set(reason, -EINVAL, "--listen=%s: %s: write --listen=%.*s:%s", what, words,
		host_length, host, port);
}

/* IPv6 without brackets: its last group is taken as the port if it can be one and if an address is left. */
static int suggest_brackets(const char *what, struct reason *reason) {
	static const char words[] = "an IPv6 address is written in brackets";
	const char *last = strrchr(what, ':') + 1;
	size_t length = (size_t)(last - what) - 1;
	bool has_port = is_port(last) && is_ipv6(what, length);
	if (!has_port && !is_ipv6(what, strlen(what)))
		return refuse(what, reason, "that is no address and port");
	return reason_set(reason, -EINVAL, "--listen=%s: %s: write --listen=[%.*s]:%s", what, words,
		has_port ? (int)length : (int)strlen(what), what, has_port ? last : usual_port);
}

/* It has no colon, and is not just a port. */
static int suggest_port(const char *what, struct reason *reason) {
	if (!*what || is_number(what))
		return refuse(what, reason, *what ? "ports go up to 65535" : "that is empty");
	return suggest(what, reason, "a port is missing", what, (int)strlen(what), usual_port);
}

static int suggest_for_port(const char *what, const char *colon, struct reason *reason) {
	int length = (int)(colon - what);
	if (!colon[1])
		return suggest(what, reason, "a port is missing", what, length, usual_port);
	if (is_number(colon + 1))
		return refuse(what, reason, "ports go up to 65535");
	return refuse(what, reason, "what follows the last colon is no port");
}

/* Recognises spellings that belong elsewhere. */
static int check_manner(const char *what, struct reason *reason) {
	const char *scheme = strstr(what, "://"), *twice = strstr(what, "::");
	if (strpbrk(what, ", \t"))
		return refuse(what, reason, "one address each: give --listen several times");
	if (scheme)
		return reason_set(reason, -EINVAL, "--listen=%s: leave %.*s out: write --listen=%s", what,
			(int)(scheme - what) + 3, what, scheme + 3);
	if (strncmp(what, "tcp:", 4) == 0)
		return reason_set(
			reason, -EINVAL, "--listen=%s: leave tcp: out: write --listen=%s", what, what + 4);
	if (what[0] == '/' || what[0] == '.')
		return reason_set(reason, -EINVAL,
			"--listen=%s: a path needs unix: in front of it: write --listen=unix:%s", what, what);
	if (twice == what && is_port(what + 2) && atoi(what + 2) >= LEAST_LIKELY_PORT)
		return reason_set(reason, -EINVAL,
			"--listen=%s: viewers write two colons: write --listen=%s for this machine only, --listen=:%s for all",
			what, what + 2, what + 2);
	if (twice && twice > what && what[0] != '[' && is_port(twice + 2) &&
		!memchr(what, ':', (size_t)(twice - what)) && !is_ipv6(what, strlen(what)))
		return suggest(
			what, reason, "viewers write two colons", what, (int)(twice - what), twice + 2);
	return 0;
}

/* --- */

int listen_address_parse(const char *what, struct listen_address *address, struct reason *reason) {
	memset(address, 0, sizeof *address);
	if (is_port(what)) {
		strcpy(address->port, what);
		address->loopback = true;
		return 0;
	}
	int error = check_manner(what, reason);
	if (error)
		return error;
	const char *colon = strrchr(what, ':'), *host = what;
	if (!colon)
		return suggest_port(what, reason);
	size_t length = (size_t)(colon - what);
	if (what[0] == '[' && what[strlen(what) - 1] == ']' && is_ipv6(what + 1, strlen(what) - 2))
		return suggest(what, reason, "a port is missing", what, (int)strlen(what), usual_port);
	if (length >= 2 && what[0] == '[' && colon[-1] == ']') {
		host++;
		length -= 2;
	} else if (memchr(what, ':', length)) {
		return suggest_brackets(what, reason);
	}
	if (!is_port(colon + 1))
		return suggest_for_port(what, colon, reason);
	if (length >= sizeof address->host)
		return refuse(what, reason, "that is too long for a name");
	memcpy(address->host, host, length);
	strcpy(address->port, colon + 1);
	address->any = length == 0 || strcmp(address->host, "*") == 0;
	return 0;
}
