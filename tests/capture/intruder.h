/* SPDX-License-Identifier: GPL-2.0-or-later */
/* intruder: what somebody would try who has taken over a process that is in a sandbox. */
#ifndef ZEROVNC_TESTS_INTRUDER_H
#define ZEROVNC_TESTS_INTRUDER_H

#include <errno.h>
#include <stdbool.h>

/* Is told what came of each attempt; errno is that of the attempt. */
typedef void intruder_judge(long result, const char *attempt);

/* Tries to start something, to reach other processes or the network, and to change what the card shows.
 * `card` is any file. */
void intruder_acts(int card, intruder_judge *judge);

/* Tries to make and change files. */
void intruder_changes_files(intruder_judge *judge);

/* Tries to open files. */
void intruder_opens_files(intruder_judge *judge);

static inline bool intruder_was_refused(long result) {
	return result < 0 && (errno == EPERM || errno == EACCES);
}

#endif
