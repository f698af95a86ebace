/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marker: a library that reports when a program loads it. */
#include <unistd.h>

__attribute__((constructor)) static void say(void) {
	static const char words[] = "the marker was loaded\n";
	ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
	(void)written;
}
