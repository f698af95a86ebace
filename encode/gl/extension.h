/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extension: what EGL and OpenGL ES list as supported. */
#ifndef ZEROVNC_EXTENSION_H
#define ZEROVNC_EXTENSION_H

#include <stdbool.h>

/*
 * Whether the space-separated `list` (NULL counts as empty) names the extension. All questions about
 * extensions go through here, so tests replace it to make some seem to be missing.
 */
bool extension_is_listed(const char *list, const char *extension);

#endif
