/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printable: text from outside (a viewer, a socket, a monitor, a file's name) on its way to a terminal, a log
 * or JSON. Nothing in it may end a line, drive a terminal or turn the direction of what follows.
 *
 * What may not pass is written as in C: a control character or a byte that is no UTF-8 as \x1b, a character
 * beyond ASCII as \u202e or \U000e0001. Those are C0, DEL and C1, line and paragraph separators, marks of
 * direction, and characters that show nothing but may hide something. What is printable stays as it is, in
 * every script.
 */
#ifndef ZEROVNC_PRINTABLE_H
#define ZEROVNC_PRINTABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* Room for one character as it is written. */
enum { PRINTABLE_PER_BYTE = 10 };

/* Writes `text` into `room`, cut between two characters where it is too long for `size` bytes. */
void printable(char *room, size_t size, const char *text);

/* As above, to stand between two of the marks `quote`: that mark and the backslash get a backslash before
 * them, so that a value cannot end its quotes. Writing the result by printable() changes nothing more. */
void printable_quoted(char *room, size_t size, const char *text, char quote);

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
