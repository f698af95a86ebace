/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: text as RFC 3629 defines it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
 * The functions are small enough to be compiled where they are used. */
#ifndef ZEROVNC_UTF8_H
#define ZEROVNC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* How many bytes a character has that begins with this byte. 0 if no character begins with it. */
static inline size_t utf8_length(uint8_t lead) {
	return lead < 0x80             ? 1
	       : (lead & 0xe0) == 0xc0 ? 2
	       : (lead & 0xf0) == 0xe0 ? 3
	       : (lead & 0xf8) == 0xf0 ? 4
				       : 0;
}

/* How many bytes the character takes that begins at `text`, of which `size` bytes may be read. 0 if no whole
 * character begins there. */
static inline size_t utf8_next(const char *text, size_t size, uint32_t *codepoint) {
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* smaller values have a shorter form */
	static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const uint8_t *bytes = (const uint8_t *)text;
	size_t length = size ? utf8_length(bytes[0]) : 0;
	if (length == 0 || length > size)
		return 0;
	uint32_t value = bytes[0] & lead_bits[length];
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*codepoint = value;
	return length;
}

/* Whether all of it is UTF-8. */
static inline bool utf8_is_valid(const char *text) {
	uint32_t codepoint;
	for (size_t size = strlen(text), length; size; text += length, size -= length)
		if ((length = utf8_next(text, size, &codepoint)) == 0)
			return false;
	return true;
}

/* For a text that was cut at some byte: removes an incomplete character at its end. */
static inline void utf8_trim(char *text) {
	size_t size = strlen(text), tail = 0;
	while (tail < size && tail < 3 && (text[size - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < size && utf8_length((uint8_t)text[size - 1 - tail]) > tail + 1)
		text[size - 1 - tail] = '\0';
}

/* Copies as much of `text` as fits into `size` bytes, and cuts it between two characters. */
static inline void utf8_copy(char *copy, size_t size, const char *text) {
	if (snprintf(copy, size, "%s", text) >= (int)size)
		utf8_trim(copy);
}

#endif
