/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admission: whether a client may come in beside the present viewers, and what becomes of these. */
#ifndef ZEROVNC_ADMISSION_H
#define ZEROVNC_ADMISSION_H

#include <stdbool.h>

#include "server/net/sharing.h"

struct logins;
struct peer;

/* Why the client's place may not have one more viewer, or NULL if it may. */
const char *admission_crowded(const struct logins *logins, const struct peer *peer);

/* The client has proved who it is, and may be a viewer that waits already. Returns why it may not join the
 * present viewers, or NULL if it may. `alone`: the others must go then; see admission_end_others(). */
const char *admission_refusal(const struct logins *logins, const struct peer *peer,
	const struct sharing_newcomer *newcomer, bool *alone);

/* This viewer has joined. Ends all others, except for those that wait. */
void admission_end_others(const struct logins *logins, const struct peer *newcomer);

#endif
