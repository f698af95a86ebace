/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test: the macros that every unit test needs. A failed check says where it is and ends the test with status
 * 1. */
#ifndef ZEROVNC_TEST_H
#define ZEROVNC_TEST_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);              \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

/* As CHECK, with a line of the caller's that says what was being tried. */
#define CHECK_SAY(condition, ...)                                                                            \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: failed: %s: ", __FILE__, __LINE__, #condition);              \
			fprintf(stderr, __VA_ARGS__);                                                        \
			fputc('\n', stderr);                                                                 \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

/* Ends the test as skipped. It is shown as such and never counted as passed. */
#define SKIP(...)                                                                                            \
	do {                                                                                                 \
		printf("skipped: " __VA_ARGS__);                                                             \
		putchar('\n');                                                                               \
		exit(77);                                                                                    \
	} while (0)

#endif
