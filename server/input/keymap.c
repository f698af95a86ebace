/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap.h"

#include <errno.h>
#include <stdlib.h>

#include "server/input/keymap_state.h"

/* Whether pressing this key now would be a withheld Alt+SysRq. The kernel looks at the keys themselves,
 * whatever the layout maps them to. */
static bool is_sysrq(const struct keymap *keymap, uint16_t code) {
	return code == KEY_SYSRQ && keymap->table.no_sysrq &&
	       (keymap->down[KEY_LEFTALT] || keymap->down[KEY_RIGHTALT]);
}

static void emit(struct keymap *keymap, uint16_t code, bool down, struct keymap_steps *steps) {
	if (keymap->down[code] == down || steps->count == KEYMAP_MAX_STEPS)
		return;
	/* No plan leads here, except in layouts in which the Alt keys are not Alt. */
	if (down && is_sysrq(keymap, code))
		return;
	steps->steps[steps->count++] = (struct keymap_step){code, down};
	keymap->down[code] = down;
	xkb_state_update_key(keymap->state, code + KEYMAP_EVDEV_OFFSET, down ? XKB_KEY_DOWN : XKB_KEY_UP);
}

static void tap(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	emit(keymap, code, true, steps);
	emit(keymap, code, false, steps);
}

/* Lists the modifier keys that are down, with Shift last. */
static size_t list_held(const struct keymap *keymap, uint16_t held[KEYMAP_MAX_HELD]) {
	const struct keymap_table *table = &keymap->table;
	size_t count = 0;
	for (size_t i = 0; i < table->modifier_count && count < KEYMAP_MAX_HELD; i++)
		if (keymap->down[table->modifiers[i]])
			held[count++] = table->modifiers[i];
	return count;
}

struct keymap_now keymap_look(const struct keymap *keymap) {
	struct keymap_now now = {
		.depressed.mods = xkb_state_serialize_mods(keymap->state, XKB_STATE_MODS_DEPRESSED),
		.depressed.group = xkb_state_serialize_layout(keymap->state, XKB_STATE_LAYOUT_DEPRESSED),
		.latched = xkb_state_serialize_mods(keymap->state, XKB_STATE_MODS_LATCHED),
		.locked = xkb_state_serialize_mods(keymap->state, XKB_STATE_MODS_LOCKED),
		.latched_group = xkb_state_serialize_layout(keymap->state, XKB_STATE_LAYOUT_LATCHED),
		.locked_group = xkb_state_serialize_layout(keymap->state, XKB_STATE_LAYOUT_LOCKED),
	};
	now.held_count = list_held(keymap, now.held);
	return now;
}

static void undo_adds(struct keymap *keymap, struct keymap_steps *steps) {
	struct keymap_plan *made = &keymap->made;
	while (made->add_count > 0) {
		uint16_t code = made->adds[--made->add_count];
		if (keymap->holders[code] == 0)
			emit(keymap, code, false, steps);
	}
}

void keymap_settle(struct keymap *keymap, struct keymap_steps *steps) {
	const struct keymap_plan *made = &keymap->made;
	undo_adds(keymap, steps);
	for (size_t i = 0; i < made->lift_count; i++)
		if (keymap->holders[made->lifts[i]] > 0)
			emit(keymap, made->lifts[i], true, steps);
	keymap->made = (struct keymap_plan){0};
}

/* Locks another group with the layout's own keys. The held modifiers are released in the meantime. */
static void switch_group(struct keymap *keymap, xkb_layout_index_t group, struct keymap_steps *steps) {
	xkb_layout_index_t now = xkb_state_serialize_layout(keymap->state, XKB_STATE_LAYOUT_LOCKED);
	if (now == group)
		return;
	uint16_t held[KEYMAP_MAX_HELD];
	size_t held_count = list_held(keymap, held);
	for (size_t i = 0; i < held_count; i++)
		emit(keymap, held[i], false, steps);
	for (int strokes = 0; now != group && strokes < KEYMAP_MAX_GROUPS; strokes++) {
		if (now >= KEYMAP_MAX_GROUPS || keymap->table.way[now][group] < 0)
			break;
		const struct keymap_stroke *stroke = &keymap->table.strokes[keymap->table.way[now][group]];
		for (size_t i = 0; i < stroke->count; i++)
			emit(keymap, stroke->codes[i], true, steps);
		for (size_t i = stroke->count; i-- > 0;)
			emit(keymap, stroke->codes[i], false, steps);
		now = xkb_state_serialize_layout(keymap->state, XKB_STATE_LAYOUT_LOCKED);
	}
	for (size_t i = 0; i < held_count; i++)
		emit(keymap, held[i], true, steps);
}

void keymap_lift(struct keymap *keymap, const uint16_t *codes, size_t count, struct keymap_steps *steps) {
	for (size_t i = 0; i < count; i++)
		emit(keymap, codes[i], false, steps);
}

void keymap_hold(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (keymap->holders[code] < UINT8_MAX)
		keymap->holders[code]++;
	emit(keymap, code, true, steps);
}

void keymap_move_alt_r(struct keymap *keymap, struct keymap_steps *steps) {
	const uint16_t from = KEY_RIGHTALT, to = KEY_LEFTALT;
	emit(keymap, from, false, steps);
	keymap->holders[to] = (uint8_t)(keymap->holders[to] + keymap->holders[from]);
	keymap->alt_r_moved = (uint8_t)(keymap->alt_r_moved + keymap->holders[from]);
	keymap->holders[from] = 0;
	emit(keymap, to, true, steps);
}

void keymap_make(struct keymap *keymap, const struct keymap_plan *plan, struct keymap_steps *steps) {
	/* If the key is held already for another of its keysyms, it has to go down again to be typed. */
	emit(keymap, plan->code, false, steps);
	switch_group(keymap, plan->group, steps);
	keymap_lift(keymap, plan->lifts, plan->lift_count, steps);
	for (size_t i = 0; i < plan->lock_count; i++)
		tap(keymap, plan->locks[i], steps);
	for (size_t i = 0; i < plan->add_count; i++)
		emit(keymap, plan->adds[i], true, steps);
	keymap_hold(keymap, plan->code, steps);
	for (size_t i = 0; i < plan->lock_count; i++)
		tap(keymap, plan->locks[i], steps);
	keymap->made = *plan;
}

void keymap_list_composed(struct keymap *keymap) {
	if (!keymap->compose_listed)
		keymap_compose_init(&keymap->compose, &keymap->table);
	keymap->compose_listed = true;
}

bool keymap_press_code(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (!keymap_table_has(&keymap->table, code))
		return false;
	keymap_settle(keymap, steps);
	keymap_hold(keymap, code, steps);
	return true;
}

uint16_t keymap_instead(const struct keymap *keymap, uint16_t code) {
	/* Alt counts even if it is lifted at present. */
	bool alt = keymap->holders[KEY_LEFTALT] > 0 || keymap->holders[KEY_RIGHTALT] > 0;
	bool withheld = is_sysrq(keymap, code) || (code == KEY_SYSRQ && keymap->table.no_sysrq && alt);
	return withheld ? KEY_PRINT : code;
}

void keymap_remove_key(struct keymap *keymap, uint16_t code) {
	keymap_table_remove(&keymap->table, code);
}

void keymap_withhold_sysrq(struct keymap *keymap) {
	keymap->table.no_sysrq = true;
}

void keymap_release(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (code == KEY_RIGHTALT && keymap->holders[code] == 0 && keymap->alt_r_moved > 0)
		code = KEY_LEFTALT;
	if (code >= KEY_CNT || keymap->holders[code] == 0)
		return;
	if (--keymap->holders[code] == 0)
		emit(keymap, code, false, steps);
	if (keymap->holders[KEY_RIGHTALT] == 0)
		keymap->alt_r_is_level3 = false;
	if (keymap->alt_r_moved > keymap->holders[KEY_LEFTALT])
		keymap->alt_r_moved = keymap->holders[KEY_LEFTALT];
	if (keymap->made.code != code)
		return;
	keymap->made.code = 0;
	if (keymap->made.keeps_lifts)
		undo_adds(keymap, steps);
	else
		keymap_settle(keymap, steps);
}

bool keymap_repeats(const struct keymap *keymap, uint16_t code) {
	return xkb_keymap_key_repeats(keymap->table.keymap, code + KEYMAP_EVDEV_OFFSET);
}

bool keymap_stands_on(const struct keymap *keymap, uint32_t keysym, uint16_t code) {
	size_t count;
	const struct keymap_entry *entries = keymap_table_find(&keymap->table, keysym, &count);
	for (size_t i = 0; i < count; i++)
		if (entries[i].code == code)
			return true;
	return false;
}

static const struct {
	const char *name;
	unsigned bit;
} leds[KEYMAP_LEDS] = {
	{XKB_LED_NAME_NUM, KEYMAP_NUM_LOCK},
	{XKB_LED_NAME_CAPS, KEYMAP_CAPS_LOCK},
	{XKB_LED_NAME_SCROLL, KEYMAP_SCROLL_LOCK},
};

unsigned keymap_leds(const struct keymap *keymap) {
	unsigned lit = 0;
	for (size_t i = 0; i < KEYMAP_LEDS; i++)
		if (xkb_state_led_index_is_active(keymap->state, keymap->led_indices[i]) > 0)
			lit |= leds[i].bit;
	return lit;
}

/* Sets these locks and this group. Returns whether the LEDs are as wanted then. */
static bool lights(struct keymap *keymap, const struct keymap_now *now, xkb_mod_mask_t locked,
	xkb_layout_index_t group, unsigned wanted) {
	xkb_state_update_mask(keymap->state, now->depressed.mods, now->latched, locked, now->depressed.group,
		now->latched_group, group);
	return keymap_leds(keymap) == wanted;
}

void keymap_set_leds(struct keymap *keymap, unsigned wanted) {
	if (keymap_leds(keymap) == wanted)
		return;
	struct keymap_now now = keymap_look(keymap);
	const struct keymap_table *table = &keymap->table;
	for (xkb_layout_index_t step = 0; step < table->groups; step++) {
		xkb_layout_index_t group = (now.locked_group + step) % table->groups;
		for (unsigned locks = 0; locks < 1u << table->lock_count; locks++) {
			xkb_mod_mask_t locked = now.locked;
			for (size_t i = 0; i < table->lock_count; i++)
				if (locks & (1u << i))
					locked ^= table->locks[i].mods;
			if (lights(keymap, &now, locked, group, wanted))
				return;
		}
	}
	lights(keymap, &now, now.locked, now.locked_group, wanted); /* nothing fits: restore the state */
}

int keymap_create(const struct layout *layout, struct keymap **keymap, struct reason *reason) {
	struct keymap *made = calloc(1, sizeof *made);
	if (!made)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = keymap_table_init(&made->table, layout, reason);
	if (error) {
		free(made);
		return error;
	}
	made->state = xkb_state_new(made->table.keymap);
	if (!made->state) {
		keymap_destroy(made);
		return reason_set(reason, -ENOMEM, "xkb: out of memory");
	}
	for (size_t i = 0; i < KEYMAP_LEDS; i++)
		made->led_indices[i] = xkb_keymap_led_get_index(made->table.keymap, leds[i].name);
	*keymap = made;
	return 0;
}

void keymap_destroy(struct keymap *keymap) {
	if (!keymap)
		return;
	keymap_compose_finish(&keymap->compose);
	xkb_state_unref(keymap->state);
	keymap_table_finish(&keymap->table);
	free(keymap);
}
