/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/utf8.h"

#include <stdio.h>
#include <string.h>

static const struct form {
	uint8_t mask, lead; /* of the first byte */
	uint32_t least;     /* what is smaller has a shorter form */
} forms[] = {
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

enum { FORMS = sizeof forms / sizeof forms[0] };

/* How many bytes a character has that begins like this; 0: none does. */
static size_t length_of(uint8_t lead) {
	for (size_t i = 0; i < FORMS; i++)
		if ((lead & forms[i].mask) == forms[i].lead)
			return i + 1;
	return 0;
}

size_t utf8_next(const char *text, size_t size, uint32_t *codepoint) {
	const uint8_t *bytes = (const uint8_t *)text;
	size_t length = size ? length_of(bytes[0]) : 0;
	if (length == 0 || length > size)
		return 0;
	uint32_t value = bytes[0] & (uint8_t)~forms[length - 1].mask;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < forms[length - 1].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*codepoint = value;
	return length;
}

bool utf8_is_valid(const char *text) {
	uint32_t codepoint;
	for (size_t size = strlen(text), length; size; text += length, size -= length)
		if ((length = utf8_next(text, size, &codepoint)) == 0)
			return false;
	return true;
}

void utf8_trim(char *text) {
	size_t size = strlen(text), tail = 0;
	while (tail < size && tail < FORMS - 1 && (text[size - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < size && length_of((uint8_t)text[size - 1 - tail]) > tail + 1)
		text[size - 1 - tail] = '\0';
}

void utf8_copy(char *copy, size_t size, const char *text) {
	if (snprintf(copy, size, "%s", text) >= (int)size)
		utf8_trim(copy);
}
