/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_ask: how a command such as `zerovnc status` asks the running server (server/control/control.h). */
#ifndef ZEROVNC_CONTROL_ASK_H
#define ZEROVNC_CONTROL_ASK_H

#include <jansson.h>

#include "capture/base/reason.h"

/* Asks the server at `path`. If that is NULL, tries the places where a server of this user may listen. Only a
 * server that this user or root runs is asked, and by root the service (folder_is_service()). Returns the
 * answer as a new reference, or NULL with a reason. Blocks. */
json_t *control_ask(const char *path, const char *request, struct reason *reason);

/* Asks in the same way, and returns the connection, which the caller owns, as soon as the server begins to
 * answer. Or returns -errno with a reason. A read of it waits for 5 s at most. Blocks. */
int control_open(const char *path, const char *request, struct reason *reason);

#endif
