/* SPDX-License-Identifier: GPL-2.0-or-later */
/* losing_zerovnc: the server with a GL that loses each context before its twelfth frame. */
#include "tests/encode/gl/faults.h"

static __attribute__((constructor)) void lose_contexts(void) {
	faults.lose = 12;
}
