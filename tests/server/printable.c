/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/printable.h"
#include "server/printable_json.h"

#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"
#include "tests/test.h"

static const struct {
	const char *text, *shown, *quoted;
} texts[] = {
	{"plain (text), 100 %", "plain (text), 100 %", NULL},
	{"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", NULL, NULL},
	{"a\nb\tc\r", "a\\x0ab\\x09c\\x0d", NULL},
	{"\x1b]0;title\x07", "\\x1b]0;title\\x07", NULL},
	{"\x7f", "\\x7f", NULL},
	{"\xc2\x9b"
	 "31m",
		"\\u009b31m", NULL},
	{"\x9b"
	 "31m",
		"\\x9b31m", NULL},
	{"\xc0\x9b\xed\xa0\x80\xff", "\\xc0\\x9b\\xed\\xa0\\x80\\xff", NULL},
	{"user\xe2\x80\xaetxt.exe", "user\\u202etxt.exe", NULL},
	{"\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8", "\\u2066\\u200f\\u061c\\u2028", NULL},
	{"\xf3\xa0\x81\x81", "\\U000e0041", NULL},
	{"' came in", "' came in", "\\' came in"},
	{"\\' came in", "\\' came in", "\\\\\\' came in"},
	{"say \"x\"", "say \"x\"", "say \"x\""},
	{"cut\xe2\x82", "cut\\xe2\\x82", NULL},
};

static void writes_texts(void) {
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char room[256], again[256];
		const char *shown = texts[i].shown ? texts[i].shown : texts[i].text;
		printable(room, sizeof room, texts[i].text);
		CHECK_SAY(strcmp(room, shown) == 0, "'%s' instead of '%s'", room, shown);
		printable_quoted(room, sizeof room, texts[i].text, '\'');
		CHECK_SAY(strcmp(room, texts[i].quoted ? texts[i].quoted : shown) == 0, "'%s'", room);
		printable(again, sizeof again, room);
		CHECK_SAY(strcmp(again, room) == 0, "'%s', then '%s'", room, again);
	}
}

/* Nothing is written beyond the buffer, and text is cut only between two characters. */
static void keeps_to_its_room(void) {
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		for (size_t size = 1; size < 24; size++) {
			char room[32], all[256];
			memset(room, 'x', sizeof room);
			printable_quoted(room, size, texts[i].text, '\'');
			printable_quoted(all, sizeof all, texts[i].text, '\'');
			CHECK(strlen(room) < size && room[size] == 'x' && utf8_is_valid(room));
			CHECK(strncmp(all, room, strlen(room)) == 0);
			CHECK(strlen(all) - strlen(room) == 0 || strlen(room) + PRINTABLE_PER_BYTE >= size);
		}
	}
}

static void is_plain(const char *text) {
	uint32_t codepoint;
	for (size_t size = strlen(text), length; size; text += length, size -= length) {
		CHECK_SAY((length = utf8_next(text, size, &codepoint)) > 0, "%s", text);
		CHECK_SAY(codepoint == '\n' || (codepoint >= ' ' && codepoint < 0x7f) || codepoint >= 0xa0,
			"%s", text);
		CHECK_SAY(codepoint != 0x202e, "%s", text);
	}
}

/* A program that reads the JSON gets the original text; a terminal that shows it gets no control
 * character. */
static void dumps_json(void) {
	static const char hostile[] = "\x1b[2J\n\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 gr\xc3\xbc\xc3\x9f";
	char *text;
	size_t size;
	json_error_t error;
	json_t *json = json_pack("{s:s, s:[s]}", hostile, "value", "list", hostile);
	FILE *stream = open_memstream(&text, &size);
	printable_dump(json, stream);
	fclose(stream);
	is_plain(text);
	CHECK(strstr(text, "gr\xc3\xbc\xc3\x9f") && text[size - 1] == '\n');
	json_t *back = json_loads(text, 0, &error);
	CHECK(back && json_equal(back, json));
	free(text);
	json_decref(back);

	json_t *words = printable_json(json);
	const char *key = json_object_iter_key(json_object_iter_at(words, "list"));
	const char *item = json_string_value(json_array_get(json_object_get(words, "list"), 0));
	CHECK(key && item && json_object_size(words) == 2);
	is_plain(item);
	CHECK(strstr(item, "\\x1b[2J\\x0a\\x7f\\u009b\\u202e\\U000e0041 gr\xc3\xbc\xc3\x9f"));
	json_decref(words);
	json_decref(json);

	json = printable_string("/tmp/\xfc");
	CHECK(json && strcmp(json_string_value(json), "/tmp/\\xfc") == 0);
	json_decref(json);
	json = printable_string("gr\xc3\xbc\xc3\x9f");
	CHECK(json && strcmp(json_string_value(json), "gr\xc3\xbc\xc3\x9f") == 0);
	json_decref(json);
}

int main(void) {
	writes_texts();
	keeps_to_its_room();
	dumps_json();
	return 0;
}
