/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: what was decided about a client that wants to come in, for the administrator, always in the same
 * form, so that programs can read it too:
 *
 *     X509Plain: user "alice" from 192.0.2.7:51234 let in
 *     VncAuth: 192.0.2.7:51234 refused: wrong password
 */
#ifndef ZEROVNC_VERDICT_H
#define ZEROVNC_VERDICT_H

/* The client that the verdict is about. NULL is the same as "". */
struct verdict_about {
	const char *type; /* the security type's name; "": none was chosen yet */
	const char *user; /* as the client sent it; "": none was asked for */
	const char *address;
	const char *by; /* the user of this machine who connected, "user alice, uid 1000"; "": unknown */
};

enum { VERDICT_LINE = 1024 };

/* Writes the line for the log. `what` and `more`: what was decided, one after the other. Returns `line`. */
const char *verdict_line(
	char line[VERDICT_LINE], const struct verdict_about *about, const char *what, const char *more);

#endif
