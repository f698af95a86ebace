/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "server/printable.h"

enum { HOST_SIZE = 256 };

/* The host of "host:port", without the brackets of an IPv6 address. */
static void host_only(const char *text, size_t size, char host[HOST_SIZE]) {
	size_t length = strcspn(text, ":");
	if (text[0] == '[' && size) {
		text++;
		size--;
		length = strcspn(text, "]");
	}
	snprintf(host, HOST_SIZE, "%.*s", (int)(length < size ? length : size), text);
}

static bool has_port(const char *text, size_t size) {
	const char *bracket = memchr(text, ']', size);
	size_t from = bracket ? (size_t)(bracket - text) : 0;
	return memchr(text + from, ':', size - from);
}

/* "https://host:port" without its scheme; NULL for "null" and similar values. */
static const char *after_scheme(const char *origin) {
	const char *colon = strstr(origin, "://");
	return colon && colon[3] ? colon + 3 : NULL;
}

static bool is_same(const char *text, size_t size, const char *other) {
	return strlen(other) == size && strncasecmp(text, other, size) == 0;
}

/* Whether an entry of --web-origin matches this page: "https://host:port", "host:port", or "host" with any
 * port. */
static bool means(const char *entry, size_t size, const char *origin) {
	char host[HOST_SIZE], own[HOST_SIZE];
	const char *page = after_scheme(origin);
	if (memmem(entry, size, "://", 3))
		return is_same(entry, size, origin);
	if (!page || has_port(entry, size))
		return page && is_same(entry, size, page);
	host_only(entry, size, own);
	host_only(page, strlen(page), host);
	return strcasecmp(own, host) == 0;
}

static bool is_listed(const char *list, const char *origin) {
	for (const char *entry = list ? list : ""; *entry;) {
		size_t size = strcspn(entry, ",");
		if (means(entry, size, origin))
			return true;
		entry += size + (entry[size] == ',');
	}
	return false;
}

/* The same for a Host header, which has no scheme. */
static bool is_listed_host(const char *list, const char *host) {
	char origin[sizeof((struct web_request *)0)->host + 8];
	snprintf(origin, sizeof origin, "http://%s", host);
	if (is_listed(list, origin))
		return true;
	snprintf(origin, sizeof origin, "https://%s", host);
	return is_listed(list, origin);
}

static bool is_entry(const char *entry, size_t size) {
	const char *scheme = memmem(entry, size, "://", 3);
	const char *host = scheme ? scheme + 3 : entry;
	size_t length = size - (size_t)(host - entry);
	for (size_t i = 0; i < length; i++)
		if (host[i] <= ' ' || host[i] > '~' || strchr("/*?#@", host[i]))
			return false;
	return length > 0 && length < HOST_SIZE && host[0] != ':';
}

int web_origin_check(const char *list, struct reason *reason) {
	if (!list)
		return 0;
	for (const char *entry = list;; entry++) {
		size_t size = strcspn(entry, ",");
		if (!is_entry(entry, size))
			return reason_set(reason, -EINVAL,
				"--web-origin: '%.*s' is no host; expected names such as desk.example.org or https://desk.example.org:8443, with commas between them",
				(int)size, entry);
		entry += size;
		if (!*entry)
			return 0;
	}
}

static bool is_loopback(const char *host) {
	struct in_addr v4;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* Whether nobody outside can point this name to this machine. */
static bool is_own_name(const char *host) {
	char own[HOST_SIZE] = "";
	struct in6_addr unused;
	gethostname(own, sizeof own - 1);
	return inet_pton(AF_INET, host, &unused) == 1 || inet_pton(AF_INET6, host, &unused) == 1 ||
	       strcasecmp(host, "localhost") == 0 || (own[0] && strcasecmp(host, own) == 0);
}

/* The value as it is shown between quotation marks, short enough to leave room for the remedy. */
struct quoted {
	char text[96];
};

static const char *quote(struct quoted *quoted, const char *value) {
	printable_quoted(quoted->text, sizeof quoted->text, value, '\'');
	return quoted->text;
}

bool web_origin_allowed(
	const struct web_request *request, const char *list, bool trusting, struct reason *reason) {
	char host[HOST_SIZE], page_host[HOST_SIZE] = "";
	const char *page = after_scheme(request->origin);
	struct quoted host_shown, page_shown, name_shown;
	host_only(request->host, strlen(request->host), host);
	if (page)
		host_only(page, strlen(page), page_host);
	if (request->origin[0] && is_listed(list, request->origin))
		return true;
	if (trusting && !is_own_name(host) && !is_listed_host(list, request->host)) {
		reason_set(reason, -EACCES,
			"as long as no password is required, a viewer must be opened by this machine's address or name, not as '%s' (allow that one with --web-origin=%s)",
			quote(&host_shown, request->host), host[0] ? quote(&page_shown, host) : "HOST");
		return false;
	}
	if (!request->origin[0]) /* not a browser: browsers always send an Origin */
		return true;
	if (host[0] && (strcasecmp(page_host, host) == 0 || (is_loopback(page_host) && is_loopback(host))))
		return true;
	reason_set(reason, -EACCES,
		"a page of '%s' may not open a viewer at '%s' (if it is yours, allow it with --web-origin=%s)",
		quote(&page_shown, request->origin), quote(&host_shown, request->host),
		page_host[0] ? quote(&name_shown, page_host) : page_shown.text);
	return false;
}
