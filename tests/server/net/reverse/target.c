/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How it is written whom the server calls. */
#include "server/net/reverse/target.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

static const struct {
	const char *what, *host, *port, *id; /* host NULL: it is refused */
} spellings[] = {
	{"desk", "desk", "5500", ""},
	{"desk.example.org:5501", "desk.example.org", "5501", ""},
	{"desk::5501", "desk", "5501", ""},
	{"192.0.2.7", "192.0.2.7", "5500", ""},
	{"2001:db8::7", "2001:db8::7", "5500", ""},
	{"::1", "::1", "5500", ""},
	{"[2001:db8::7]", "2001:db8::7", "5500", ""},
	{"[fe80::1%eth0]:65535", "fe80::1%eth0", "65535", ""},
	{"ID:1234@repeater", "repeater", "5500", "1234"},
	{"ID:desk-7.b_@[::1]:5901", "::1", "5901", "desk-7.b_"},
	{"", NULL, NULL, NULL},
	{":5500", NULL, NULL, NULL},
	{"desk:", NULL, NULL, NULL},
	{"desk:0", NULL, NULL, NULL},
	{"desk:65536", NULL, NULL, NULL},
	{"desk:55000000", NULL, NULL, NULL},
	{"desk:5500x", NULL, NULL, NULL},
	{"de sk", NULL, NULL, NULL},
	{"d\xc3\xa9sk", NULL, NULL, NULL},
	{"[::1]5500", NULL, NULL, NULL},
	{"[::1", NULL, NULL, NULL},
	{"[]", NULL, NULL, NULL},
	{"[desk]:5500", NULL, NULL, NULL},
	{"1234@repeater", NULL, NULL, NULL},
	{"id:1234@repeater", NULL, NULL, NULL},
	{"ID:1234", NULL, NULL, NULL},
	{"ID:@repeater", NULL, NULL, NULL},
	{"ID:1@2@repeater", NULL, NULL, NULL},
	{"ID:12\x01@repeater", NULL, NULL, NULL},
	{"ID:1234@", NULL, NULL, NULL},
};

static void check_spellings(void) {
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		struct reverse_target target;
		struct reason reason = {""};
		const char *what = spellings[i].what;
		int error = reverse_target_parse(what, &target, &reason);
		if (!spellings[i].host) {
			CHECK_SAY(error == -EINVAL && strstr(reason.text, "[ADDR6]:PORT"), "%s", what);
			continue;
		}
		CHECK_SAY(error == 0 && strcmp(target.host, spellings[i].host) == 0, "%s: %s", what,
			target.host);
		CHECK_SAY(strcmp(target.port, spellings[i].port) == 0, "%s: %s", what, target.port);
		CHECK_SAY(strcmp(target.id, spellings[i].id) == 0, "%s: %s", what, target.id);
	}
}

/* The longest that fit, and one more. */
static void check_lengths(void) {
	struct reverse_target target;
	char text[400] = "ID:";
	memset(text + 3, 'i', REVERSE_ID_SIZE - 1);
	strcpy(text + 3 + REVERSE_ID_SIZE - 1, "@h");
	CHECK(reverse_target_parse(text, &target, NULL) == 0 && strlen(target.id) == REVERSE_ID_SIZE - 1);
	strcpy(text + 3 + REVERSE_ID_SIZE - 1, "i@h");
	CHECK(reverse_target_parse(text, &target, NULL) == -EINVAL);
	memset(text, 'h', 256);
	strcpy(text + 255, ":1");
	CHECK(reverse_target_parse(text, &target, NULL) == 0 && strlen(target.host) == 255);
	text[255] = 'h';
	text[256] = '\0';
	CHECK(reverse_target_parse(text, &target, NULL) == -EINVAL);
}

static void check_lists(void) {
	const char *list = "one,[::1]:2,ID:3@three";
	char word[REVERSE_WORD];
	struct reason reason;
	CHECK(reverse_targets_check(list, &reason) == 0);
	CHECK(reverse_target_next(&list, word) && strcmp(word, "one") == 0);
	CHECK(reverse_target_next(&list, word) && strcmp(word, "[::1]:2") == 0);
	CHECK(reverse_target_next(&list, word) && strcmp(word, "ID:3@three") == 0);
	CHECK(!reverse_target_next(&list, word));
	CHECK(reverse_targets_check("1,2,3,4,5,6,7,8", &reason) == 0);
	CHECK(reverse_targets_check("1,2,3,4,5,6,7,8,9", &reason) == -EINVAL);
	CHECK(reverse_targets_check("one,,two", &reason) == -EINVAL);
	CHECK(reverse_targets_check("one,two:x", &reason) == -EINVAL && strstr(reason.text, "'two:x'"));
}

int main(void) {
	check_spellings();
	check_lengths();
	check_lists();
	return 0;
}
