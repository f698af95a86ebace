/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest: guesses which known word somebody meant who wrote an unknown one. Two letters that changed places,
 * one letter too many, one too few, and a wrong one each count as one mistake. So does a word that breaks
 * off. Capitals, and _ for -, are no mistakes.
 */
#ifndef ZEROVNC_NEAREST_H
#define ZEROVNC_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *written, *word; /* the unknown word and the best known one so far; borrowed */
	size_t written_length, length;
	unsigned mistakes; /* how far `word` is from `written` */
};

enum { NEAREST_HINT = 80 };

/* Room for a hint. The caller keeps it for as long as it uses the text. */
struct nearest_hint {
	char text[NEAREST_HINT];
};

void nearest_init(struct nearest *nearest, const char *written, size_t length);

/* Tries one of the known words. It is borrowed until the hint is made. */
void nearest_try(struct nearest *nearest, const char *word, size_t length);

/* Writes "; did you mean '--fps'?" if `before` is "--", or "" if no word is near enough. Returns the text,
 * which lies in `hint`. */
const char *nearest_hint(const struct nearest *nearest, const char *before, struct nearest_hint *hint);

#endif
