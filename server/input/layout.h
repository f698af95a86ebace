/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: which keyboard layouts this machine is set to, as xkb names them. Files and environment only; no
 * xkb calls, no threads, no state.
 */
#ifndef ZEROVNC_LAYOUT_H
#define ZEROVNC_LAYOUT_H

#include "capture/reason.h"

struct layout {
	char rules[32];                   /* "evdev" */
	char model[64];                   /* "pc105" */
	char layouts[128], variants[192]; /* comma lists of the same length: "de,us", "nodeadkeys," */
	char options[512];                /* "grp:alt_shift_toggle,caps:escape", may be empty */
	char origin[160];                 /* for people: "/etc/default/keyboard" */
};

/*
 * The system's: the environment (XKB_DEFAULT_*), then what localed wrote (xorg.conf.d/00-keyboard.conf,
 * vconsole.conf), then /etc/default/keyboard, else "us". `root` is put before the paths, "" for the real
 * ones.
 */
void layout_of_system(struct layout *layout, const char *root);

/*
 * As --layout: "de:nodeadkeys,us". Replaces the layouts and variants of `layout` (which holds the system's)
 * and keeps its rules, model and options. 0, or -EINVAL with a reason.
 */
int layout_parse(struct layout *layout, const char *text, struct reason *reason);

#endif
