/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extensions: which of RFB's extensions a viewer and we both know. */
#ifndef ZEROVNC_EXTENSIONS_H
#define ZEROVNC_EXTENSIONS_H

#include <stdint.h>

/* The pseudo-encodings for a cursor's shape, the best first: those with alpha come before the one with a
 * mask. Those for its position are ordered likewise. Each list ends with 0. */
extern const int32_t extensions_cursor_shapes[], extensions_cursor_places[];

#endif
