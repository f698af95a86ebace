/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/web/request.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ASKS "Upgrade: websocket\r\nConnection: Upgrade\r\n" KEY "Sec-WebSocket-Version: 13\r\n"

static ssize_t parse(const char *text, struct web_request *request, struct reason *reason) {
	reason->text[0] = 0;
	return web_request_parse((const uint8_t *)text, strlen(text), request, reason);
}

/* What HTTP and WebSocket allow besides the shortest form. */
static void upgrades(void) {
	static const char *const heads[] = {
		"GET /websockify HTTP/1.1\r\nHost: a\r\n" ASKS "\r\n",
		"GET / HTTP/1.1\r\nHOST:a\r\n" ASKS "Content-Length: 0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n" ASKS "Content-Length: 0\r\nContent-Length: 00, 0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n" ASKS "Connection: keep-alive\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nUpgrade: h2c\r\n" ASKS "\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nupgrade: h2c, WebSocket/13 ,\tWEBSOCKET \r\nConnection: a,,UPGRADE\r\n" KEY
		"Sec-WebSocket-Version: 13\r\n\r\n",
		"GET http://a:6150/websockify HTTP/1.1\r\nHost: b\r\n" ASKS "\r\n",
		"GET HTTPS://[::1]:1/ HTTP/1.1\r\nHost: b\r\n" ASKS "\r\n",
		"GET http://a HTTP/1.1\r\nHost: \r\n" ASKS "\r\n",
		"GET http://a?b HTTP/1.1\r\nHost: b\r\n" ASKS "\r\n",
	};
	struct web_request request;
	struct reason reason;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		CHECK_SAY(parse(heads[i], &request, &reason) == (ssize_t)strlen(heads[i]), "%s%s", heads[i],
			reason.text);
		CHECK_SAY(request.upgrade && request.path[0] == '/', "%s", heads[i]);
	}
	CHECK(parse(heads[6], &request, &reason) > 0 && strcmp(request.host, "a:6150") == 0);
	CHECK(strcmp(request.path, "/websockify") == 0);
	CHECK(parse(heads[9], &request, &reason) > 0 && strcmp(request.query, "?b") == 0);
}

static void subprotocols(void) {
	struct web_request request;
	struct reason reason;
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: a, Binary\r\n" ASKS
		    "\r\n",
		      &request, &reason) > 0);
	CHECK(request.binary && request.upgrade);
	CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: binary2\r\n\r\n", &request,
		      &reason) > 0);
	CHECK(!request.binary && !request.upgrade);
}

/* Each with its status, and a word that tells the administrator what to fix. */
static void refuses(void) {
	static const struct {
		const char *head;
		int status;
		const char *word;
	} cases[] = {
		{"GET / HTTP/1.0\r\n" ASKS "\r\n", 426, "proxy_http_version"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" KEY "\r\n", 426, "Upgrade: websocket"},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" KEY "\r\n", 426,
			"Connection: Upgrade"},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY "\r\n", 426,
			"13"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" ASKS "Sec-WebSocket-Version: 8\r\n\r\n", 426, "13"},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
			400, "Sec-WebSocket-Key"},
		{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n\r\n",
			400, "Sec-WebSocket-Key"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" ASKS "Content-Length: 1\r\n\r\n", 400, "body"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" ASKS "Content-Length: 0, 1\r\n\r\n", 400, "body"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" ASKS
		 "Content-Length: \r\nTransfer-Encoding: chunked\r\n\r\n",
			400, "body"},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two Host"},
		{"GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two Host"},
		{"GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\r\nOrigin: b\r\n\r\n", 400, "two Origin"},
		{"GET / HTTP/1.1\r\n\r\n", 400, "Host header is missing"},
		{"GET http://user@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"},
		{"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"},
		{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"},
		{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"},
		{"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "HTTP"},
		{"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400, "line"},
		{"GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400, "line"},
		{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "Host"},
		{"POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "GET"},
		{"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "GET"},
		{"GET / HTTP/2.0\r\n\r\n", 505, "HTTP/1.1"},
		{"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n", 400, "no HTTP"},
		{"\r\n\r\n", 400, "no HTTP"},
	};
	struct web_request request;
	struct reason reason;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ssize_t size = parse(cases[i].head, &request, &reason);
		CHECK_SAY(size == -cases[i].status, "%s%zd", cases[i].head, size);
		CHECK_SAY(strstr(reason.text, cases[i].word), "%s%s", cases[i].head, reason.text);
	}
}

static void waits_for_all_of_it(void) {
	static const char head[] = "OPTIONS * HTTP/1.0\r\nA: b\r\n\r\n";
	struct web_request request;
	struct reason reason;
	for (size_t size = 0; size < sizeof head - 1; size++)
		CHECK(web_request_parse((const uint8_t *)head, size, &request, &reason) == 0);
	CHECK(parse(head, &request, &reason) == sizeof head - 1);
	CHECK(request.method == WEB_OPTIONS && strcmp(request.path, "*") == 0);
	char endless[WEB_MAX_HEAD + 1];
	memset(endless, 'a', sizeof endless);
	CHECK(web_request_parse((const uint8_t *)endless, WEB_MAX_HEAD - 1, &request, &reason) == 0);
	CHECK(web_request_parse((const uint8_t *)endless, WEB_MAX_HEAD, &request, &reason) == -431);
}

int main(void) {
	upgrades();
	subprotocols();
	refuses();
	waits_for_all_of_it();
	return 0;
}
