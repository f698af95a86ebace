/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printable: makes text from outside (a viewer, a socket, a monitor, a file's name) safe for a terminal, a
 * log or JSON. Nothing in it may end a line, drive a terminal or turn the direction of what follows. No
 * state; any thread.
 *
 * What may not pass is written as in C. A control character or a byte that is no UTF-8 becomes \x1b, and a
 * character beyond ASCII becomes \u202e or \U000e0001. This concerns C0, DEL and C1, line and paragraph
 * separators, marks of direction, and characters that show nothing but may hide something. Printable
 * characters of every script stay as they are. printable_json.h has the same for JSON.
 */
#ifndef ZEROVNC_PRINTABLE_H
#define ZEROVNC_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"

/* The most bytes that one character needs when it is written. */
enum { PRINTABLE_PER_BYTE = 10 };

/* The characters that may not pass. They are Unicode 15's categories Cc, Zl, Zp and most of Cf, without the
 * joiners U+200C and U+200D, which scripts and emoji need. */
static const struct {
	uint32_t first, last;
} printable_hidden[] = {
	{0x00, 0x1f},       /* C0 */
	{0x7f, 0x9f},       /* DEL, C1 */
	{0x61c, 0x61c},     /* Arabic letter mark */
	{0x180e, 0x180e},   /* Mongolian vowel separator */
	{0x200b, 0x200b},   /* zero width space */
	{0x200e, 0x200f},   /* marks of direction */
	{0x2028, 0x202e},   /* separators of lines and paragraphs, embeddings and overrides */
	{0x2060, 0x206f},   /* invisible operators, isolates, deprecated formats */
	{0xfeff, 0xfeff},   /* byte order mark */
	{0xfff9, 0xfffb},   /* interlinear annotations */
	{0x1d173, 0x1d17a}, /* formats of musical notation */
	{0xe0000, 0xe0fff}, /* tags, variation selectors beyond the common ones */
};

static inline bool printable_is_hidden(uint32_t codepoint) {
	for (size_t i = 0; i < ARRAY_LEN(printable_hidden); i++)
		if (codepoint >= printable_hidden[i].first && codepoint <= printable_hidden[i].last)
			return true;
	return false;
}

/* Writes the next character of `text`, made printable, into `piece`. That takes at most PRINTABLE_PER_BYTE
 * bytes and the final 0. `size` is the length of `text`, which must not be empty. `quote` is as in
 * printable_quoted(), or 0. Returns how many bytes of `text` the piece stands for. */
static inline size_t printable_next(
	const char *text, size_t size, char quote, char piece[PRINTABLE_PER_BYTE + 1]) {
	uint32_t codepoint;
	size_t length = utf8_next(text, size, &codepoint);
	if (length == 0 || (length == 1 && printable_is_hidden(codepoint)))
		sprintf(piece, "\\x%02x", *(const unsigned char *)text);
	else if (printable_is_hidden(codepoint))
		sprintf(piece, codepoint > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)codepoint);
	else if (quote && (*text == quote || *text == '\\'))
		sprintf(piece, "\\%c", *text);
	else
		sprintf(piece, "%.*s", (int)length, text);
	return length ? length : 1;
}

/* As printable(), for text that will stand between two of the marks `quote`. That mark and the backslash get
 * a backslash before them, so that a value cannot end its quotes. Passing the result through printable()
 * changes nothing more. */
static inline void printable_quoted(char *room, size_t size, const char *text, char quote) {
	size_t left = strlen(text), used = 0;
	while (left) {
		char piece[PRINTABLE_PER_BYTE + 1];
		size_t taken = printable_next(text, left, quote, piece), length = strlen(piece);
		if (used + length >= size)
			break;
		memcpy(room + used, piece, length);
		used += length;
		text += taken;
		left -= taken;
	}
	room[used] = '\0';
}

/* Writes `text`, made printable, into `room`. If it is too long for `size` bytes, it is cut between two
 * characters. */
static inline void printable(char *room, size_t size, const char *text) {
	printable_quoted(room, size, text, '\0');
}

#endif
