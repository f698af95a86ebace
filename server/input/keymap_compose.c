/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap_compose.h"

#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon-compose.h>

static bool is_dead(xkb_keysym_t keysym) {
	return keysym >= XKB_KEY_dead_grave && keysym <= XKB_KEY_dead_greek;
}

/* What the two compose; NoSymbol: nothing, or something longer than one keysym. */
static xkb_keysym_t feed(struct xkb_compose_state *state, xkb_keysym_t dead, xkb_keysym_t base) {
	xkb_compose_state_reset(state);
	xkb_compose_state_feed(state, dead);
	if (xkb_compose_state_get_status(state) != XKB_COMPOSE_COMPOSING)
		return XKB_KEY_NoSymbol;
	xkb_compose_state_feed(state, base);
	if (xkb_compose_state_get_status(state) != XKB_COMPOSE_COMPOSED)
		return XKB_KEY_NoSymbol;
	return xkb_compose_state_get_one_sym(state);
}

static int compare(const void *left, const void *right) {
	const struct keymap_pair *a = left, *b = right;
	if (a->composed != b->composed)
		return a->composed < b->composed ? -1 : 1;
	return a->base != b->base ? (a->base < b->base ? -1 : 1) : (int)a->dead - (int)b->dead;
}

static bool append(struct keymap_compose *compose, struct keymap_pair pair) {
	if (compose->count % 256 == 0) {
		void *grown = realloc(compose->pairs, (compose->count + 256) * sizeof *compose->pairs);
		if (!grown)
			return false;
		compose->pairs = grown;
	}
	compose->pairs[compose->count++] = pair;
	return true;
}

static void list_pairs(
	struct keymap_compose *compose, const struct keymap_table *table, struct xkb_compose_state *state) {
	xkb_keysym_t dead = XKB_KEY_NoSymbol;
	for (size_t i = 0; i < table->entry_count; i++) {
		if (!is_dead(table->entries[i].keysym) || table->entries[i].keysym == dead)
			continue;
		dead = table->entries[i].keysym;
		xkb_keysym_t base = XKB_KEY_NoSymbol;
		for (size_t j = 0; j < table->entry_count; j++) {
			if (table->entries[j].keysym == base)
				continue;
			base = table->entries[j].keysym;
			xkb_keysym_t composed = feed(state, dead, base);
			if (composed != XKB_KEY_NoSymbol &&
				!append(compose, (struct keymap_pair){composed, dead, base}))
				return;
		}
	}
}

void keymap_compose_init(struct keymap_compose *compose, const struct keymap_table *table) {
	memset(compose, 0, sizeof *compose);
	/* The sequences of dead keys are the same in every UTF-8 locale that has a table; "C" has none. */
	struct xkb_compose_table *sequences = xkb_compose_table_new_from_locale(
		table->context, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS);
	if (!sequences)
		return;
	struct xkb_compose_state *state = xkb_compose_state_new(sequences, XKB_COMPOSE_STATE_NO_FLAGS);
	if (state)
		list_pairs(compose, table, state);
	xkb_compose_state_unref(state);
	xkb_compose_table_unref(sequences);
	if (compose->count > 0)
		qsort(compose->pairs, compose->count, sizeof *compose->pairs, compare);
}

void keymap_compose_finish(struct keymap_compose *compose) {
	free(compose->pairs);
	memset(compose, 0, sizeof *compose);
}

const struct keymap_pair *keymap_compose_find(const struct keymap_compose *compose, xkb_keysym_t keysym) {
	size_t low = 0, high = compose->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (compose->pairs[middle].composed < keysym)
			low = middle + 1;
		else
			high = middle;
	}
	return low < compose->count && compose->pairs[low].composed == keysym ? &compose->pairs[low] : NULL;
}
