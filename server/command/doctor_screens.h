/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_screens: what `zerovnc doctor` finds out about the outputs that would be served. No file outside of
 * this folder includes it. */
#ifndef ZEROVNC_DOCTOR_SCREENS_H
#define ZEROVNC_DOCTOR_SCREENS_H

#include "server/command/findings.h"
#include "server/config/config.h"

/*
 * Opens each source, acquires and converts a frame of it, and measures how long that takes. The facts about
 * each are an object of the report's array "outputs". Those about the first are members of the report itself,
 * too.
 */
void doctor_screens_examine(struct findings *findings, const struct config *config);

#endif
