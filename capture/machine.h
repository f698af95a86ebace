/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine: the screens that this machine has: of a display card, or of a framebuffer device. */
#ifndef ZEROVNC_MACHINE_H
#define ZEROVNC_MACHINE_H

#include "capture/source.h"

/* As source_open(), for SOURCE_AUTO, SOURCE_KMS and SOURCE_FBDEV, by this process itself. */
int machine_open(const struct source_options *options, struct source **source, struct reason *why);

#endif
