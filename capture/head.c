/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/head.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "capture/base/word.h"

/* --- names --- */

static bool copy_word(const char *text, size_t length, char *word, size_t size) {
	if (length == 0 || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	memcpy(word, text, length);
	word[length] = '\0';
	return true;
}

bool head_name_parse(const char *text, size_t length, struct head_name *name) {
	const char *slash = memchr(text, '/', length);
	size_t card = slash ? (size_t)(slash - text) : 0, skip = slash ? card + 1 : 0;
	memset(name, 0, sizeof *name);
	return (!slash || copy_word(text, card, name->card, sizeof name->card)) &&
	       copy_word(text + skip, length - skip, name->output, sizeof name->output);
}

bool head_name_fits(const struct head_name *name, const char *card, const char *output) {
	return strcasecmp(name->output, output) == 0 &&
	       (!name->card[0] || strcasecmp(name->card, word_last_in(card)) == 0);
}

const char *head_card_name(const struct head *head) {
	return word_last_in(head->card);
}

/* --- tiles --- */

bool head_is_of_monitor(const struct head *one, const struct head *other) {
	return one->tile.group && one->tile.group == other->tile.group && strcmp(one->card, other->card) == 0;
}

bool head_tile_is_sane(const struct head_tile *tile) {
	enum { MAX_SIDE = 32768 };
	return tile->group && tile->column < tile->columns && tile->row < tile->rows && tile->width &&
	       tile->height && tile->columns <= MAX_SIDE && tile->rows <= MAX_SIDE &&
	       tile->width <= MAX_SIDE / tile->columns && tile->height <= MAX_SIDE / tile->rows;
}

bool head_tile_parse(const char *text, size_t size, struct head_tile *tile) {
	char copy[128], end;
	unsigned flags;
	size_t length = strnlen(text, size);
	memset(tile, 0, sizeof *tile);
	if (length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	/* a number is cut to nine digits, so that none wraps around; what follows is then no colon */
	int found = sscanf(copy, "%9u:%9u:%9u:%9u:%9u:%9u:%9u:%9u%c", &tile->group, &flags, &tile->columns,
		&tile->rows, &tile->column, &tile->row, &tile->width, &tile->height, &end);
	if (found == 8 && !strpbrk(copy, "-+ \t\n") && head_tile_is_sane(tile))
		return true;
	memset(tile, 0, sizeof *tile);
	return false;
}

/* Clockwise by a quarter: what was the bottom row becomes the first column. */
static struct head_tile quarter(const struct head_tile *tile) {
	return (struct head_tile){
		.group = tile->group,
		.columns = tile->rows,
		.rows = tile->columns,
		.column = tile->rows - 1 - tile->row,
		.row = tile->column,
		.width = tile->height,
		.height = tile->width,
	};
}

void head_tile_turn(enum turn turn, struct head_tile *tile) {
	for (int i = TURN_NONE; tile->group && i < (int)turn; i++)
		*tile = quarter(tile);
}
