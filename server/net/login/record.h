/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record: what the log says about one login: who it is, and what was decided (auth/verdict.h). */
#ifndef ZEROVNC_RECORD_H
#define ZEROVNC_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "server/net/login/refusals.h"

struct login;

/* Its proof was right. `how`: as what it is let in, such as " (view only)". */
void record_let_in(const struct login *login, const char *how);

/* Its proof was wrong. */
void record_wrong_proof(const struct login *login);

/* It is refused for another reason. */
void record_refused(const struct login *login, enum refusal kind, const char *why);

/* Logs a line that says why, but does not tell the session. */
void record_line(const struct login *login, enum refusal kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Tells the session, but not the log, that it is refused. The functions above do so themselves. */
void record_turned_away(const struct login *login, const char *why);

/* It becomes the viewer with this id. */
void record_came_in(const struct login *login, bool view_only, uint64_t id);

#endif
