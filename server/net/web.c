/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- the request --- */

static int hex(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_path(const char *text, size_t size, struct web_request *request) {
	size_t used = 0;
	for (size_t i = 0; i < size && text[i] != '?' && text[i] != '#'; i++) {
		int c = (unsigned char)text[i];
		if (c == '%') {
			if (i + 2 >= size || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
				return -EPROTO;
			c = hex(text[i + 1]) << 4 | hex(text[i + 2]);
			i += 2;
		}
		if (c < ' ' || c == 0x7f || used + 1 >= sizeof request->path)
			return -EPROTO;
		request->path[used++] = (char)c;
	}
	request->path[used] = 0;
	return request->path[0] == '/' ? 0 : -EPROTO;
}

static int parse_first_line(const char *line, size_t size, struct web_request *request) {
	size_t method = 4;
	if (size > 5 && memcmp(line, "HEAD ", 5) == 0) {
		request->head_only = true;
		method = 5;
	} else if (size < 4 || memcmp(line, "GET ", 4) != 0) {
		return -EOPNOTSUPP;
	}
	static const char version[] = " HTTP/1.1";
	size_t tail = sizeof version - 1;
	if (size < method + tail || (memcmp(line + size - tail, version, tail - 1) != 0))
		return -EOPNOTSUPP;
	return parse_path(line + method, size - method - tail, request);
}

/* Whether `word` is among the words of a list with commas, whatever their case. */
static bool lists(const char *list, size_t size, const char *word) {
	size_t length = strlen(word);
	for (size_t i = 0; i < size;) {
		size_t end = i;
		while (end < size && list[end] != ',')
			end++;
		size_t from = i, to = end;
		while (from < to && (list[from] == ' ' || list[from] == '\t'))
			from++;
		while (to > from && (list[to - 1] == ' ' || list[to - 1] == '\t'))
			to--;
		if (to - from == length && strncasecmp(list + from, word, length) == 0)
			return true;
		i = end + 1;
	}
	return false;
}

struct asked {
	bool upgrade, connection, version;
};

static int copy_value(char *to, size_t room, const char *value, size_t size) {
	if (to[0] || size >= room)
		return -EPROTO;           /* twice, or too long */
	for (size_t i = 0; i < size; i++) /* what ends up in a log must drive no terminal */
		if (value[i] < ' ' || value[i] > '~')
			return -EPROTO;
	memcpy(to, value, size);
	to[size] = 0;
	return 0;
}

static int parse_header(const char *line, size_t size, struct web_request *request, struct asked *asked) {
	const char *colon = memchr(line, ':', size);
	if (!colon || colon == line || line[0] == ' ' || line[0] == '\t')
		return -EPROTO;
	size_t name = (size_t)(colon - line);
	const char *value = colon + 1;
	size_t length = size - name - 1;
	while (length && (*value == ' ' || *value == '\t'))
		value++, length--;
	while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
#define IS(text) (name == sizeof text - 1 && strncasecmp(line, text, name) == 0)
	if (IS("Host"))
		return copy_value(request->host, sizeof request->host, value, length);
	if (IS("Origin"))
		return copy_value(request->origin, sizeof request->origin, value, length);
	if (IS("Sec-WebSocket-Key"))
		return copy_value(request->key, sizeof request->key, value, length);
	if (IS("Sec-WebSocket-Protocol"))
		return copy_value(request->protocols, sizeof request->protocols, value, length);
	if (IS("Upgrade"))
		asked->upgrade = lists(value, length, "websocket");
	else if (IS("Connection"))
		asked->connection = lists(value, length, "upgrade");
	else if (IS("Sec-WebSocket-Version"))
		asked->version = lists(value, length, "13");
	else if (IS("Content-Length") || IS("Transfer-Encoding"))
		return -EPROTO; /* a body has no business here */
#undef IS
	return 0;
}

ssize_t web_parse(const uint8_t *bytes, size_t size, struct web_request *request) {
	const char *text = (const char *)bytes;
	const char *end = memmem(text, size < WEB_MAX_HEAD ? size : WEB_MAX_HEAD, "\r\n\r\n", 4);
	if (!end)
		return size >= WEB_MAX_HEAD ? -E2BIG : 0;
	memset(request, 0, sizeof *request);
	struct asked asked = {0};
	bool first = true;
	for (const char *line = text; line <= end;) {
		const char *stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
		int error = first ? parse_first_line(line, (size_t)(stop - line), request)
				  : parse_header(line, (size_t)(stop - line), request, &asked);
		if (error)
			return error;
		first = false;
		line = stop + 2;
	}
	request->upgrade = asked.upgrade && asked.connection && asked.version && strlen(request->key) == 24;
	return end + 4 - text;
}

/* --- the upgrade --- */

/* The host of "host:port", without brackets. */
static void host_only(const char *text, char *host, size_t size) {
	size_t length = strcspn(text, ":");
	if (text[0] == '[') {
		text++;
		length = strcspn(text, "]");
	}
	snprintf(host, size, "%.*s", (int)length, text);
}

static bool is_own_name(const char *text) {
	char host[256], own[256] = "";
	struct in6_addr unused;
	host_only(text, host, sizeof host);
	gethostname(own, sizeof own - 1);
	return inet_pton(AF_INET, host, &unused) == 1 || inet_pton(AF_INET6, host, &unused) == 1 ||
	       strcasecmp(host, "localhost") == 0 || (own[0] && strcasecmp(host, own) == 0);
}

bool web_origin_allowed(const struct web_request *request, bool trusting) {
	if (trusting && !is_own_name(request->host))
		return false;
	if (!request->origin[0])
		return true; /* no browser: those always say */
	const char *host = strstr(request->origin, "://");
	return host && request->host[0] && strcasecmp(host + 3, request->host) == 0;
}

size_t web_upgrade_answer(const struct web_request *request, char *answer, size_t size) {
	static const char salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 */
	struct sha1_ctx sha1;
	uint8_t digest[SHA1_DIGEST_SIZE];
	char accept[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1] = "";
	sha1_init(&sha1);
	sha1_update(&sha1, strlen(request->key), (const uint8_t *)request->key);
	sha1_update(&sha1, sizeof salt - 1, (const uint8_t *)salt);
	sha1_digest(&sha1, sizeof digest, digest);
	base64_encode_raw(accept, sizeof digest, digest);
	bool binary = lists(request->protocols, strlen(request->protocols), "binary");
	return (size_t)snprintf(answer, size,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n%s\r\n",
		accept, binary ? "Sec-WebSocket-Protocol: binary\r\n" : "");
}

/* --- files --- */

size_t web_head(int status, const char *type, off_t length, const char *location, char *head, size_t size) {
	static const struct {
		int status;
		const char *text;
	} texts[] = {{200, "OK"}, {302, "Found"}, {400, "Bad Request"}, {403, "Forbidden"},
		{404, "Not Found"}, {405, "Method Not Allowed"}, {431, "Request Header Fields Too Large"}};
	const char *text = "Error";
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].status == status)
			text = texts[i].text;
	return (size_t)snprintf(head, size,
		"HTTP/1.1 %d %s\r\nContent-Length: %lld\r\n%s%s%s%s%s%sConnection: close\r\n"
		"Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n"
		"Content-Security-Policy: frame-ancestors 'self'\r\n\r\n",
		status, text, (long long)length, type ? "Content-Type: " : "", type ? type : "",
		type ? "\r\n" : "", location ? "Location: " : "", location ? location : "",
		location ? "\r\n" : "");
}

static const char *media_type(const char *path) {
	static const struct {
		const char *end, *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".mjs", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".json", "application/json"},
		{".map", "application/json"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".jpg", "image/jpeg"},
		{".woff", "font/woff"},
		{".woff2", "font/woff2"},
		{".ttf", "font/ttf"},
		{".wasm", "application/wasm"},
		{".mp3", "audio/mpeg"},
		{".oga", "audio/ogg"},
		{".txt", "text/plain; charset=utf-8"},
	};
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		size_t end = strlen(types[i].end);
		if (length > end && strcasecmp(path + length - end, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* The kernel resolves the path and refuses every step out of the folder: "..", links, mounts of /proc. */
static int open_below(int folder, const char *path, off_t *length) {
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
	struct stat status;
	if (fd < 0)
		return errno == EXDEV || errno == ELOOP || errno == EACCES ? -EACCES : -ENOENT;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		close(fd);
		return -ENOENT;
	}
	*length = status.st_size;
	return fd;
}

int web_open(int folder, const char *path, off_t *length, const char **type, const char **location) {
	static const char start[] = "vnc.html"; /* noVNC's page */
	while (*path == '/')
		path++;
	if (*path) {
		*type = media_type(path);
		return open_below(folder, path, length);
	}
	*type = media_type("index.html");
	int fd = open_below(folder, "index.html", length);
	if (fd >= 0 || faccessat(folder, start, R_OK, 0))
		return fd;
	*location = "/vnc.html";
	return -EREMCHG;
}
