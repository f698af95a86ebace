/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table: viewers for people, one a line, in columns that are as wide as they need to be. */
#ifndef ZEROVNC_COMMAND_TABLE_H
#define ZEROVNC_COMMAND_TABLE_H

#include <jansson.h>

/* Prints a list such as status_build_viewers() returns on standard output. Its strings are printable. */
void table_print_viewers(const json_t *viewers);

#endif
