/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable_json: JSON that holds text from outside, made printable by the rules of printable.h. */
#ifndef ZEROVNC_PRINTABLE_JSON_H
#define ZEROVNC_PRINTABLE_JSON_H

#include <jansson.h>
#include <stdio.h>

/* Returns a copy of `json` in which every string and every key is printable, to be shown as words. A new
 * reference; NULL: out of memory. */
json_t *printable_json(const json_t *json);

/* Returns a JSON string of any bytes. Bytes that are no UTF-8, which JSON does not allow, are made printable.
 * A new reference; NULL: out of memory. */
json_t *printable_string(const char *text);

/* Writes indented JSON and a line feed. Characters that may not pass are written as \uXXXX, so that a program
 * reads them unchanged and a terminal does not see them. */
void printable_dump(const json_t *json, FILE *stream);

/* Writes the same on one line. */
void printable_dump_line(const json_t *json, FILE *stream);

#endif
