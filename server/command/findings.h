/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings: what `zerovnc doctor` found out, as JSON. No file outside of this folder includes it. */
#ifndef ZEROVNC_FINDINGS_H
#define ZEROVNC_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>

enum findings_level { FINDINGS_OK, FINDINGS_WARNING, FINDINGS_PROBLEM };

struct findings {
	json_t *report; /* owned, as doctor_examine() returns it */
	json_t *checks; /* part of the report */
	json_t *facts;  /* borrowed: what findings_note() writes to */
	/* The output that is being examined, if several are; NULL: none. Borrowed. */
	const char *output;
	bool can_serve;
};

/* False: out of memory. */
bool findings_init(struct findings *findings);

/* Adds a line for people. `name` is that of the check. */
void findings_say(struct findings *findings, const char *name, enum findings_level level, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Adds a fact for programs. */
void findings_note(struct findings *findings, const char *key, const char *text);

/* Says that there is a problem that keeps `serve` from serving, as opposed to one that it can live with. */
void findings_cannot_serve(struct findings *findings, const char *name, const char *text);

#endif
