/* SPDX-License-Identifier: GPL-2.0-or-later */
/* losing_zerovnc: the server, with a GL whose contexts are each lost before their twelfth frame. */
#include "tests/encode/gl/faults.h"

static __attribute__((constructor)) void lose_contexts(void) {
	faults.lose = 12;
}
