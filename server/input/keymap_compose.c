/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap_compose.h"

#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon-compose.h>

#include "server/input/keysym.h"

struct listing {
	struct keymap_compose *compose;
	const struct keymap_table *table;
	struct xkb_compose_state *state;
};

/* Returns what these keys compose when they are typed one after the other. */
static enum xkb_compose_status feed(struct xkb_compose_state *state, const xkb_keysym_t *keys, size_t count) {
	xkb_compose_state_reset(state);
	for (size_t i = 0; i < count; i++)
		xkb_compose_state_feed(state, keys[i]);
	return xkb_compose_state_get_status(state);
}

static int compare(const void *left, const void *right) {
	const struct keymap_sequence *a = left, *b = right;
	if (a->composed != b->composed)
		return a->composed < b->composed ? -1 : 1;
	if (a->count != b->count)
		return a->count - b->count;
	for (size_t i = a->count; i-- > 0;)
		if (a->keys[i] != b->keys[i])
			return a->keys[i] < b->keys[i] ? -1 : 1;
	return 0;
}

static bool append(struct keymap_compose *compose, const struct keymap_sequence *sequence) {
	if (compose->count % 256 == 0) {
		void *grown =
			realloc(compose->sequences, (compose->count + 256) * sizeof *compose->sequences);
		if (!grown)
			return false;
		compose->sequences = grown;
	}
	compose->sequences[compose->count++] = *sequence;
	return true;
}

/* Appends every sequence that begins with `sequence` and goes on with the layout's keysyms. The keys of
 * `sequence` begin a composition and do not complete one. */
static bool list_from(struct listing *listing, struct keymap_sequence sequence) {
	const struct keymap_table *table = listing->table;
	xkb_keysym_t last = XKB_KEY_NoSymbol;
	size_t place = sequence.count++;
	for (size_t i = 0; i < table->entry_count; i++) {
		if (table->entries[i].keysym == last)
			continue;
		last = sequence.keys[place] = table->entries[i].keysym;
		enum xkb_compose_status status = feed(listing->state, sequence.keys, sequence.count);
		sequence.composed = status == XKB_COMPOSE_COMPOSED
					    ? xkb_compose_state_get_one_sym(listing->state)
					    : XKB_KEY_NoSymbol;
		if (sequence.composed != XKB_KEY_NoSymbol && !append(listing->compose, &sequence))
			return false;
		if (status == XKB_COMPOSE_COMPOSING && sequence.count < KEYMAP_MAX_SEQUENCE &&
			!list_from(listing, sequence))
			return false;
	}
	return true;
}

static void list_all(struct listing *listing) {
	const struct keymap_table *table = listing->table;
	xkb_keysym_t first = XKB_KEY_NoSymbol;
	for (size_t i = 0; i < table->entry_count; i++) {
		if (!keysym_is_dead(table->entries[i].keysym) || table->entries[i].keysym == first)
			continue;
		first = table->entries[i].keysym;
		if (feed(listing->state, &first, 1) == XKB_COMPOSE_COMPOSING &&
			!list_from(listing, (struct keymap_sequence){.keys = {first}, .count = 1}))
			return;
	}
}

void keymap_compose_init(struct keymap_compose *compose, const struct keymap_table *table) {
	memset(compose, 0, sizeof *compose);
	/* The sequences are the same in every UTF-8 locale that has a table. The locale "C" has none. */
	struct xkb_compose_table *sequences = xkb_compose_table_new_from_locale(
		table->context, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS);
	if (!sequences)
		return;
	struct xkb_compose_state *state = xkb_compose_state_new(sequences, XKB_COMPOSE_STATE_NO_FLAGS);
	if (state)
		list_all(&(struct listing){compose, table, state});
	xkb_compose_state_unref(state);
	xkb_compose_table_unref(sequences);
	if (compose->count > 0)
		qsort(compose->sequences, compose->count, sizeof *compose->sequences, compare);
}

void keymap_compose_finish(struct keymap_compose *compose) {
	free(compose->sequences);
	memset(compose, 0, sizeof *compose);
}

const struct keymap_sequence *keymap_compose_find(const struct keymap_compose *compose, xkb_keysym_t keysym) {
	size_t low = 0, high = compose->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (compose->sequences[middle].composed < keysym)
			low = middle + 1;
		else
			high = middle;
	}
	return low < compose->count && compose->sequences[low].composed == keysym ? &compose->sequences[low]
										  : NULL;
}
