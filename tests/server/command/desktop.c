/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which desktop a user gets who names none, on made-up machines. */
#include "server/command/desktop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>

#include "tests/test.h"
#include "tests/tree.h"

static const struct desktop_user alice = {"alice", "/home/alice", "/bin/bash"};

/* A program that can be run. */
static void put_program(const char *path) {
	char full[512];
	tree_put(path, "#!/bin/sh\n");
	snprintf(full, sizeof full, "%s%s", tree_root, path);
	CHECK(chmod(full, 0755) == 0);
}

static void chooses(enum desktop_kind kind, const char *name, const char *words, const char *why) {
	struct desktop desktop;
	struct reason reason;
	char joined[DESKTOP_TEXT + DESKTOP_WORDS] = "";
	desktop_choose(tree_root, &alice, &desktop, &reason);
	for (char **word = desktop.words; *word; word++) {
		strcat(joined, *word);
		strcat(joined, "|");
	}
	CHECK_SAY(desktop.kind == kind && strcmp(desktop.name, name) == 0, "%s: %s", desktop.name, joined);
	CHECK_SAY(strcmp(joined, words) == 0, "%s", joined);
	CHECK_SAY(strstr(reason.text, why), "%s", reason.text);
}

static void put_entry(const char *folder, const char *name, const char *keys) {
	char path[256], text[2048];
	snprintf(path, sizeof path, "/usr/share/%s/%s.desktop", folder, name);
	snprintf(text, sizeof text, "# a comment\n[Desktop Entry]\nName=%s\n%s\n[Other]\nExec=wrong\n", name,
		keys);
	tree_put(path, text);
}

/* The first that is installed; what the user chose; what was removed since; nothing at all. */
static void prefers(void) {
	chooses(DESKTOP_CONSOLE, "a text console", "/bin/bash|-l|", "no desktop");
	put_program("/usr/bin/openbox-session");
	put_entry("xsessions", "openbox", "Exec=/usr/bin/openbox-session");
	chooses(DESKTOP_X11, "openbox", "/usr/bin/openbox-session|", "none yet");
	put_program("/usr/bin/sway");
	put_program("/usr/bin/weston");
	put_entry("wayland-sessions", "weston", "Exec=weston");
	put_entry("wayland-sessions", "absent", "Exec=absent");
	put_entry("wayland-sessions", "hidden", "Exec=sway\nHidden=true");
	put_entry("wayland-sessions", "needy", "Exec=sway\nTryExec=absent");
	put_entry("wayland-sessions", "sway", "Exec = sway \t\nDesktopNames=sway;wlroots;");
	chooses(DESKTOP_WAYLAND, "sway", "sway|", "the first that is installed");
	tree_put("/home/alice/.dmrc", "[Desktop]\r\nLanguage=de\r\nSession=openbox\r\n");
	chooses(DESKTOP_X11, "openbox", "/usr/bin/openbox-session|", "alice chose it last");
	tree_put("/var/lib/AccountsService/users/alice", "[User]\nXSession=weston\nIcon=x\n");
	chooses(DESKTOP_WAYLAND, "weston", "weston|", "alice chose it last");
	tree_put("/var/lib/AccountsService/users/alice", "[User]\nSession=gnome\n");
	chooses(DESKTOP_WAYLAND, "sway", "sway|", "chose gnome last, which is not installed");
	tree_put("/var/lib/AccountsService/users/alice", "[User]\nSession=../../../home/alice/evil\n");
	tree_put("/home/alice/evil.desktop", "[Desktop Entry]\nExec=sway evil\n");
	chooses(DESKTOP_WAYLAND, "sway", "sway|", "not installed");
}

/* Names of the environment come from the file, too. */
static void names(void) {
	struct desktop desktop;
	struct reason why;
	desktop_choose(tree_root, &alice, &desktop, &why);
	CHECK_SAY(strcmp(desktop.current, "sway:wlroots") == 0, "%s", desktop.current);
}

/* The words of an Exec key are taken apart as the specification says. */
static void splits(void) {
	static const struct {
		const char *exec, *words;
	} table[] = {
		{"Exec=sway --config \"/etc/my sway\"", "sway|--config|/etc/my sway|"},
		{"Exec=sway  %U -x %% 50%%", "sway|-x|%|50%|"},
		{"Exec=sway \"a \\\"b\\\" \\$c\" \"\"", "sway|a \"b\" $c||"},
		{"Exec=\"sway\"\t-d", "sway|-d|"},
	};
	static const char *const bad[] = {"Exec=", "Exec=sway \"no end", "Exec=%u", "Name=none"};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		tree_clear();
		put_program("/usr/bin/sway");
		put_entry("wayland-sessions", "sway", table[i].exec);
		chooses(DESKTOP_WAYLAND, "sway", table[i].words, "first");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		tree_clear();
		put_program("/usr/bin/sway");
		put_entry("wayland-sessions", "sway", bad[i]);
		chooses(DESKTOP_CONSOLE, "a text console", "/bin/bash|-l|", "no desktop");
	}
}

/* A command is known as the desktop that it begins, wherever either looks for it. Where a program begins one
 * for X and one for Wayland, the latter counts. */
static void finds_the_desktop_of_a_command(void) {
	struct desktop desktop;
	tree_clear();
	put_program("/usr/bin/openbox-session");
	put_program("/usr/bin/gnome-session");
	put_entry("xsessions", "gnome-xorg", "Exec=/usr/bin/gnome-session");
	put_entry(
		"xsessions", "openbox", "Exec=/usr/bin/openbox-session --sm-disable\nDesktopNames=Openbox;");
	CHECK(!desktop_find(tree_root, "openbox", &desktop) && !desktop_find(tree_root, "sway", &desktop));
	CHECK(desktop_find(tree_root, "openbox-session", &desktop));
	CHECK(desktop.kind == DESKTOP_X11 && strcmp(desktop.name, "openbox") == 0);
	CHECK_SAY(strcmp(desktop.current, "Openbox") == 0, "%s", desktop.current);
	CHECK(desktop_find(tree_root, "/usr/local/bin/openbox-session", &desktop));
	CHECK(desktop_find(tree_root, "gnome-session", &desktop) && desktop.kind == DESKTOP_X11);
	put_entry("wayland-sessions", "gnome", "Exec=gnome-session");
	CHECK(desktop_find(tree_root, "gnome-session", &desktop) && desktop.kind == DESKTOP_WAYLAND);
}

/* What belongs to the user may be anything, and is no reason to wait or to fail. It is not even opened: for a
 * device that would do something. */
static void reads_with_care(void) {
	char path[512], event[512];
	tree_clear();
	tree_put("/home/alice/", "");
	snprintf(path, sizeof path, "%s/home/alice/.dmrc", tree_root);
	CHECK(mkfifo(path, 0600) == 0);
	int opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(opened >= 0 && inotify_add_watch(opened, path, IN_OPEN) >= 0);
	chooses(DESKTOP_CONSOLE, "a text console", "/bin/bash|-l|", "no desktop");
	CHECK(read(opened, event, sizeof event) < 0 && errno == EAGAIN);
	close(opened);
}

int main(void) {
	tree_begin();
	prefers();
	names();
	splits();
	finds_the_desktop_of_a_command();
	reads_with_care();
	tree_end();
	return 0;
}
