/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of keymap.h that chooses what to press for a keysym. */
#include <errno.h>

#include "capture/base/array.h"
#include "server/input/keymap_state.h"
#include "server/input/keysym.h"

enum { KEYSYM_MAX = 0x1fffffff }; /* X11's keysyms have 29 bits */

/* --- modifiers --- */

/* Whether the key is that modifier with whatever is held now. */
static bool is_modifier_now(const struct keymap *keymap, const struct keymap_entry *entry) {
	return xkb_state_key_get_one_sym(keymap->state, entry->code + KEYMAP_EVDEV_OFFSET) == entry->keysym;
}

/* Whether the key is that modifier when it is pressed alone. Other groups do not count, because nobody
 * switches the group to press Alt. */
static bool is_modifier_alone(const struct keymap *keymap, const struct keymap_entry *entry) {
	return entry->level == 0 &&
	       entry->group == xkb_state_key_get_layout(keymap->state, entry->code + KEYMAP_EVDEV_OFFSET);
}

/* A modifier key is pressed as it is. We take the key that means this modifier now, else the one that means
 * it alone. Keys that only xkb knows and no keyboard has come last. With Shift held, one of them is Alt. */
static uint16_t find_modifier(const struct keymap *keymap, xkb_keysym_t keysym) {
	static bool (*const tests[])(const struct keymap *, const struct keymap_entry *) = {
		is_modifier_now, is_modifier_alone};
	size_t count;
	const struct keymap_entry *entries = keymap_table_find(&keymap->table, keysym, &count);
	for (int nowhere = 0; nowhere < 2; nowhere++)
		for (size_t t = 0; t < 2; t++)
			for (size_t i = 0; i < count; i++)
				if ((keymap_table_place(entries[i].code) == KEYMAP_NOWHERE) == nowhere &&
					tests[t](keymap, &entries[i]))
					return entries[i].code;
	return 0;
}

/* Presses a viewer's right Alt key if this layout has none. If AltGr is in its place, we press that until it
 * turns out what was meant. Else we press the left Alt key. */
static int press_alt_r(struct keymap *keymap, struct keymap_steps *steps, uint16_t *code) {
	const struct keymap_table *table = &keymap->table;
	keymap->alt_r_is_level3 = table->effects[KEY_RIGHTALT].mods & table->level3;
	*code = keymap->alt_r_is_level3 ? KEY_RIGHTALT : KEY_LEFTALT;
	if (!keymap->alt_r_is_level3)
		keymap->alt_r_moved++;
	keymap_hold(keymap, *code, steps);
	return 0;
}

static int press_modifier(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	struct keymap_now now = keymap_look(keymap);
	struct keymap_plan plan;
	*code = find_modifier(keymap, keysym);
	bool planned = *code == 0 && keymap_plan_find(&keymap->table, &now, keysym, &plan) >= 0;
	bool nearby = planned && plan.group == now.locked_group;
	if (*code == 0 && !nearby && keysym == XKB_KEY_Alt_R)
		return press_alt_r(keymap, steps, code);
	if (*code == 0 && !nearby)
		*code = find_modifier(keymap, keysym_stand_in(keysym));
	if (*code != 0) {
		keymap_hold(keymap, *code, steps);
		return 0;
	}
	if (!planned)
		return -ENOENT;
	keymap_make(keymap, &plan, steps);
	*code = plan.code;
	return 0;
}

/* --- AltGr under other names --- */

/* Takes the held keys that set any of these modifiers out of `now`, and writes them to `dropped`. Returns how
 * many there were. */
static size_t drop_held(const struct keymap *keymap, xkb_mod_mask_t mods, struct keymap_now *now,
	uint16_t dropped[KEYMAP_MAX_HELD]) {
	const struct keymap_table *table = &keymap->table;
	size_t kept = 0, count = 0;
	now->depressed = (struct keymap_effect){0};
	for (size_t i = 0; i < now->held_count; i++) {
		const struct keymap_effect *effect = &table->effects[now->held[i]];
		if (effect->mods & mods) {
			dropped[count++] = now->held[i];
			continue;
		}
		now->depressed.mods |= effect->mods;
		now->depressed.group += effect->group;
		now->held[kept++] = now->held[i];
	}
	now->held_count = kept;
	return count;
}

static bool lists(const uint16_t *codes, size_t count, uint16_t code) {
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Whether AltGr is down when the plan's key is pressed. */
static bool reaches_level3(
	const struct keymap_table *table, const struct keymap_now *now, const struct keymap_plan *plan) {
	for (size_t i = 0; i < plan->add_count; i++)
		if (table->effects[plan->adds[i]].mods & table->level3)
			return true;
	for (size_t i = 0; i < now->held_count; i++)
		if (table->effects[now->held[i]].mods & table->level3 &&
			!lists(plan->lifts, plan->lift_count, now->held[i]))
			return true;
	return false;
}

/* Whether the keysym needs AltGr if the held keys that set any of `mods` are not counted. The plan then lifts
 * these keys. */
static bool plan_level3(
	const struct keymap *keymap, xkb_mod_mask_t mods, xkb_keysym_t keysym, struct keymap_plan *plan) {
	const struct keymap_table *table = &keymap->table;
	struct keymap_now now = keymap_look(keymap);
	uint16_t dropped[KEYMAP_MAX_HELD];
	size_t dropped_count = drop_held(keymap, mods, &now, dropped);
	if (!table->level3 || !keysym_is_graphic(keysym) || keymap_plan_find(table, &now, keysym, plan) < 0 ||
		!reaches_level3(table, &now, plan))
		return false;
	for (size_t i = 0; i < dropped_count && plan->lift_count < KEYMAP_MAX_HELD; i++)
		plan->lifts[plan->lift_count++] = dropped[i];
	return true;
}

/* Whether right Alt, or Control and Alt, is held. That is what Windows and many viewers call AltGr. */
static bool holds_altgr(const struct keymap *keymap) {
	const struct keymap_table *table = &keymap->table;
	xkb_mod_mask_t both = table->control | table->alt;
	return keymap->alt_r_is_level3 || keymap->alt_r_moved > 0 ||
	       (keymap->down[KEY_RIGHTALT] && table->effects[KEY_RIGHTALT].mods & table->alt) ||
	       (keymap_look(keymap).depressed.mods & both) == both;
}

static int press_altgr(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	struct keymap_plan plan;
	if (!holds_altgr(keymap) ||
		!plan_level3(keymap, keymap->table.control | keymap->table.alt, keysym, &plan))
		return -ENOENT;
	plan.keeps_lifts = true;
	keymap_make(keymap, &plan, steps);
	*code = plan.code;
	return 0;
}

/* If a viewer's Alt_R is held as AltGr so far, and the keysym does not need AltGr, makes it Alt. */
static void settle_alt_r(struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps) {
	struct keymap_now now = keymap_look(keymap);
	struct keymap_plan plan;
	if (!keymap->alt_r_is_level3 || plan_level3(keymap, keymap->table.level3, keysym, &plan) ||
		(keysym_is_graphic(keysym) && keymap_plan_find(&keymap->table, &now, keysym, &plan) < 0))
		return;
	keymap->alt_r_is_level3 = false;
	keymap_move_alt_r(keymap, steps);
}

/* --- keys that type --- */

static bool has_shift(const struct keymap_table *table, const uint16_t *codes, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (table->effects[codes[i]].mods & table->shift)
			return true;
	return false;
}

/* Finds the cheapest way to type the keysym, and returns its cost; -1: there is none. On the keypad Shift and
 * Num Lock undo each other, but elsewhere Shift means something. So a key of the main block that means the
 * same is better than a Shift that differs from what the viewer holds. */
static int plan_key(const struct keymap *keymap, const struct keymap_now *now, xkb_keysym_t keysym,
	struct keymap_plan *plan) {
	const struct keymap_table *table = &keymap->table;
	int cost = keymap_plan_find(table, now, keysym, plan);
	xkb_keysym_t main = keysym_of_main_block(keysym);
	if (main == XKB_KEY_NoSymbol ||
		(cost >= 0 && plan->lock_count == 0 && !has_shift(table, plan->lifts, plan->lift_count) &&
			!has_shift(table, plan->adds, plan->add_count)))
		return cost;
	struct keymap_plan other;
	int other_cost = keymap_plan_find(table, now, main, &other);
	if (other_cost < 0 || (cost >= 0 && other_cost >= cost))
		return cost;
	*plan = other;
	return other_cost;
}

static int press_key(struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	if (keysym == XKB_KEY_NoSymbol)
		return -ENOENT;
	if (press_altgr(keymap, keysym, steps, code) == 0)
		return 0;
	struct keymap_now now = keymap_look(keymap);
	struct keymap_plan plan;
	if (plan_key(keymap, &now, keysym, &plan) < 0)
		return -ENOENT;
	keymap_make(keymap, &plan, steps);
	*code = plan.code;
	return 0;
}

static int press_same_character(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	return press_key(keymap, keymap_table_same_character(&keymap->table, keysym), steps, code);
}

static int press_stand_in(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	return press_key(keymap, keysym_stand_in(keysym), steps, code);
}

static int press_by_code(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	*code = keysym_code(keysym);
	if (!keymap_table_has(&keymap->table, *code))
		return -ENOENT;
	keymap_hold(keymap, *code, steps);
	return 0;
}

/* --- what no key types --- */

static bool holds_shortcut(const struct keymap *keymap) {
	const struct keymap_table *table = &keymap->table;
	struct keymap_now now = keymap_look(keymap);
	for (size_t i = 0; i < now.held_count; i++)
		if (table->effects[now.held[i]].mods & table->shortcuts)
			return true;
	return false;
}

/* On a layout without Latin letters, a shortcut is the key that has the letter on a US keyboard, as it is for
 * people at the machine. Programs know the shortcut by that key, or by the layout's other group. */
static int press_shortcut(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	const struct keymap_table *table = &keymap->table;
	struct keymap_now now = keymap_look(keymap);
	struct keymap_plan plan = {.group = now.locked_group};
	bool shift = false;
	plan.code = keysym_us_code(keysym, &shift);
	if (plan.code == 0 || !holds_shortcut(keymap))
		return -ENOENT;
	bool is_letter = xkb_keysym_to_lower(keysym) != xkb_keysym_to_upper(keysym);
	if (shift && !is_letter && !(now.depressed.mods & table->shift))
		plan.adds[plan.add_count++] = KEY_LEFTSHIFT;
	keymap_make(keymap, &plan, steps);
	*code = plan.code;
	return 0;
}

static bool can_press(const struct keymap *keymap, const struct keymap_now *now, xkb_keysym_t keysym) {
	struct keymap_plan plan;
	return keymap_plan_find(&keymap->table, now, keysym, &plan) >= 0;
}

static const struct keymap_sequence *find_sequence(struct keymap *keymap, xkb_keysym_t keysym) {
	keymap_list_composed(keymap);
	const struct keymap_sequence *sequence = keymap_compose_find(&keymap->compose, keysym);
	if (!sequence) /* the same character may have another keysym */
		sequence = keymap_compose_find(
			&keymap->compose, xkb_utf32_to_keysym(xkb_keysym_to_utf32(keysym)));
	return sequence;
}

/* If a shortcut's modifiers are held, nothing is composed, unless they mean AltGr. Then they are lifted
 * meanwhile. */
static int press_composed(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	struct keymap_now now = keymap_look(keymap);
	uint16_t dropped[KEYMAP_MAX_HELD];
	size_t dropped_count = 0;
	if (holds_altgr(keymap))
		dropped_count = drop_held(keymap, keymap->table.control | keymap->table.alt, &now, dropped);
	else if (holds_shortcut(keymap))
		return -ENOENT;
	const struct keymap_sequence *sequence = find_sequence(keymap, keysym);
	if (!sequence)
		return -ENOENT;
	for (size_t i = 0; i < sequence->count; i++) /* never type a dead key without its letter */
		if (!can_press(keymap, &now, sequence->keys[i]))
			return -ENOENT;
	keymap_lift(keymap, dropped, dropped_count, steps);
	for (size_t i = 0; i < sequence->count; i++) {
		if (i > 0)
			keymap_release(keymap, *code, steps);
		if (press_key(keymap, sequence->keys[i], steps, code) < 0)
			return -ENOENT;
	}
	struct keymap_plan *made = &keymap->made;
	for (size_t i = 0; i < dropped_count && made->lift_count < KEYMAP_MAX_HELD; i++)
		made->lifts[made->lift_count++] = dropped[i];
	made->keeps_lifts = dropped_count > 0;
	return 0;
}

int keymap_press(struct keymap *keymap, uint32_t keysym, struct keymap_steps *steps, uint16_t *code) {
	static int (*const ways[])(struct keymap *, xkb_keysym_t, struct keymap_steps *, uint16_t *) = {
		press_key, press_same_character, press_stand_in, press_by_code, press_shortcut,
		press_composed};
	*code = 0;
	keymap_settle(keymap, steps);
	if (keysym == XKB_KEY_NoSymbol || keysym > KEYSYM_MAX)
		return -ENOENT;
	if (keysym_is_modifier(keysym))
		return press_modifier(keymap, keysym, steps, code);
	settle_alt_r(keymap, keysym, steps);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (ways[i](keymap, keysym, steps, code) == 0)
			return 0;
	*code = 0;
	return -ENOENT;
}
