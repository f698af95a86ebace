/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web/web.h"

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

#include "capture/base/array.h"

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
	return (size_t)snprintf(answer, size,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n%s\r\n",
		accept, request->binary ? "Sec-WebSocket-Protocol: binary\r\n" : "");
}

static const struct status {
	int status;
	const char *text, *headers;
} statuses[] = {
	{200, "OK", ""},
	{204, "No Content", "Allow: GET, HEAD, OPTIONS\r\n"},
	{302, "Found", ""},
	{400, "Bad Request", ""},
	{403, "Forbidden", ""},
	{404, "Not Found", ""},
	{405, "Method Not Allowed", "Allow: GET, HEAD, OPTIONS\r\n"},
	{426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"},
	{431, "Request Header Fields Too Large", ""},
	{505, "HTTP Version Not Supported", ""},
};

static const struct status *find_status(int status) {
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return &statuses[3];
}

const char *web_status_text(int status) {
	return find_status(status)->text;
}

size_t web_head(int status, const char *type, off_t length, const char *location, char *head, size_t size) {
	const struct status *found = find_status(status);
	char content[64] = "";
	if (length >= 0)
		snprintf(content, sizeof content, "Content-Length: %lld\r\n", (long long)length);
	return (size_t)snprintf(head, size,
		"HTTP/1.1 %d %s\r\n%s%s%s%s%s%s%s%sConnection: %sclose\r\n"
		"Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n"
		"Content-Security-Policy: frame-ancestors 'self'\r\n\r\n",
		found->status, found->text, found->headers, content, type ? "Content-Type: " : "",
		type ? type : "", type ? "\r\n" : "", location ? "Location: " : "", location ? location : "",
		location ? "\r\n" : "", status == 426 ? "Upgrade, " : "");
}

/* --- files --- */

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
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
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

/* noVNC asks for the WebSocket at a path of its own setting. Older versions resolve it from the root of the
 * host, newer ones from the page. If a proxy serves us below a path of its own, this makes both lead to the
 * same place. */
static const char start_page[] =
	"<!DOCTYPE html><meta charset=\"utf-8\"><title>zerovnc</title><script>\n"
	"const folder = location.pathname.replace(/[^\\/]*$/, '').slice(1);\n"
	"const path = '../'.repeat(folder.split('/').length - 1) + folder + 'websockify';\n"
	"location.replace('vnc.html' + (location.search ? location.search + '&' : '?') + 'path=' + encodeURIComponent(path));\n"
	"</script><noscript>noVNC needs JavaScript.</noscript>\n";

static const char start_path[] = "zerovnc.html";

const char *web_start_page(const char *path) {
	while (*path == '/')
		path++;
	return strcmp(path, start_path) == 0 ? start_page : NULL;
}

int web_open(int folder, const char *path, off_t *length, const char **type, const char **location) {
	while (*path == '/')
		path++;
	*type = media_type(*path ? path : "index.html");
	int fd = open_below(folder, *path ? path : "index.html", length);
	if (fd >= 0 || *path || faccessat(folder, "vnc.html", R_OK, 0))
		return fd;
	*location =
		start_path; /* relative: a proxy may serve us below a path of its own (RFC 9110, 10.2.2) */
	return -EREMCHG;
}

int web_open_root(const char *folder, struct reason *reason) {
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? reason_set(reason, -errno, "--web-root=%s: %s", folder, strerror(errno)) : fd;
}
