/* SPDX-License-Identifier: GPL-2.0-or-later */
/* word: words in a line that spaces separate, as those of the kernel's command line, and in a path. Any
 * thread. */
#ifndef ZEROVNC_WORD_H
#define ZEROVNC_WORD_H

#include <stdbool.h>
#include <string.h>

static inline bool word_is_in(const char *text, const char *word) {
	size_t length = strlen(word);
	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* What a path ends with, behind its last slash. Points into the path. */
static inline const char *word_last_in(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

#endif
