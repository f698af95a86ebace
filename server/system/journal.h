/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: entries of systemd's journal that have fields of their own, by its native protocol
 * (systemd.journal-fields(7), "Journal Native Protocol" on systemd.io). Any thread.
 */
#ifndef ZEROVNC_JOURNAL_H
#define ZEROVNC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/* A field whose text is NULL or "" is left out. Line ends must not be in it. */
struct journal_field {
	const char *name, *text;
};

/* Whether standard error is the journal's. */
bool journal_is_stderr(void);

/* Opens the journal's socket for good, if standard error is the journal's. To be called before there are
 * threads, and before the server gives up what that takes. */
void journal_prepare(void);

/* Makes one entry. 0 or -errno: the journal cannot be reached, or takes nothing at the moment. Never waits.
 */
int journal_send(const struct journal_field *fields, size_t count);

#endif
