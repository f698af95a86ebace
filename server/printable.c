/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/utf8.h"

/* By Unicode 15's categories Cc, Zl, Zp and most of Cf; not the joiners U+200C and U+200D, which scripts and
 * emoji need. */
static const struct {
	uint32_t first, last;
} hidden[] = {
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

static bool is_hidden(uint32_t codepoint) {
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (codepoint >= hidden[i].first && codepoint <= hidden[i].last)
			return true;
	return false;
}

/* The next character as it is to be written, of at most PRINTABLE_PER_BYTE bytes. Returns how many bytes of
 * `text`, which is not empty, it stands for. */
static size_t next(const char *text, size_t size, char quote, char piece[PRINTABLE_PER_BYTE + 1]) {
	uint32_t codepoint;
	size_t length = utf8_next(text, size, &codepoint);
	if (length == 0 || (length == 1 && is_hidden(codepoint)))
		sprintf(piece, "\\x%02x", *(const unsigned char *)text);
	else if (is_hidden(codepoint))
		sprintf(piece, codepoint > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)codepoint);
	else if (quote && (*text == quote || *text == '\\'))
		sprintf(piece, "\\%c", *text);
	else
		sprintf(piece, "%.*s", (int)length, text);
	return length ? length : 1;
}

void printable_quoted(char *room, size_t size, const char *text, char quote) {
	size_t left = strlen(text), used = 0;
	while (left) {
		char piece[PRINTABLE_PER_BYTE + 1];
		size_t taken = next(text, left, quote, piece), length = strlen(piece);
		if (used + length >= size)
			break;
		memcpy(room + used, piece, length);
		used += length;
		text += taken;
		left -= taken;
	}
	room[used] = '\0';
}

void printable(char *room, size_t size, const char *text) {
	printable_quoted(room, size, text, '\0');
}

/* On the heap; NULL: out of memory. */
static char *whole(const char *text) {
	size_t size = strlen(text) * PRINTABLE_PER_BYTE + 1;
	char *room = malloc(size);
	if (room)
		printable(room, size, text);
	return room;
}

static json_t *string_of(const char *text) {
	char *room = whole(text);
	json_t *json = room ? json_string(room) : NULL;
	free(room);
	return json;
}

json_t *printable_string(const char *text) {
	json_t *json = json_string(text);
	return json ? json : string_of(text);
}

static json_t *object_of(const json_t *object) {
	json_t *copy = json_object(), *value;
	const char *key;
	json_object_foreach((json_t *)object, key, value) {
		char *name = whole(key);
		int error = name ? json_object_set_new(copy, name, printable_json(value)) : -1;
		free(name);
		if (error)
			break;
	}
	return copy;
}

static json_t *array_of(const json_t *array) {
	json_t *copy = json_array();
	for (size_t i = 0; i < json_array_size(array); i++)
		json_array_append_new(copy, printable_json(json_array_get(array, i)));
	return copy;
}

json_t *printable_json(const json_t *json) {
	switch (json_typeof(json)) {
	case JSON_STRING:
		return string_of(json_string_value(json));
	case JSON_OBJECT:
		return object_of(json);
	case JSON_ARRAY:
		return array_of(json);
	default:
		return json_copy((json_t *)json);
	}
}

/* JSON knows \u and 16 bits: what is beyond them is a pair of surrogates. */
static void dump_hidden(uint32_t codepoint, FILE *stream) {
	if (codepoint > 0xffff) {
		fprintf(stream, "\\u%04x", (unsigned)(0xd7c0 + (codepoint >> 10)));
		codepoint = 0xdc00 | (codepoint & 0x3ff);
	}
	fprintf(stream, "\\u%04x", (unsigned)codepoint);
}

/* Called with pieces of whole characters. Between strings jansson writes line feeds and nothing else that is
 * hidden; within them it has escaped those. */
static int dump_piece(const char *text, size_t size, void *context) {
	FILE *stream = context;
	while (size) {
		uint32_t codepoint = 0;
		size_t length = utf8_next(text, size, &codepoint);
		if (length && codepoint != '\n' && is_hidden(codepoint))
			dump_hidden(codepoint, stream);
		else
			fwrite(text, 1, length ? length : 1, stream);
		text += length ? length : 1;
		size -= length ? length : 1;
	}
	return 0;
}

void printable_dump(const json_t *json, FILE *stream) {
	json_dump_callback(json, dump_piece, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	fputc('\n', stream);
}
