/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * desktop: which desktop a user gets who names none, as display managers choose it: the one that the user
 * chose last (AccountsService, ~/.dmrc), else the first that is installed (/usr/share/wayland-sessions, then
 * /usr/share/xsessions), else a shell on the text console. The Exec key is that of the Desktop Entry
 * Specification 1.5. `root` is put in front of every path ("" for this machine itself).
 */
#ifndef ZEROVNC_DESKTOP_H
#define ZEROVNC_DESKTOP_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/base/reason.h"

enum desktop_kind { DESKTOP_WAYLAND, DESKTOP_X11, DESKTOP_CONSOLE };

enum { DESKTOP_WORDS = 32, DESKTOP_TEXT = 1024, DESKTOP_NAME = 64 };

struct desktop {
	enum desktop_kind kind;
	char name[DESKTOP_NAME];        /* of its file, without ".desktop" */
	char current[DESKTOP_NAME];     /* for XDG_CURRENT_DESKTOP: "GNOME" or "ubuntu:GNOME"; "": unknown */
	char *words[DESKTOP_WORDS + 1]; /* what is run, which ends with NULL; point into `text` */
	char text[DESKTOP_TEXT];
};

struct desktop_user {
	const char *name, *home, *shell;
};

/* Chooses. `why` gets the reason, for a person. Never fails: there is always a text console. */
void desktop_choose(
	const char *root, const struct desktop_user *user, struct desktop *desktop, struct reason *why);

/* Finds the desktop that this program begins, whatever folder either names it in. If there is one for Wayland
 * and one for X, it is the one for Wayland. False: no session file runs it; `desktop` is undefined then. */
bool desktop_find(const char *root, const char *program, struct desktop *desktop);

#endif
