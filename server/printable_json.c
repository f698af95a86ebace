/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/printable_json.h"

#include <stdlib.h>
#include <string.h>

#include "server/printable.h"

/* Returns the whole text, printable, on the heap. NULL: out of memory. */
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

/* JSON has \u with 16 bits only: a character beyond them is written as a pair of surrogates. */
static void dump_hidden(uint32_t codepoint, FILE *stream) {
	if (codepoint > 0xffff) {
		fprintf(stream, "\\u%04x", (unsigned)(0xd7c0 + (codepoint >> 10)));
		codepoint = 0xdc00 | (codepoint & 0x3ff);
	}
	fprintf(stream, "\\u%04x", (unsigned)codepoint);
}

/* jansson calls this with pieces of whole characters. Between strings, the only hidden characters that it
 * writes are line feeds; within strings it has escaped those. */
static int dump_piece(const char *text, size_t size, void *context) {
	FILE *stream = context;
	while (size) {
		uint32_t codepoint = 0;
		size_t length = utf8_next(text, size, &codepoint);
		if (length && codepoint != '\n' && printable_is_hidden(codepoint))
			dump_hidden(codepoint, stream);
		else
			fwrite(text, 1, length ? length : 1, stream);
		text += length ? length : 1;
		size -= length ? length : 1;
	}
	return 0;
}

static void dump(const json_t *json, size_t form, FILE *stream) {
	json_dump_callback(json, dump_piece, stream, form | JSON_REAL_PRECISION(6));
	fputc('\n', stream);
}

void printable_dump(const json_t *json, FILE *stream) {
	dump(json, JSON_INDENT(2), stream);
}

void printable_dump_line(const json_t *json, FILE *stream) {
	dump(json, JSON_COMPACT, stream);
}
