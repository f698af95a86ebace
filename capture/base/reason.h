/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason: why something failed, in words for a person.
 *
 * capture/ and encode/ do not log. A function that fails returns -errno and fills a reason if a person must
 * be told. server/ shows it in the log, in `doctor` and in `status`. A good reason names what would help
 * ("run as root, or by the systemd unit").
 */
#ifndef ZEROVNC_REASON_H
#define ZEROVNC_REASON_H

struct reason {
	char text[320];
};

/*
 * Formats the text (cut at the size above) and returns `error`, so that a failing function can say
 * `return reason_set(reason, -EACCES, "cannot open %s: ...", path);`. If `reason` is NULL, nothing is
 * written.
 */
int reason_set(struct reason *reason, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds to the text, which is cut at the same size. */
void reason_append(struct reason *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
