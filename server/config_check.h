/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_check: what the value of a setting must look like, by the words of those who use it: so that a
 * mistake is told with the place where it stands. What only this machine can tell (a user, a port in use) is
 * theirs. */
#ifndef ZEROVNC_CONFIG_CHECK_H
#define ZEROVNC_CONFIG_CHECK_H

#include "capture/reason.h"

/* `value` is the caller's; of a list, blanks beside commas are taken out of it. 0, or -EINVAL with a reason.
 */
int config_check(const char *name, char *value, struct reason *reason);

#endif
