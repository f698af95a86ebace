/* SPDX-License-Identifier: GPL-2.0-or-later */
/* called: for tests that stand in for what a unit calls (--wrap), and check which calls come in which order.
 */
#ifndef ZEROVNC_TESTS_CALLED_H
#define ZEROVNC_TESTS_CALLED_H

#include <stdio.h>
#include <string.h>

static char done[200]; /* what was called, in this order */

static void note(const char *what) {
	size_t used = strlen(done);
	snprintf(done + used, sizeof done - used, "%s%s", used ? " " : "", what);
}

#define WRAP(result, name, parameters, body)                                                                 \
	result __wrap_##name parameters;                                                                     \
	result __wrap_##name parameters body

#endif
