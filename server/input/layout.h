/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: the keyboard layouts to which this machine is set, by xkb's names. It reads files and the
 * environment only. It makes no xkb calls, starts no threads and keeps no state.
 */
#ifndef ZEROVNC_INPUT_LAYOUT_H
#define ZEROVNC_INPUT_LAYOUT_H

#include "capture/base/reason.h"

struct layout {
	char rules[32];                   /* "evdev" */
	char model[64];                   /* "pc105" */
	char layouts[128], variants[192]; /* comma lists of the same length: "de,us", "nodeadkeys," */
	char options[512];                /* "grp:alt_shift_toggle,caps:escape"; may be empty */
	char origin[160];                 /* where it was found, for people: "/etc/default/keyboard" */
};

/*
 * Reads the system's layout from the first of these that names one: the environment (XKB_DEFAULT_*), the
 * files that localed writes (xorg.conf.d/00-keyboard.conf, then vconsole.conf), /etc/default/keyboard. If
 * none does, the layout is "us". `root` is put before the paths; pass "" for the real ones.
 */
void layout_of_system(struct layout *layout, const char *root);

/*
 * Parses the value of --layout, such as "de:nodeadkeys,us". `layout` holds the system's layout: its layouts,
 * variants and origin are replaced; its rules, model and options are kept. 0, or -EINVAL with a reason; then
 * `layout` is unchanged.
 */
int layout_parse(struct layout *layout, const char *text, struct reason *reason);

#endif
