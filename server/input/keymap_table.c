/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keymap_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/input_device.h"

/* Ranges of codes. A code that is in none is KEYMAP_MAIN. X's protocol ends at code 255 - 8. */
static const struct {
	uint16_t first, last;
	enum keymap_place place;
} places[] = {
	{84, 84, KEYMAP_NOWHERE},
	{KEY_ZENKAKUHANKAKU, KEY_102ND, KEYMAP_REGIONAL},
	{KEY_RO, KEY_KPJPCOMMA, KEYMAP_REGIONAL},
	{KEY_LINEFEED, KEY_LINEFEED, KEYMAP_SPECIAL},
	{KEY_MACRO, KEY_POWER, KEYMAP_SPECIAL},
	{KEY_KPEQUAL, KEY_KPEQUAL, KEYMAP_REGIONAL},
	{KEY_KPPLUSMINUS, KEY_KPPLUSMINUS, KEYMAP_RARE},
	{KEY_SCALE, KEY_SCALE, KEYMAP_SPECIAL},
	{KEY_KPCOMMA, KEY_KPCOMMA, KEYMAP_RARE},
	{KEY_HANGEUL, KEY_YEN, KEYMAP_REGIONAL},
	{KEY_KPLEFTPAREN, KEY_KPRIGHTPAREN, KEYMAP_RARE},
	{195, 199, KEYMAP_NOWHERE},
	{KEY_STOP, KEY_RFKILL, KEYMAP_SPECIAL},
	{KEY_MICMUTE, KEY_MAX, KEYMAP_BEYOND_X},
};

enum keymap_place keymap_table_place(uint16_t code) {
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (code >= places[i].first && code <= places[i].last)
			return places[i].place;
	return KEYMAP_MAIN;
}

static int compare_entries(const void *left, const void *right) {
	const struct keymap_entry *a = left, *b = right;
	if (a->keysym != b->keysym)
		return a->keysym < b->keysym ? -1 : 1;
	int place = (int)keymap_table_place(a->code) - (int)keymap_table_place(b->code);
	if (place != 0)
		return place;
	if (a->level != b->level)
		return a->level - b->level;
	return a->group != b->group ? a->group - b->group : a->code - b->code;
}

/* Walks over every key and level that has exactly one keysym, and returns how many there are. If `entries` is
 * not NULL, they are written there. */
static size_t list_entries(struct xkb_keymap *keymap, struct keymap_entry *entries) {
	size_t count = 0;
	xkb_keycode_t last = xkb_keymap_max_keycode(keymap);
	for (xkb_keycode_t key = xkb_keymap_min_keycode(keymap); key <= last; key++) {
		if (key < KEYMAP_EVDEV_OFFSET || !input_device_is_key(key - KEYMAP_EVDEV_OFFSET))
			continue;
		xkb_layout_index_t groups = xkb_keymap_num_layouts_for_key(keymap, key);
		for (xkb_layout_index_t group = 0; group < groups; group++) {
			xkb_level_index_t levels = xkb_keymap_num_levels_for_key(keymap, key, group);
			for (xkb_level_index_t level = 0; level < levels; level++) {
				const xkb_keysym_t *keysyms;
				if (xkb_keymap_key_get_syms_by_level(keymap, key, group, level, &keysyms) !=
					1)
					continue;
				if (entries)
					entries[count] = (struct keymap_entry){keysyms[0],
						(uint16_t)(key - KEYMAP_EVDEV_OFFSET), (uint8_t)group,
						(uint8_t)level};
				count++;
			}
		}
	}
	return count;
}

static bool init_entries(struct keymap_table *table) {
	table->entry_count = list_entries(table->keymap, NULL);
	table->entries = calloc(table->entry_count + 1, sizeof *table->entries);
	if (!table->entries)
		return false;
	list_entries(table->keymap, table->entries);
	qsort(table->entries, table->entry_count, sizeof *table->entries, compare_entries);
	return true;
}

static xkb_mod_mask_t mask_of(const struct keymap_table *table, const char *name) {
	xkb_mod_index_t index = xkb_keymap_mod_get_index(table->keymap, name);
	return index == XKB_MOD_INVALID ? 0 : (xkb_mod_mask_t)1 << index;
}

static void name_modifiers(struct keymap_table *table) {
	table->shift = mask_of(table, XKB_MOD_NAME_SHIFT);
	table->control = mask_of(table, XKB_MOD_NAME_CTRL);
	table->alt = mask_of(table, XKB_MOD_NAME_ALT);
	table->shortcuts = table->control | table->alt | mask_of(table, XKB_MOD_NAME_LOGO);
}

static void add_kind(struct keymap_table *table, const struct keymap_effect *effect, uint16_t code) {
	for (size_t i = 0; i < table->kind_count; i++) {
		struct keymap_kind *kind = &table->kinds[i];
		if (kind->effect.mods == effect->mods && kind->effect.group == effect->group) {
			if (keymap_table_place(code) < keymap_table_place(kind->code))
				kind->code = code;
			return;
		}
	}
	if (table->kind_count == KEYMAP_MAX_KINDS)
		return;
	table->kinds[table->kind_count++] =
		(struct keymap_kind){*effect, code, (effect->mods & table->shortcuts) != 0};
}

static void add_lock(struct keymap_table *table, uint16_t code, xkb_mod_mask_t mods) {
	for (size_t i = 0; i < table->lock_count; i++)
		if (table->locks[i].mods == mods)
			return;
	if (table->lock_count < KEYMAP_MAX_LOCKS && keymap_table_place(code) <= KEYMAP_SPECIAL)
		table->locks[table->lock_count++] = (struct keymap_lock){code, mods};
}

/* Presses a key on an untouched keyboard and notes what that does while the key is held and afterwards.
 * False: out of memory. */
static bool try_key(struct keymap_table *table, uint16_t code) {
	struct xkb_state *state = xkb_state_new(table->keymap);
	if (!state)
		return false;
	xkb_keycode_t key = (xkb_keycode_t)code + KEYMAP_EVDEV_OFFSET;
	xkb_state_update_key(state, key, XKB_KEY_DOWN);
	struct keymap_effect effect = {
		.mods = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED),
		.group = xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_DEPRESSED),
	};
	xkb_state_update_key(state, key, XKB_KEY_UP);
	xkb_mod_mask_t locked = xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED);
	xkb_mod_mask_t left = xkb_state_serialize_mods(state, XKB_STATE_MODS_EFFECTIVE) |
			      xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE);
	xkb_state_unref(state);
	if (effect.mods || effect.group)
		table->effects[code] = effect;
	if (left == 0 && (effect.mods || effect.group))
		add_kind(table, &effect, code);
	else if (locked && left == locked)
		add_lock(table, code, locked);
	return true;
}

/* Moves Shift to the end of the kinds, so that it is pressed last. It changes what other modifier keys mean:
 * Alt becomes Meta, or changes the group. */
static void shift_last(struct keymap_table *table) {
	for (size_t i = 0; i + 1 < table->kind_count; i++) {
		if (table->kinds[i].effect.mods != table->shift)
			continue;
		struct keymap_kind kind = table->kinds[i];
		memmove(&table->kinds[i], &table->kinds[i + 1],
			(table->kind_count - i - 1) * sizeof table->kinds[0]);
		table->kinds[table->kind_count - 1] = kind;
		return;
	}
}

static void list_modifiers(struct keymap_table *table) {
	xkb_mod_mask_t shift = table->kind_count ? table->kinds[table->kind_count - 1].effect.mods : 0;
	for (int shifts = 0; shifts < 2; shifts++)
		for (uint16_t code = 0; code < KEY_CNT && table->modifier_count < KEYMAP_MAX_MODIFIERS;
			code++) {
			const struct keymap_effect *effect = &table->effects[code];
			if ((effect->mods || effect->group) && (effect->mods == shift) == shifts)
				table->modifiers[table->modifier_count++] = code;
		}
}

/* Finds out which modifiers AltGr sets, on whichever key the layout has it. */
static void find_level3(struct keymap_table *table) {
	size_t count;
	const struct keymap_entry *entries = keymap_table_find(table, XKB_KEY_ISO_Level3_Shift, &count);
	for (size_t i = 0; i < count && table->level3 == 0; i++)
		table->level3 = table->effects[entries[i].code].mods & ~(table->shift | table->shortcuts);
}

static bool init_modifiers(struct keymap_table *table) {
	name_modifiers(table);
	xkb_keycode_t last = xkb_keymap_max_keycode(table->keymap);
	for (xkb_keycode_t key = xkb_keymap_min_keycode(table->keymap); key <= last; key++)
		if (key >= KEYMAP_EVDEV_OFFSET && input_device_is_key(key - KEYMAP_EVDEV_OFFSET) &&
			!try_key(table, (uint16_t)(key - KEYMAP_EVDEV_OFFSET)))
			return false;
	shift_last(table);
	list_modifiers(table);
	find_level3(table);
	return true;
}

/* Returns the group to which the stroke leads from `group`, or -1 if it leaves anything else changed. */
static int try_stroke(
	struct keymap_table *table, const struct keymap_stroke *stroke, xkb_layout_index_t group) {
	struct xkb_state *state = xkb_state_new(table->keymap);
	if (!state)
		return -1;
	xkb_state_update_mask(state, 0, 0, 0, 0, 0, group);
	for (size_t i = 0; i < stroke->count; i++)
		xkb_state_update_key(state, stroke->codes[i] + KEYMAP_EVDEV_OFFSET, XKB_KEY_DOWN);
	for (size_t i = stroke->count; i-- > 0;)
		xkb_state_update_key(state, stroke->codes[i] + KEYMAP_EVDEV_OFFSET, XKB_KEY_UP);
	int result = (int)xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_LOCKED);
	if (xkb_state_serialize_mods(state, XKB_STATE_MODS_EFFECTIVE) ||
		(int)xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE) != result)
		result = -1;
	xkb_state_unref(state);
	return result;
}

/* Finds keys that, held together, set exactly these modifiers. False: there are none. */
static bool hold_for(const struct keymap_table *table, xkb_mod_mask_t mods, struct keymap_stroke *stroke) {
	xkb_mod_mask_t found = 0;
	stroke->count = 0;
	for (size_t i = 0; i < table->kind_count; i++) {
		const struct keymap_kind *kind = &table->kinds[i];
		if (kind->effect.group || (kind->effect.mods & ~mods) || !(kind->effect.mods & ~found))
			continue;
		if (stroke->count + 1 == KEYMAP_MAX_STROKE)
			return false;
		stroke->codes[stroke->count++] = kind->code;
		found |= kind->effect.mods;
	}
	return found == mods;
}

static void add_stroke(struct keymap_table *table, struct keymap_stroke stroke, uint16_t code) {
	for (size_t i = 0; i < stroke.count; i++)
		if (stroke.codes[i] == code)
			return;
	stroke.codes[stroke.count++] = code;
	if (table->stroke_count == KEYMAP_MAX_STROKES)
		return;
	uint8_t *leads_to = table->stroke_leads_to[table->stroke_count];
	bool useful = false;
	for (xkb_layout_index_t group = 0; group < table->groups; group++) {
		int result = try_stroke(table, &stroke, group);
		leads_to[group] =
			result < 0 || result >= (int)table->groups ? (uint8_t)group : (uint8_t)result;
		useful |= leads_to[group] != group;
	}
	if (useful)
		table->strokes[table->stroke_count++] = stroke;
}

static void find_strokes(struct keymap_table *table) {
	for (size_t i = 0; i < table->entry_count; i++) {
		const struct keymap_entry *entry = &table->entries[i];
		if (entry->keysym < XKB_KEY_ISO_Group_Latch || entry->keysym > XKB_KEY_ISO_Last_Group_Lock)
			continue;
		xkb_mod_mask_t masks[16];
		size_t count = xkb_keymap_key_get_mods_for_level(table->keymap,
			entry->code + KEYMAP_EVDEV_OFFSET, entry->group, entry->level, masks, 16);
		for (size_t j = 0; j < count; j++) {
			struct keymap_stroke stroke;
			if (hold_for(table, masks[j], &stroke))
				add_stroke(table, stroke, entry->code);
		}
	}
}

/* Finds the shortest ways between groups by strokes, breadth first from each group. */
static void init_ways(struct keymap_table *table) {
	memset(table->way, -1, sizeof table->way);
	for (xkb_layout_index_t start = 0; start < table->groups; start++) {
		uint8_t queue[KEYMAP_MAX_GROUPS];
		size_t head = 0, tail = 0;
		queue[tail++] = (uint8_t)start;
		while (head < tail) {
			uint8_t from = queue[head++];
			for (size_t s = 0; s < table->stroke_count; s++) {
				uint8_t to = table->stroke_leads_to[s][from];
				if (to == start || table->way[start][to] >= 0)
					continue;
				table->way[start][to] = from == start ? (int8_t)s : table->way[start][from];
				queue[tail++] = to;
			}
		}
	}
}

static void silence(struct xkb_context *context, enum xkb_log_level level, const char *format, va_list list) {
	(void)context;
	(void)level;
	(void)format;
	(void)list;
}

static struct xkb_keymap *compile(struct xkb_context *context, const struct layout *layout) {
	struct xkb_rule_names names = {
		.rules = layout->rules,
		.model = layout->model,
		.layout = layout->layouts,
		.variant = layout->variants,
		.options = layout->options,
	};
	return xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
}

int keymap_table_init(struct keymap_table *table, const struct layout *layout, struct reason *reason) {
	memset(table, 0, sizeof *table);
	table->context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (!table->context)
		return reason_set(
			reason, -ENOMEM, "xkb: out of memory, or no keyboard data: install xkb-data");
	xkb_context_set_log_fn(table->context, silence);
	table->keymap = compile(table->context, layout);
	if (!table->keymap) {
		keymap_table_finish(table);
		return reason_set(reason, -EINVAL,
			"xkb knows no keyboard layout \"%s\" (variant \"%s\", options \"%s\", from %s)",
			layout->layouts, layout->variants, layout->options, layout->origin);
	}
	table->groups = xkb_keymap_num_layouts(table->keymap);
	if (table->groups > KEYMAP_MAX_GROUPS)
		table->groups = KEYMAP_MAX_GROUPS;
	if (!init_entries(table) || !init_modifiers(table)) {
		keymap_table_finish(table);
		return reason_set(reason, -ENOMEM, "xkb: out of memory");
	}
	if (table->groups > 1)
		find_strokes(table);
	init_ways(table);
	return 0;
}

void keymap_table_finish(struct keymap_table *table) {
	free(table->entries);
	xkb_keymap_unref(table->keymap);
	xkb_context_unref(table->context);
	memset(table, 0, sizeof *table);
}

void keymap_table_remove(struct keymap_table *table, uint16_t code) {
	size_t kept = 0;
	for (size_t i = 0; i < table->entry_count; i++)
		if (table->entries[i].code != code)
			table->entries[kept++] = table->entries[i];
	table->entry_count = kept;
	table->lacks[code] = true;
}

bool keymap_table_has(const struct keymap_table *table, uint16_t code) {
	return input_device_is_key(code) && !table->lacks[code];
}

const struct keymap_entry *keymap_table_find(
	const struct keymap_table *table, xkb_keysym_t keysym, size_t *count) {
	size_t low = 0, high = table->entry_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (table->entries[middle].keysym < keysym)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < table->entry_count && table->entries[low + *count].keysym == keysym)
		++*count;
	return *count ? &table->entries[low] : NULL;
}

xkb_keysym_t keymap_table_same_character(const struct keymap_table *table, xkb_keysym_t keysym) {
	uint32_t character = xkb_keysym_to_utf32(keysym);
	if (character == 0)
		return XKB_KEY_NoSymbol;
	for (size_t i = 0; i < table->entry_count; i++)
		if (table->entries[i].keysym != keysym &&
			xkb_keysym_to_utf32(table->entries[i].keysym) == character)
			return table->entries[i].keysym;
	return XKB_KEY_NoSymbol;
}
