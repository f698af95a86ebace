/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record: what the log says about one login: who it is, and what was decided (auth/verdict.h). */
#ifndef ZEROVNC_RECORD_H
#define ZEROVNC_RECORD_H

#include <stdbool.h>

#include "server/net/login/refusals.h"

struct login;

/* Its proof was right. `how`: as what it is let in, such as " (view only)". */
void record_let_in(const struct login *login, const char *how);

/* Its proof was wrong. */
void record_wrong_proof(const struct login *login);

/* It is refused for another reason. */
void record_refused(const struct login *login, enum refusal kind, const char *why);

/* It becomes a viewer. */
void record_came_in(const struct login *login, bool view_only);

#endif
