/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web: the answers that a browser needs to become a viewer: the upgrade to WebSocket, and the files of one
 * folder. request.h parses the browser's requests.
 */
#ifndef ZEROVNC_WEB_H
#define ZEROVNC_WEB_H

#include <stddef.h>
#include <sys/types.h>

#include "capture/base/reason.h"
#include "server/net/web/request.h"

/* Writes the answer that agrees to the upgrade. Returns its size. */
size_t web_upgrade_answer(const struct web_request *request, char *answer, size_t size);

/* The text of a status, such as "Not Found" for 404. */
const char *web_status_text(int status);

/* Writes the head of an answer, with the headers that its status calls for. `type` and `location` may be
 * NULL. A negative `length` means that no body follows and that none may. Returns the head's size. */
size_t web_head(int status, const char *type, off_t length, const char *location, char *head, size_t size);

/* Opens the folder for browsers. Returns a file descriptor that the caller closes, or -errno with a
 * reason. */
int web_open_root(const char *folder, struct reason *reason);

/*
 * Opens the file that `path` names below the folder. It can never be one outside of it. Returns its
 * descriptor, which the caller closes, or -ENOENT, -EACCES or another -errno. -EREMCHG sets `location`: the
 * browser must ask for that one instead, relative to what it asked for. `type` is the media type.
 */
int web_open(int folder, const char *path, off_t *length, const char **type, const char **location);

/* Our page that starts noVNC's page with the right path to the WebSocket, if `path` asks for it; otherwise
 * NULL. Use it only if the folder has no file of that name. Static storage. */
const char *web_start_page(const char *path);

#endif
