/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/desktop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/word.h"

enum { FILE_MAX = 16384 };

static const struct {
	const char *folder;
	enum desktop_kind kind;
} places[] = {
	{"/usr/local/share/wayland-sessions", DESKTOP_WAYLAND},
	{"/usr/share/wayland-sessions", DESKTOP_WAYLAND},
	{"/usr/local/share/xsessions", DESKTOP_X11},
	{"/usr/share/xsessions", DESKTOP_X11},
};

/* --- key files --- */

/* Opens a file that may belong to the user, who could put anything there. So it is looked at first: to open a
 * device would be to use it, such as a watchdog. */
static int open_plain(const char *path) {
	char again[64];
	struct stat about;
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	if (place < 0)
		return -1;
	snprintf(again, sizeof again, "/proc/self/fd/%d", place);
	if (fstat(place, &about) == 0 && S_ISREG(about.st_mode))
		fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(place);
	return fd;
}

/* False: there is no such file. */
static bool read_file(const char *path, char text[FILE_MAX]) {
	int fd = open_plain(path);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, text, FILE_MAX - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got >= 0;
}

/* Copies the value of the key in the group, with blanks around it left out. False: it is not there, is empty,
 * or is too long. */
static bool find_key(const char *text, const char *group, const char *key, char *value, size_t size) {
	bool inside = false;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t length = strcspn(line, "\r\n"), name = strcspn(line, "= \t\r\n");
		if (*line == '[')
			inside = length == strlen(group) && strncmp(line, group, length) == 0;
		if (!inside || name != strlen(key) || strncmp(line, key, name) != 0)
			continue;
		const char *from = line + name, *end = line + length;
		from += strspn(from, " \t");
		if (*from++ != '=')
			continue;
		from += strspn(from, " \t");
		while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (end <= from || (size_t)(end - from) >= size)
			return false;
		memcpy(value, from, (size_t)(end - from));
		value[end - from] = '\0';
		return true;
	}
	return false;
}

/* Takes the value of Exec apart, in place. Field codes such as %u stand for files, of which there are none.
 * False: there is no program, there are too many words, or a quote has no end. */
static bool split(char *text, char **words) {
	size_t count = 0;
	char *from = text, *to = text;
	for (;;) {
		bool quoted = false, code = false;
		from += strspn(from, " \t");
		if (!*from)
			break;
		if (count == DESKTOP_WORDS)
			return false;
		words[count] = to;
		for (; *from && (quoted || (*from != ' ' && *from != '\t')); from++) {
			if (*from == '"') {
				quoted = !quoted;
			} else if (*from == '\\' && quoted && from[1]) {
				*to++ = *++from;
			} else if (*from == '%' && from[1] && from[1] != '%') {
				from++;
				code = true;
			} else {
				from += *from == '%' && from[1] == '%';
				*to++ = *from;
			}
		}
		if (quoted)
			return false;
		from += *from != '\0'; /* the blank, whose place the end may take */
		count += !code || to > words[count];
		*to++ = '\0';
	}
	words[count] = NULL;
	return count > 0;
}

/* --- what is installed --- */

static bool is_program(const char *root, const char *name) {
	char path[PATH_MAX];
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	if (strchr(name, '/')) {
		snprintf(path, sizeof path, "%s%s", root, name);
		return access(path, X_OK) == 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof path, "%s%s/%s", root, folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Reads one file of a folder of sessions. False: it is none that can be run. */
static bool read_session(const char *root, const char *folder, const char *name, enum desktop_kind kind,
	struct desktop *desktop) {
	static const char entry[] = "[Desktop Entry]";
	char path[PATH_MAX], text[FILE_MAX], value[DESKTOP_TEXT];
	snprintf(path, sizeof path, "%s%s/%s.desktop", root, folder, name);
	if (strlen(name) >= DESKTOP_NAME || !read_file(path, text))
		return false;
	if (find_key(text, entry, "Hidden", value, sizeof value) && strcmp(value, "true") == 0)
		return false;
	if (find_key(text, entry, "TryExec", value, sizeof value) && !is_program(root, value))
		return false;
	memset(desktop, 0, sizeof *desktop);
	if (!find_key(text, entry, "Exec", desktop->text, sizeof desktop->text) ||
		!split(desktop->text, desktop->words) || !is_program(root, desktop->words[0]))
		return false;
	desktop->kind = kind;
	snprintf(desktop->name, sizeof desktop->name, "%s", name);
	if (find_key(text, entry, "DesktopNames", desktop->current, sizeof desktop->current))
		for (char *at = desktop->current; *at; at++)
			if (*at == ';')
				*at = at[1] ? ':' : '\0';
	return true;
}

static int by_name(const struct dirent **one, const struct dirent **other) {
	return strcmp((*one)->d_name, (*other)->d_name);
}

/* The first that can be run, of those that run `program`; NULL: of all. */
static bool find_first(const char *root, const char *program, struct desktop *desktop) {
	bool found = false;
	for (size_t place = 0; place < ARRAY_LEN(places) && !found; place++) {
		char path[PATH_MAX];
		struct dirent **list;
		snprintf(path, sizeof path, "%s%s", root, places[place].folder);
		int count = scandir(path, &list, NULL, by_name);
		for (int i = 0; i < count; i++) {
			char *end = strstr(list[i]->d_name, ".desktop");
			if (end && strcmp(end, ".desktop") == 0 && !found) {
				*end = '\0';
				found = read_session(root, places[place].folder, list[i]->d_name,
						places[place].kind, desktop) &&
					(!program || strcmp(word_last_in(desktop->words[0]),
							     word_last_in(program)) == 0);
			}
			free(list[i]);
		}
		if (count >= 0)
			free(list);
	}
	return found;
}

static bool find_named(const char *root, const char *name, struct desktop *desktop) {
	if (strchr(name, '/'))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (read_session(root, places[i].folder, name, places[i].kind, desktop))
			return true;
	return false;
}

/* --- what the user chose --- */

/* Where display managers write it down, the best first. */
static bool find_choice(const char *root, const struct desktop_user *user, char name[DESKTOP_NAME]) {
	char path[PATH_MAX], text[FILE_MAX];
	snprintf(path, sizeof path, "%s/var/lib/AccountsService/users/%s", root, user->name);
	if (read_file(path, text) && (find_key(text, "[User]", "Session", name, DESKTOP_NAME) ||
					     find_key(text, "[User]", "XSession", name, DESKTOP_NAME)))
		return true;
	snprintf(path, sizeof path, "%s%s/.dmrc", root, user->home);
	return read_file(path, text) && find_key(text, "[Desktop]", "Session", name, DESKTOP_NAME);
}

static void choose_console(const struct desktop_user *user, struct desktop *desktop) {
	memset(desktop, 0, sizeof *desktop);
	desktop->kind = DESKTOP_CONSOLE;
	snprintf(desktop->name, sizeof desktop->name, "a text console");
	int used = snprintf(desktop->text, sizeof desktop->text, "%.1000s", user->shell);
	desktop->words[0] = desktop->text;
	desktop->words[1] = strcpy(desktop->text + used + 1, "-l");
}

void desktop_choose(
	const char *root, const struct desktop_user *user, struct desktop *desktop, struct reason *why) {
	char name[DESKTOP_NAME];
	bool chosen = find_choice(root, user, name);
	if (chosen && find_named(root, name, desktop)) {
		reason_set(why, 0, "%s chose it last", user->name);
	} else if (find_first(root, NULL, desktop)) {
		reason_set(why, 0, "%s", user->name);
		if (chosen)
			reason_append(
				why, " chose %s last, which is not installed; it is the first that is", name);
		else
			reason_append(why, " chose none yet, and it is the first that is installed");
	} else {
		choose_console(user, desktop);
		reason_set(why, 0,
			"no desktop is installed: /usr/share/wayland-sessions and xsessions name none that can run");
	}
}

bool desktop_find(const char *root, const char *program, struct desktop *desktop) {
	return find_first(root, program, desktop);
}
