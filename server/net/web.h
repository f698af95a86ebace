/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web: as much HTTP as a browser needs to become a viewer: the request's head, the upgrade to WebSocket, and
 * files of one folder. The parser is pure.
 */
#ifndef ZEROVNC_WEB_H
#define ZEROVNC_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WEB_MAX_HEAD = 8192 };

struct web_request {
	char path[1024]; /* decoded, without the query; begins with '/' */
	char host[256], origin[256], key[64], protocols[128];
	bool head_only; /* HEAD */
	bool upgrade;   /* to WebSocket, and all that it asks for is there */
};

/* The request's head in `bytes`: its size, 0 where more is needed; -EPROTO, -E2BIG, -EOPNOTSUPP (a method or
 * version that is not served). */
ssize_t web_parse(const uint8_t *bytes, size_t size, struct web_request *request);

/*
 * Whether the page that opens this WebSocket was served by us: any other page in somebody's browser could
 * else reach a server that only listens to its own machine. `trusting`: no password is asked; then the name
 * must also be one that nobody outside can point here: an address, localhost or this machine's own.
 */
bool web_origin_allowed(const struct web_request *request, bool trusting);

/* The answer that agrees to the upgrade. Returns its size. */
size_t web_upgrade_answer(const struct web_request *request, char *answer, size_t size);

/* The head of an answer: `type` NULL: none. Returns its size. */
size_t web_head(int status, const char *type, off_t length, const char *location, char *head, size_t size);

/*
 * Opens the file that `path` names below the folder; it can never be one outside of it. Returns its
 * descriptor, -ENOENT, -EACCES or another -errno; `location` is set where the browser is to ask for another
 * path instead (-EREMCHG). `type`: its media type.
 */
int web_open(int folder, const char *path, off_t *length, const char **type, const char **location);

#endif
