/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap.h"

#include <errno.h>
#include <stdlib.h>

#include "server/input/keymap_compose.h"
#include "server/input/keymap_plan.h"
#include "server/input/keysym.h"

enum {
	KEYSYM_MAX = 0x1fffffff, /* X11's: 29 bits */
	KEYMAP_LAMPS = 3,
};

struct keymap {
	struct keymap_table table;
	struct keymap_compose compose;
	bool compose_listed;
	struct xkb_state *state; /* of the keyboard as our strokes left it */
	uint8_t holders[KEY_CNT];
	bool down[KEY_CNT];
	struct keymap_plan made; /* whose lifts and adds are still in force; code 0: none */
	xkb_led_index_t lamps[KEYMAP_LAMPS];
};

/* The kernel looks at the keys themselves, whatever the layout makes of them. */
static bool is_sysrq(const struct keymap *keymap, uint16_t code) {
	return code == KEY_SYSRQ && keymap->table.no_sysrq &&
	       (keymap->down[KEY_LEFTALT] || keymap->down[KEY_RIGHTALT]);
}

static void emit(struct keymap *keymap, uint16_t code, bool down, struct keymap_steps *steps) {
	if (keymap->down[code] == down || steps->count == KEYMAP_MAX_STEPS)
		return;
	if (down && is_sysrq(keymap, code)) /* which no plan comes to, but for layouts where Alt is none */
		return;
	steps->steps[steps->count++] = (struct keymap_step){code, down};
	keymap->down[code] = down;
	xkb_state_update_key(keymap->state, code + KEYMAP_EVDEV_OFFSET, down ? XKB_KEY_DOWN : XKB_KEY_UP);
}

static void tap(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	emit(keymap, code, true, steps);
	emit(keymap, code, false, steps);
}

/* The modifier keys that are down, Shift last. */
static size_t list_held(const struct keymap *keymap, uint16_t held[KEYMAP_MAX_HELD]) {
	const struct keymap_table *table = &keymap->table;
	size_t count = 0;
	for (size_t i = 0; i < table->modifier_count && count < KEYMAP_MAX_HELD; i++)
		if (keymap->down[table->modifiers[i]])
			held[count++] = table->modifiers[i];
	return count;
}

static struct keymap_now look(const struct keymap *keymap) {
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

/* Undoes what the last plan pressed and lifted. */
static void settle(struct keymap *keymap, struct keymap_steps *steps) {
	const struct keymap_plan *made = &keymap->made;
	for (size_t i = made->add_count; i-- > 0;)
		if (keymap->holders[made->adds[i]] == 0)
			emit(keymap, made->adds[i], false, steps);
	for (size_t i = 0; i < made->lift_count; i++)
		if (keymap->holders[made->lifts[i]] > 0)
			emit(keymap, made->lifts[i], true, steps);
	keymap->made = (struct keymap_plan){0};
}

/* Locks another group by the layout's own keys, with nothing else held meanwhile. */
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

static void hold(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (keymap->holders[code] < UINT8_MAX)
		keymap->holders[code]++;
	emit(keymap, code, true, steps);
}

static void make(struct keymap *keymap, const struct keymap_plan *plan, struct keymap_steps *steps) {
	/* Held already, for another of its keysyms: it has to go down again to be typed. */
	emit(keymap, plan->code, false, steps);
	switch_group(keymap, plan->group, steps);
	for (size_t i = 0; i < plan->lift_count; i++)
		emit(keymap, plan->lifts[i], false, steps);
	for (size_t i = 0; i < plan->lock_count; i++)
		tap(keymap, plan->locks[i], steps);
	for (size_t i = 0; i < plan->add_count; i++)
		emit(keymap, plan->adds[i], true, steps);
	hold(keymap, plan->code, steps);
	for (size_t i = 0; i < plan->lock_count; i++)
		tap(keymap, plan->locks[i], steps);
	keymap->made = *plan;
}

/* Whether the key is that modifier now, or by itself; but not in another group: nobody switches the group to
 * press Alt. */
static bool is_modifier_now(const struct keymap *keymap, const struct keymap_entry *entry) {
	return xkb_state_key_get_one_sym(keymap->state, entry->code + KEYMAP_EVDEV_OFFSET) == entry->keysym;
}

static bool is_modifier_alone(const struct keymap *keymap, const struct keymap_entry *entry) {
	return entry->level == 0 &&
	       entry->group == xkb_state_key_get_layout(keymap->state, entry->code + KEYMAP_EVDEV_OFFSET);
}

/* A modifier key is pressed as it stands: the one that means this now, else the one that means it alone.
 * Those that are on no keyboard come last: with Shift held one of them is Alt, which only xkb knows. */
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

static bool has_shift(const struct keymap_table *table, const uint16_t *codes, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (table->effects[codes[i]].mods & table->shift)
			return true;
	return false;
}

/* The cheapest way to type it; -1: none. On the keypad Shift and Num Lock undo each other, but elsewhere
 * Shift means something: a key of the main block that means the same is better than another Shift than the
 * viewer has. */
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

static int press(struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	struct keymap_now now = look(keymap);
	struct keymap_plan plan;
	bool modifier = keysym_is_modifier(keysym);
	*code = modifier ? find_modifier(keymap, keysym) : 0;
	bool planned = *code == 0 && plan_key(keymap, &now, keysym, &plan) >= 0;
	if (modifier && *code == 0 && (!planned || plan.group != now.locked_group))
		*code = find_modifier(keymap, keysym_stand_in(keysym));
	if (*code != 0) {
		hold(keymap, *code, steps);
		return 0;
	}
	if (!planned)
		return -ENOENT;
	make(keymap, &plan, steps);
	*code = plan.code;
	return 0;
}

void keymap_list_composed(struct keymap *keymap) {
	if (!keymap->compose_listed)
		keymap_compose_init(&keymap->compose, &keymap->table);
	keymap->compose_listed = true;
}

static int press_composed(
	struct keymap *keymap, xkb_keysym_t keysym, struct keymap_steps *steps, uint16_t *code) {
	keymap_list_composed(keymap);
	const struct keymap_pair *pair = keymap_compose_find(&keymap->compose, keysym);
	if (!pair) /* the same character under its other name */
		pair = keymap_compose_find(
			&keymap->compose, xkb_utf32_to_keysym(xkb_keysym_to_utf32(keysym)));
	if (!pair)
		return -ENOENT;
	struct keymap_now now = look(keymap);
	struct keymap_plan plan;
	if (keymap_plan_find(&keymap->table, &now, pair->base, &plan) < 0 ||
		press(keymap, pair->dead, steps, code) < 0)
		return -ENOENT; /* never a dead key without its letter */
	keymap_release(keymap, *code, steps);
	return press(keymap, pair->base, steps, code);
}

int keymap_press(struct keymap *keymap, uint32_t keysym, struct keymap_steps *steps, uint16_t *code) {
	*code = 0;
	settle(keymap, steps);
	if (keysym == XKB_KEY_NoSymbol || keysym > KEYSYM_MAX)
		return -ENOENT;
	if (press(keymap, keysym, steps, code) == 0)
		return 0;
	xkb_keysym_t same = keymap_table_same_character(&keymap->table, keysym);
	if (same != XKB_KEY_NoSymbol && press(keymap, same, steps, code) == 0)
		return 0;
	if (press(keymap, keysym_stand_in(keysym), steps, code) == 0)
		return 0;
	*code = keysym_code(keysym);
	if (keymap_table_has(&keymap->table, *code)) {
		hold(keymap, *code, steps);
		return 0;
	}
	*code = 0;
	return press_composed(keymap, keysym, steps, code);
}

bool keymap_press_code(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (!keymap_table_has(&keymap->table, code))
		return false;
	settle(keymap, steps);
	hold(keymap, code, steps);
	return true;
}

uint16_t keymap_instead(const struct keymap *keymap, uint16_t code) {
	return is_sysrq(keymap, code) ? KEY_PRINT : code;
}

void keymap_remove_key(struct keymap *keymap, uint16_t code) {
	keymap_table_remove(&keymap->table, code);
}

void keymap_withhold_sysrq(struct keymap *keymap) {
	keymap->table.no_sysrq = true;
}

void keymap_release(struct keymap *keymap, uint16_t code, struct keymap_steps *steps) {
	if (code >= KEY_CNT || keymap->holders[code] == 0)
		return;
	if (--keymap->holders[code] == 0)
		emit(keymap, code, false, steps);
	if (keymap->made.code == code)
		settle(keymap, steps);
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
} leds[KEYMAP_LAMPS] = {
	{XKB_LED_NAME_NUM, KEYMAP_NUM_LOCK},
	{XKB_LED_NAME_CAPS, KEYMAP_CAPS_LOCK},
	{XKB_LED_NAME_SCROLL, KEYMAP_SCROLL_LOCK},
};

unsigned keymap_leds(const struct keymap *keymap) {
	unsigned lit = 0;
	for (size_t i = 0; i < KEYMAP_LAMPS; i++)
		if (xkb_state_led_index_is_active(keymap->state, keymap->lamps[i]) > 0)
			lit |= leds[i].bit;
	return lit;
}

/* Whether the lamps are as wanted with these locks and this group. */
static bool lights(struct keymap *keymap, const struct keymap_now *now, xkb_mod_mask_t locked,
	xkb_layout_index_t group, unsigned wanted) {
	xkb_state_update_mask(keymap->state, now->depressed.mods, now->latched, locked, now->depressed.group,
		now->latched_group, group);
	return keymap_leds(keymap) == wanted;
}

void keymap_set_leds(struct keymap *keymap, unsigned wanted) {
	if (keymap_leds(keymap) == wanted)
		return;
	struct keymap_now now = look(keymap);
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
	lights(keymap, &now, now.locked, now.locked_group, wanted); /* none fits: as it was */
}

int keymap_create(const struct layout *layout, struct keymap **keymap, struct reason *reason) {
	struct keymap *made = calloc(1, sizeof *made);
	if (!made)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = keymap_table_init(&made->table, layout, reason);
	if (error < 0) {
		free(made);
		return error;
	}
	made->state = xkb_state_new(made->table.keymap);
	if (!made->state) {
		keymap_destroy(made);
		return reason_set(reason, -ENOMEM, "xkb: out of memory");
	}
	for (size_t i = 0; i < KEYMAP_LAMPS; i++)
		made->lamps[i] = xkb_keymap_led_get_index(made->table.keymap, leds[i].name);
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
