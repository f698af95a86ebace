/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZEROVNC_ARRAY_H
#define ZEROVNC_ARRAY_H

/* How many elements an array has. Not for pointers. */
#define ARRAY_LEN(array) (sizeof(array) / sizeof(array)[0])

#endif
