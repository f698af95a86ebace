/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module: loads and unloads the kernel's modules, by modprobe. Any thread. */
#ifndef ZEROVNC_MONITOR_MODULE_H
#define ZEROVNC_MONITOR_MODULE_H

#include <stdbool.h>

#include "capture/base/reason.h"

bool module_is_loaded(const char *root, const char *name);

/* `option` (or NULL) is like "create_default_dev=0". 0, or -errno with a reason. */
int module_load(const char *root, const char *name, const char *option, struct reason *reason);

/* Waits a moment for programs to let go. 0, also if it is not loaded; -EBUSY: it stays. */
int module_unload(const char *root, const char *name);

#endif
