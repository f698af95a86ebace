/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_monitor: what the option --monitor asks for, as capture/monitor wants to know it. */
#ifndef ZEROVNC_CONFIG_MONITOR_H
#define ZEROVNC_CONFIG_MONITOR_H

#include "capture/base/reason.h"
#include "capture/monitor/monitor.h"

/*
 * Reads "no", "auto", "auto:1600x900", or connectors: "HDMI-A-1:1600x900,DP-1". NULL is "no". Returns 1 if
 * displays are to be made where there is none, 0 if not, or -EINVAL with a reason.
 */
int config_monitor(const char *value, struct monitor_wish *wish, struct reason *reason);

/* Reads the sizes of screens, "1600x900,1280x1024". Returns how many there are; 0: it is something else, or
 * more than MONITOR_SCREENS. */
size_t config_screens(const char *value, struct monitor_screen screens[MONITOR_SCREENS]);

#endif
