/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fbdev: a framebuffer device (/dev/fbN) as a source, for kernels that drive the screen without DRM. See
 * Documentation/fb/api.rst of the kernel.
 *
 * Display cards with a DRM driver have such a device, too, which shows only the text console: they are served
 * by kms.
 */
#ifndef ZEROVNC_FBDEV_H
#define ZEROVNC_FBDEV_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/source.h"

/* Opens options->card ("/dev/fbN"), or the first framebuffer device without a DRM driver. As source_open().
 * -ENODEV: there is none. */
int fbdev_open(const struct source_options *options, struct source **source, struct reason *why);

/* Writes the node of the first framebuffer device without a DRM driver. False: there is none. `root` is put
 * in front of every path ("": this machine itself). */
bool fbdev_find(const char *root, char *node, size_t size);

#endif
