/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web/request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "capture/base/array.h"

/* A piece of the head. It is not terminated. */
struct slice {
	const char *text;
	size_t size;
};

static struct slice trimmed(struct slice slice) {
	while (slice.size && (slice.text[0] == ' ' || slice.text[0] == '\t'))
		slice.text++, slice.size--;
	while (slice.size && (slice.text[slice.size - 1] == ' ' || slice.text[slice.size - 1] == '\t'))
		slice.size--;
	return slice;
}

static bool is_word(struct slice slice, const char *word) {
	return slice.size == strlen(word) && strncasecmp(slice.text, word, slice.size) == 0;
}

/* Returns what comes before the first `end` (all of it if there is none), and removes it and the end from
 * `rest`. */
static struct slice take_until(struct slice *rest, char end) {
	const char *stop = memchr(rest->text, end, rest->size);
	struct slice taken = {rest->text, stop ? (size_t)(stop - rest->text) : rest->size};
	size_t gone = taken.size + (stop != NULL);
	rest->text += gone;
	rest->size -= gone;
	return taken;
}

static int copy(char *to, size_t room, struct slice value) {
	if (value.size >= room)
		return -EPROTO;
	for (size_t i = 0; i < value.size; i++)
		if (value.text[i] < ' ' || value.text[i] > '~')
			return -EPROTO;
	memcpy(to, value.text, value.size);
	to[value.size] = 0;
	return 0;
}

/* --- the first line --- */

static int hex(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode_path(struct slice text, struct web_request *request) {
	size_t used = 0;
	for (size_t i = 0; i < text.size; i++) {
		int c = (unsigned char)text.text[i];
		if (c == '%') {
			if (i + 2 >= text.size || hex(text.text[i + 1]) < 0 || hex(text.text[i + 2]) < 0)
				return -EPROTO;
			c = hex(text.text[i + 1]) << 4 | hex(text.text[i + 2]);
			i += 2;
		}
		if (c < ' ' || c == 0x7f || used + 1 >= sizeof request->path)
			return -EPROTO;
		request->path[used++] = (char)c;
	}
	request->path[used] = 0;
	return 0;
}

/* Removes "http://host:port" from a target in absolute form, which a proxy may send (RFC 9112, 3.2.2). */
static int take_authority(struct slice *target, struct web_request *request) {
	static const char *const schemes[] = {"http://", "https://"};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t length = strlen(schemes[i]);
		if (target->size < length || strncasecmp(target->text, schemes[i], length) != 0)
			continue;
		struct slice host = {target->text + length, 0};
		while (length + host.size < target->size && !strchr("/?#", host.text[host.size]))
			host.size++;
		target->text = host.text + host.size;
		target->size -= length + host.size;
		return !host.size || memchr(host.text, '@', host.size)
			       ? -EPROTO
			       : copy(request->host, sizeof request->host, host);
	}
	return 0;
}

static int parse_target(struct slice target, struct web_request *request) {
	if (request->method == WEB_OPTIONS && is_word(target, "*")) {
		strcpy(request->path, "*");
		return 0;
	}
	if (take_authority(&target, request))
		return -EPROTO;
	struct slice query = take_until(&target, '#');
	struct slice path = take_until(&query, '?');
	bool asked = path.text + path.size < query.text;
	if (asked &&
		copy(request->query, sizeof request->query, (struct slice){query.text - 1, query.size + 1}))
		return -EPROTO;
	if (!path.size && request->host[0]) /* "http://host" means its root */
		path = (struct slice){"/", 1};
	return path.size && path.text[0] == '/' ? decode_path(path, request) : -EPROTO;
}

static bool find_method(struct slice name, enum web_method *method) {
	static const char *const names[] = {
		[WEB_GET] = "GET", [WEB_HEAD] = "HEAD", [WEB_OPTIONS] = "OPTIONS"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (name.size == strlen(names[i]) && memcmp(names[i], name.text, name.size) == 0) {
			*method = (enum web_method)i;
			return true;
		}
	return false;
}

static int parse_first_line(
	struct slice line, struct web_request *request, unsigned *minor, struct reason *reason) {
	static const char version[] = "HTTP/1.";
	struct slice rest = line, method = take_until(&rest, ' '), target = take_until(&rest, ' ');
	if (rest.size != sizeof version || memcmp(rest.text, "HTTP/", 5) != 0)
		return reason_set(reason, -400, "this is no HTTP request");
	if (memcmp(rest.text, version, sizeof version - 1) != 0)
		return reason_set(reason, -505, "only HTTP/1.0 and HTTP/1.1 are supported");
	*minor = (unsigned)(rest.text[sizeof version - 1] - '0');
	if (!find_method(method, &request->method))
		return reason_set(reason, -405, "only GET, HEAD and OPTIONS are served");
	return parse_target(target, request) ? reason_set(reason, -400, "the path cannot be read") : 0;
}

/* --- the headers --- */

/* What the headers said in addition to what the request keeps. */
struct headers {
	bool host;                   /* there was a Host header */
	bool upgrade;                /* Upgrade: websocket */
	bool connection;             /* Connection: upgrade */
	bool version, other_version; /* Sec-WebSocket-Version: 13, or another */
};

/* Whether `word` is one of the words of a comma-separated list, regardless of case. */
static bool lists(struct slice list, const char *word) {
	while (list.size)
		if (is_word(trimmed(take_until(&list, ',')), word))
			return true;
	return false;
}

/* Content-Length may be repeated with the same number (RFC 9110, 8.6). Nothing here accepts a body. */
static bool is_zero(struct slice list) {
	while (list.size) {
		struct slice number = trimmed(take_until(&list, ','));
		if (!number.size || strspn(number.text, "0") < number.size)
			return false;
	}
	return true;
}

/* If a header that has one value came twice, two programs on the path could disagree about it. */
static int keep_single(
	const char *name, char *to, size_t room, bool seen, struct slice value, struct reason *reason) {
	if (seen)
		return reason_set(reason, -400, "there are two %s headers", name);
	return copy(to, room, value) ? reason_set(reason, -400, "the %s header cannot be read", name) : 0;
}

static int parse_host(
	struct slice value, struct web_request *request, struct headers *headers, struct reason *reason) {
	char unused[sizeof request->host];
	bool named = !headers->host && request->host[0]; /* the target's own host takes precedence */
	int error = keep_single(
		"Host", named ? unused : request->host, sizeof request->host, headers->host, value, reason);
	headers->host = true;
	return error;
}

static int parse_header(
	struct slice line, struct web_request *request, struct headers *headers, struct reason *reason) {
	struct slice value = line, name = take_until(&value, ':');
	if (!name.size || name.size == line.size || name.text[0] == ' ' || name.text[0] == '\t')
		return reason_set(reason, -400, "a header line cannot be read");
	value = trimmed(value);
	if (is_word(name, "Host"))
		return parse_host(value, request, headers, reason);
	if (is_word(name, "Origin"))
		return keep_single(
			"Origin", request->origin, sizeof request->origin, request->origin[0], value, reason);
	if (is_word(name, "Sec-WebSocket-Key"))
		return keep_single("Sec-WebSocket-Key", request->key, sizeof request->key, request->key[0],
			value, reason);
	/* Lists may be split over several lines (RFC 9110, 5.3; RFC 6455, 11.3.4). */
	if (is_word(name, "Sec-WebSocket-Protocol")) {
		request->binary |= lists(value, "binary");
	} else if (is_word(name, "Sec-WebSocket-Version")) {
		headers->version |= lists(value, "13");
		headers->other_version |= !lists(value, "13");
	} else if (is_word(name, "Upgrade")) {
		headers->upgrade |= lists(value, "websocket");
	} else if (is_word(name, "Connection")) {
		headers->connection |= lists(value, "upgrade");
	} else if (is_word(name, "Transfer-Encoding") ||
		   (is_word(name, "Content-Length") && !is_zero(value))) {
		return reason_set(reason, -400, "requests with a body are not served");
	}
	return 0;
}

/* RFC 6455, 4.2.1: 16 bytes in base64. */
static bool is_key(const char *key) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	return strlen(key) == 24 && strspn(key, digits) == 22 && strcmp(key + 22, "==") == 0;
}

/* A proxy that drops a part of the request for a WebSocket is a frequent mistake, so say which part. */
static int check_upgrade(
	struct web_request *request, const struct headers *headers, unsigned minor, struct reason *reason) {
	bool meant = headers->upgrade || request->key[0];
	if (!meant || request->method != WEB_GET)
		return 0;
	if (minor < 1) /* HTTP/1.0, which may not be upgraded: RFC 9110, 7.8 */
		return reason_set(reason, -426,
			"a WebSocket needs HTTP/1.1, but a proxy on the way speaks HTTP/1.0 (nginx: proxy_http_version 1.1)");
	if (!headers->upgrade || !headers->connection)
		return reason_set(reason, -426,
			"a proxy on the way removes the header %s, which a WebSocket needs",
			headers->upgrade ? "'Connection: Upgrade'" : "'Upgrade: websocket'");
	if (!headers->version || headers->other_version)
		return reason_set(reason, -426, "only version 13 of WebSocket is supported");
	if (!is_key(request->key))
		return reason_set(reason, -400, "the Sec-WebSocket-Key header is missing or not valid");
	request->upgrade = true;
	return 0;
}

static int check(
	struct web_request *request, const struct headers *headers, unsigned minor, struct reason *reason) {
	if (minor >= 1 && !headers->host) /* RFC 9112, 3.2 */
		return reason_set(reason, -400, "the Host header is missing");
	return check_upgrade(request, headers, minor, reason);
}

ssize_t web_request_parse(
	const uint8_t *bytes, size_t size, struct web_request *request, struct reason *reason) {
	const char *text = (const char *)bytes;
	const char *end = memmem(text, size < WEB_MAX_HEAD ? size : WEB_MAX_HEAD, "\r\n\r\n", 4);
	if (!end)
		return size >= WEB_MAX_HEAD ? reason_set(reason, -431, "the request is too long") : 0;
	memset(request, 0, sizeof *request);
	struct headers headers = {0};
	unsigned minor = 0;
	bool first = true;
	for (const char *line = text; line <= end;) {
		const char *stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
		struct slice slice = {line, (size_t)(stop - line)};
		int error = first ? parse_first_line(slice, request, &minor, reason)
				  : parse_header(slice, request, &headers, reason);
		if (error)
			return error;
		first = false;
		line = stop + 2;
	}
	int error = check(request, &headers, minor, reason);
	return error ? error : end + 4 - text;
}
