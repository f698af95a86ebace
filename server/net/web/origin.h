/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_origin: whether the page that opens a WebSocket may do so. Without this check any page that somebody
 * visits could reach a server that listens to that person's machine only.
 */
#ifndef ZEROVNC_WEB_ORIGIN_H
#define ZEROVNC_WEB_ORIGIN_H

#include <stdbool.h>

#include "capture/base/reason.h"
#include "server/net/web/request.h"

/* Checks the value of --web-origin: "desk.example.org,https://other.example.org:8443". NULL is fine. 0 or
 * -EINVAL with a reason. */
int web_origin_check(const char *list, struct reason *reason);

/*
 * A page may open a viewer if --web-origin (`list`, NULL for none) names it, or if it came from the very name
 * that the request is for. Ports may differ, since a reverse proxy on this machine has its own; so may the
 * names of loopback.
 *
 * `trusting`: no password is asked. Then the request must also be for a name that nobody outside can point
 * here: an address, localhost, this machine's own name, or one of `list`.
 *
 * False with a reason that names the remedy.
 */
bool web_origin_allowed(
	const struct web_request *request, const char *list, bool trusting, struct reason *reason);

#endif
