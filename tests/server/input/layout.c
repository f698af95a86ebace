/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/base/array.h"
#include "tests/test.h"

static void write_file(const char *root, const char *path, const char *text) {
	char full[256];
	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "we");
	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void is(const char *root, const char *layouts, const char *variants, const char *options,
	const char *origin) {
	struct layout layout;
	layout_of_system(&layout, root);
	CHECK_SAY(strcmp(layout.layouts, layouts) == 0, "%s", layout.layouts);
	CHECK_SAY(strcmp(layout.variants, variants) == 0, "%s", layout.variants);
	CHECK_SAY(strcmp(layout.options, options) == 0, "%s", layout.options);
	CHECK_SAY(strcmp(layout.origin, origin) == 0, "%s", layout.origin);
	CHECK(strcmp(layout.rules, "evdev") == 0);
}

/* Each source overrides those before it. */
static void reads_the_system(void) {
	char root[] = "/tmp/zerovnc-layout-XXXXXX";
	CHECK(mkdtemp(root));
	is(root, "us", "", "", "no setting found");
	write_file(root, "/etc/default/keyboard",
		"# a comment\nXKBMODEL=\"pc104\"\nXKBLAYOUT='fr,us'\nXKBVARIANT=\"oss,\"\nXKBOPTIONS=grp:toggle\n"
		"BACKSPACE=\"guess\"\n");
	is(root, "fr,us", "oss,", "grp:toggle", "/etc/default/keyboard");
	write_file(root, "/etc/vconsole.conf", "KEYMAP=de\n");
	is(root, "fr,us", "oss,", "grp:toggle", "/etc/default/keyboard"); /* this file does not mention xkb */
	write_file(root, "/etc/vconsole.conf", "KEYMAP=de\nXKBLAYOUT=de # the desk\n");
	is(root, "de", "", "", "/etc/vconsole.conf");
	write_file(root, "/etc/X11/xorg.conf.d/00-keyboard.conf",
		"Section \"InputClass\"\n\tIdentifier \"system-keyboard\"\n\tMatchIsKeyboard \"on\"\n"
		"\tOption \"XkbLayout\" \"pl,ru\"\n\tOption \"XkbVariant\" \",phonetic\"\n"
		"\tOption \"XkbOptions\" \"grp:shifts_toggle,caps:escape\"\nEndSection\n");
	is(root, "pl,ru", ",phonetic", "grp:shifts_toggle,caps:escape",
		"/etc/X11/xorg.conf.d/00-keyboard.conf");
	setenv("XKB_DEFAULT_LAYOUT", "gr", 1);
	setenv("XKB_DEFAULT_VARIANT", "polytonic", 1);
	is(root, "gr", "polytonic", "", "XKB_DEFAULT_LAYOUT");
	unsetenv("XKB_DEFAULT_LAYOUT");
	unsetenv("XKB_DEFAULT_VARIANT");
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", root);
	CHECK(system(command) == 0);
}

static void overlong_settings_are_cut(void) {
	char text[1000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	setenv("XKB_DEFAULT_LAYOUT", text, 1);
	struct layout layout;
	layout_of_system(&layout, "");
	CHECK(strlen(layout.layouts) == sizeof layout.layouts - 1);
	unsetenv("XKB_DEFAULT_LAYOUT");
}

static void parses_the_option(void) {
	static const struct {
		const char *text, *layouts, *variants;
	} good[] = {
		{"de", "de", ""},
		{"de:nodeadkeys,us", "de,us", "nodeadkeys,"},
		{"us,de:neo,gr", "us,de,gr", ",neo,"},
		{"us:", "us", ""},
	};
	static const char *const bad[] = {"", ",", "us,", ":x", "de:a:b", "us;rm", "us us", "../x"};
	struct reason reason;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct layout layout = {.options = "grp:toggle", .layouts = "old", .variants = "old"};
		CHECK(layout_parse(&layout, good[i].text, &reason) == 0);
		CHECK_SAY(strcmp(layout.layouts, good[i].layouts) == 0, "%s", layout.layouts);
		CHECK_SAY(strcmp(layout.variants, good[i].variants) == 0, "%s", layout.variants);
		CHECK(strcmp(layout.options, "grp:toggle") == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct layout layout = {.layouts = "old"};
		CHECK_SAY(layout_parse(&layout, bad[i], &reason) == -EINVAL, "%s", bad[i]);
		CHECK(strcmp(layout.layouts, "old") == 0);
	}
	char text[1000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	struct layout layout = {0};
	CHECK(layout_parse(&layout, text, &reason) == -EINVAL);
}

int main(void) {
	reads_the_system();
	overlong_settings_are_cut();
	parses_the_option();
	return 0;
}
