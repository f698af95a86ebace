/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_request: the head of an HTTP request, parsed. Pure.
 *
 * RFC 9110 and 9112 (HTTP), RFC 6455 (WebSocket): the sections are named where they decide something.
 */
#ifndef ZEROVNC_WEB_REQUEST_H
#define ZEROVNC_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/base/reason.h"

enum { WEB_MAX_HEAD = 8192 };

enum web_method { WEB_GET, WEB_HEAD, WEB_OPTIONS };

struct web_request {
	enum web_method method;
	char path[1024];  /* decoded, without the query; begins with '/'; "*" for OPTIONS only */
	char query[512];  /* as it came: "?autoconnect=1", or "" */
	char host[256];   /* of the target if it names one, otherwise of the Host header */
	char origin[256]; /* of the page that asks; "" if none was named */
	char key[64];     /* Sec-WebSocket-Key */
	bool upgrade;     /* a complete request for a WebSocket */
	bool binary;      /* it knows the subprotocol "binary" */
};

/*
 * Parses the head in `bytes`. Returns its size, or 0 if more bytes are needed. Otherwise returns a negative
 * HTTP status (such as -400) with a reason for the person who set up the client or the proxy.
 */
ssize_t web_request_parse(
	const uint8_t *bytes, size_t size, struct web_request *request, struct reason *reason);

#endif
