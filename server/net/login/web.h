/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web: the steps of a login that belong to HTTP: a browser's request, and the file that answers it. An
 * upgrade to WebSocket leads to the RFB handshake. */
#ifndef ZEROVNC_LOGIN_WEB_H
#define ZEROVNC_LOGIN_WEB_H

#include <stdbool.h>

struct login;

struct login_web {
	bool opened; /* `file` is open */
	int file;    /* being sent to a browser */
};

/* The client speaks HTTP. */
void login_web_start(struct login *login);

/* There may be room in peer_out(): puts more of the file into it. */
void login_web_fill(struct login *login);

/* Closes the file, if there is one. */
void login_web_finish(struct login *login);

#endif
