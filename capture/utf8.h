/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: text as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
#ifndef ZEROVNC_UTF8_H
#define ZEROVNC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the character takes that begins at `text`, of which `size` bytes may be read; 0: no whole
 * character begins there. */
size_t utf8_next(const char *text, size_t size, uint32_t *codepoint);

/* Whether all of it is UTF-8. */
bool utf8_is_valid(const char *text);

/* `text` was cut at some byte: takes away the beginning of a character that is left at its end. */
void utf8_trim(char *text);

/* Copies as much of `text` as fits into `size` bytes, cut between two characters. */
void utf8_copy(char *copy, size_t size, const char *text);

#endif
