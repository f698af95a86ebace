/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admission: whether a client may come in beside the present viewers, and what becomes of these. */
#ifndef ZEROVNC_ADMISSION_H
#define ZEROVNC_ADMISSION_H

#include <stdbool.h>

#include "server/net/sharing.h"

struct login;

/* Why the client's place may not have one more viewer, or NULL if it may. */
const char *admission_crowded(const struct login *login);

/* The client has proved who it is. Returns why it may not come in beside the present viewers, or NULL if it
 * may. `alone`: the others must go then; see admission_end_others(). */
const char *admission_refusal(
	const struct login *login, const struct sharing_newcomer *newcomer, bool *alone);

/* Ends the present viewers. */
void admission_end_others(const struct login *login);

#endif
