/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_check: checks what the value of a setting looks like, with the parsers of the modules that use it.
 * So a mistake is reported with the place where it was written. Whatever depends on this machine (a user, a
 * port in use) is checked by those modules later. */
#ifndef ZEROVNC_CONFIG_CHECK_H
#define ZEROVNC_CONFIG_CHECK_H

#include "capture/base/reason.h"

/* Checks the value of the setting `name`. `value` is borrowed; if it is a list, blanks beside its commas are
 * removed in place. 0, or -EINVAL with a reason. */
int config_check(const char *name, char *value, struct reason *reason);

#endif
