/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/nearest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A longer word is not a typing mistake. */
enum { MAX_WORD = 32, SHORTEST_BEGINNING = 3 };

static char plain(char letter) {
	return letter == '_' ? '-' : (char)tolower((unsigned char)letter);
}

static unsigned least(unsigned a, unsigned b) {
	return a < b ? a : b;
}

/* Returns the optimal string alignment distance. `rows[i % 3][j]` is the distance between the first i letters
 * of one and the first j of the other. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length) {
	unsigned rows[3][MAX_WORD + 1];
	for (unsigned j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			bool same = plain(a[i - 1]) == plain(b[j - 1]);
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) &&
				plain(a[i - 2]) == plain(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

static bool begins(const char *word, size_t length, const char *beginning, size_t beginning_length) {
	if (beginning_length < SHORTEST_BEGINNING || beginning_length >= length)
		return false;
	for (size_t i = 0; i < beginning_length; i++)
		if (plain(word[i]) != plain(beginning[i]))
			return false;
	return true;
}

void nearest_init(struct nearest *nearest, const char *written, size_t length) {
	*nearest = (struct nearest){.written = written, .written_length = length, .mistakes = UINT_MAX};
}

void nearest_try(struct nearest *nearest, const char *word, size_t length) {
	if (length > MAX_WORD || nearest->written_length > MAX_WORD)
		return;
	unsigned mistakes = distance(nearest->written, nearest->written_length, word, length);
	if (begins(word, length, nearest->written, nearest->written_length))
		mistakes = least(mistakes, 1);
	if (mistakes >= nearest->mistakes)
		return;
	nearest->mistakes = mistakes;
	nearest->word = word;
	nearest->length = length;
}

const char *nearest_hint(const struct nearest *nearest, const char *before, struct nearest_hint *hint) {
	hint->text[0] = '\0';
	if (nearest->word && nearest->mistakes <= 1 + nearest->written_length / 4)
		snprintf(hint->text, sizeof hint->text, "; did you mean '%s%.*s'?", before,
			(int)nearest->length, nearest->word);
	return hint->text;
}
