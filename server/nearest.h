/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest: which of the words that are known somebody meant who wrote another one. Two letters that changed
 * places, one too many, one too few or a wrong one count as one mistake; capitals and _ for - as none; a word
 * that breaks off counts as one.
 */
#ifndef ZEROVNC_NEAREST_H
#define ZEROVNC_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *written, *word; /* borrowed */
	size_t written_length, length;
	unsigned mistakes; /* of `word`, the best so far */
};

enum { NEAREST_HINT = 80 };

/* Room for a hint, for the life of the expression that it stands in. */
struct nearest_hint {
	char text[NEAREST_HINT];
};

void nearest_init(struct nearest *nearest, const char *written, size_t length);

/* One of the words that are known; borrowed until the hint is made. */
void nearest_try(struct nearest *nearest, const char *word, size_t length);

/* "; did you mean '--fps'?" with `before` being "--", or "" where nothing is near enough. Returns the text.
 */
const char *nearest_hint(const struct nearest *nearest, const char *before, struct nearest_hint *hint);

#endif
