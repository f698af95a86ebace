/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/utf8.h"
#include "capture/base/array.h"

#include <errno.h>
#include <string.h>

#include "capture/base/reason.h"
#include "tests/test.h"

static const struct {
	const char *bytes;
	uint32_t codepoint;
	size_t length; /* 0: no character */
} characters[] = {
	{"A", 'A', 1}, {"\xc3\xa4", 0xe4, 2}, {"\xe2\x82\xac", 0x20ac, 3}, {"\xf0\x9f\x98\x80", 0x1f600, 4},
	{"\xf4\x8f\xbf\xbf", 0x10ffff, 4}, {"\x80", 0, 0}, /* none begins so */
	{"\xff", 0, 0},                                    /* nor so */
	{"\xc3", 0, 0},                                    /* not whole */
	{"\xc3(", 0, 0},                                   /* broken */
	{"\xc0\x9b", 0, 0},                                /* ESC in two bytes */
	{"\xe0\x82\x9b", 0, 0},                            /* and in three */
	{"\xed\xa0\x80", 0, 0},                            /* half of a pair of UTF-16 */
	{"\xf4\x90\x80\x80", 0, 0},                        /* beyond Unicode */
};

static void reads_characters(void) {
	for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
		uint32_t codepoint = 0;
		const char *bytes = characters[i].bytes;
		CHECK_SAY(utf8_next(bytes, strlen(bytes), &codepoint) == characters[i].length, "%zu", i);
		CHECK_SAY(codepoint == characters[i].codepoint, "%zu", i);
		CHECK_SAY(utf8_is_valid(bytes) == (characters[i].length > 0), "%zu", i);
		for (size_t size = 0; size < characters[i].length; size++)
			CHECK(utf8_next(bytes, size, &codepoint) == 0);
	}
	CHECK(utf8_is_valid("") && utf8_is_valid("gr\xc3\xbc\xc3\x9f") && !utf8_is_valid("gr\xfc\xdf"));
}

/* Wherever a text is cut, it ends with a whole character, and no character is lost that fits. */
static void cuts_between_characters(void) {
	static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	for (size_t room = 1; room < ARRAY_LEN(kept); room++) {
		char copy[sizeof text + 1];
		utf8_copy(copy, room, text);
		CHECK_SAY(strlen(copy) == kept[room - 1], "%zu bytes in %zu", strlen(copy), room);
	}
	/* What was no UTF-8 before is left as it was. */
	char broken[] = "\x80\x80\x80\x80\x80";
	utf8_trim(broken);
	CHECK(strlen(broken) == 5);
}

static void cuts_reasons(void) {
	struct reason reason;
	char long_name[sizeof reason.text + 4];
	for (size_t i = 0; i + 2 < sizeof long_name; i += 2)
		memcpy(long_name + i, "\xc3\xa4", 3);
	for (int shift = 0; shift < 2; shift++) {
		CHECK(reason_set(&reason, -EINVAL, "%s%s", shift ? "x" : "", long_name) == -EINVAL);
		CHECK(strlen(reason.text) >= sizeof reason.text - 3 && utf8_is_valid(reason.text));
	}
}

int main(void) {
	reads_characters();
	cuts_between_characters();
	cuts_reasons();
	return 0;
}
