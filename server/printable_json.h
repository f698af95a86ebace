/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable_json: JSON that holds text from outside, made printable as printable.h has it. */
#ifndef ZEROVNC_PRINTABLE_JSON_H
#define ZEROVNC_PRINTABLE_JSON_H

#include <jansson.h>
#include <stdio.h>

/* A copy of `json` in which every string and every key is printable: to be shown as words. A new reference;
 * NULL: out of memory. */
json_t *printable_json(const json_t *json);

/* A JSON string of any bytes: those that are no UTF-8, which JSON does not take, as above. A new reference.
 */
json_t *printable_string(const char *text);

/* Writes indented JSON and a line feed. The characters that may not pass stand there as \uXXXX, so that a
 * program reads them unchanged and a terminal does not see them. */
void printable_dump(const json_t *json, FILE *stream);

#endif
