/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every keysym of every level of many layouts goes through the keymap, and back through a keyboard state of
 * xkbcommon's own, as a compositor has it. It must come out as the same keysym: with a plain keyboard, with
 * locks on, and with modifiers that the viewer holds.
 */
#include "server/input/keymap.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>
#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { OFFSET = 8 };

struct rig {
	struct layout layout;
	struct keymap *keymap;
	struct xkb_context *context;
	struct xkb_keymap *judge_keymap;
	struct xkb_state *judge;
	struct keymap_steps steps;
	size_t judged; /* number of steps that the judge has seen already */
	bool down[KEY_CNT];
	xkb_keysym_t typed[64]; /* what keys other than modifiers typed, in order */
	size_t typed_count;
};

static struct layout make_layout(const char *text, const char *options) {
	struct layout layout = {.rules = "evdev", .model = "pc105"};
	struct reason reason;
	CHECK(layout_parse(&layout, text, &reason) == 0);
	snprintf(layout.options, sizeof layout.options, "%s", options);
	return layout;
}

static void rig_up(struct rig *rig, const char *text, const char *options) {
	memset(rig, 0, sizeof *rig);
	rig->layout = make_layout(text, options);
	struct reason reason = {0};
	CHECK_SAY(keymap_create(&rig->layout, &rig->keymap, &reason) == 0, "%s: %s", text, reason.text);
	rig->context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	struct xkb_rule_names names = {rig->layout.rules, rig->layout.model, rig->layout.layouts,
		rig->layout.variants, rig->layout.options};
	rig->judge_keymap = xkb_keymap_new_from_names(rig->context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	CHECK(rig->judge_keymap);
	rig->judge = xkb_state_new(rig->judge_keymap);
	CHECK(rig->judge);
}

static void rig_down(struct rig *rig) {
	keymap_destroy(rig->keymap);
	xkb_state_unref(rig->judge);
	xkb_keymap_unref(rig->judge_keymap);
	xkb_context_unref(rig->context);
}

/* Plays the new steps to the judge, and records what is typed. */
static void play(struct rig *rig) {
	for (; rig->judged < rig->steps.count; rig->judged++) {
		struct keymap_step step = rig->steps.steps[rig->judged];
		CHECK_SAY(rig->down[step.code] != step.down, "code %u twice the same", step.code);
		rig->down[step.code] = step.down;
		if (step.down && rig->typed_count < 64)
			rig->typed[rig->typed_count++] =
				xkb_state_key_get_one_sym(rig->judge, step.code + OFFSET);
		xkb_state_update_key(rig->judge, step.code + OFFSET, step.down ? XKB_KEY_DOWN : XKB_KEY_UP);
	}
	rig->steps.count = rig->judged = 0;
}

/* Presses the keysym and returns what the pressed key itself typed; -1: the keymap gave up. */
static int64_t press(struct rig *rig, xkb_keysym_t keysym, uint16_t *code) {
	rig->typed_count = 0;
	int result = keymap_press(rig->keymap, keysym, &rig->steps, code);
	xkb_keysym_t got = XKB_KEY_NoSymbol;
	for (; rig->judged < rig->steps.count; rig->judged++) {
		struct keymap_step step = rig->steps.steps[rig->judged];
		if (step.code == *code && step.down)
			got = xkb_state_key_get_one_sym(rig->judge, step.code + OFFSET);
		CHECK_SAY(rig->down[step.code] != step.down, "code %u twice the same", step.code);
		rig->down[step.code] = step.down;
		xkb_state_update_key(rig->judge, step.code + OFFSET, step.down ? XKB_KEY_DOWN : XKB_KEY_UP);
	}
	rig->steps.count = rig->judged = 0;
	return result < 0 ? -1 : (int64_t)got;
}

static void release(struct rig *rig, uint16_t code) {
	keymap_release(rig->keymap, code, &rig->steps);
	play(rig);
}

static size_t count_down(const struct rig *rig) {
	size_t count = 0;
	for (size_t i = 0; i < KEY_CNT; i++)
		count += rig->down[i];
	return count;
}

static xkb_mod_mask_t locked(const struct rig *rig) {
	return xkb_state_serialize_mods(rig->judge, XKB_STATE_MODS_LOCKED);
}

/* Returns whether any set of real modifiers reaches this level. */
static bool level_is_reachable(
	struct rig *rig, xkb_keycode_t key, xkb_layout_index_t group, xkb_level_index_t level) {
	struct xkb_state *state = xkb_state_new(rig->judge_keymap);
	bool reachable = false;
	for (xkb_mod_mask_t mask = 0; mask < 256 && !reachable; mask++) {
		xkb_state_update_mask(state, mask, 0, 0, 0, 0, group);
		reachable = xkb_state_key_get_level(state, key, group) == level;
	}
	xkb_state_unref(state);
	return reachable;
}

static bool changes_locks(xkb_keysym_t keysym) {
	switch (keysym) {
	case XKB_KEY_Caps_Lock:
	case XKB_KEY_Shift_Lock:
	case XKB_KEY_Num_Lock:
	case XKB_KEY_Scroll_Lock:
		return true;
	default:
		return keysym >= XKB_KEY_ISO_Lock && keysym <= XKB_KEY_ISO_Level5_Lock;
	}
}

/* Sends one keysym there and back. `held`: the keys that the viewer holds all the while. */
static void round_trip(struct rig *rig, xkb_keysym_t keysym, size_t held, const char *situation) {
	char name[64];
	xkb_keysym_get_name(keysym, name, sizeof name);
	xkb_mod_mask_t locks = locked(rig);
	uint16_t code;
	int64_t got = press(rig, keysym, &code);
	bool right_alt = keysym == XKB_KEY_Alt_R || keysym == XKB_KEY_Meta_R;
	if (right_alt && xkb_keymap_num_layouts(rig->judge_keymap) > 1 &&
		(got == XKB_KEY_Alt_L || got == XKB_KEY_ISO_Level3_Shift))
		got = keysym; /* in a group where the right one is AltGr: that or the left one; the group
				 stays */
	CHECK_SAY(got == (int64_t)keysym, "%s %s (%s), %s: %s came as %llx on code %u", rig->layout.layouts,
		rig->layout.variants, rig->layout.options, situation, name, (long long)got, code);
	release(rig, code);
	CHECK_SAY(
		count_down(rig) == held, "%s, %s: %s left a key down", rig->layout.layouts, situation, name);
	CHECK_SAY(locked(rig) == locks, "%s, %s: %s left a lock", rig->layout.layouts, situation, name);
}

/* Does so for every keysym of every level that can be reached at all. Returns how many there were. */
static size_t every_keysym(struct rig *rig, size_t held, bool letters_only, const char *situation) {
	size_t count = 0;
	xkb_keycode_t last = xkb_keymap_max_keycode(rig->judge_keymap);
	for (xkb_keycode_t key = xkb_keymap_min_keycode(rig->judge_keymap); key <= last; key++) {
		for (xkb_layout_index_t group = 0;
			group < xkb_keymap_num_layouts_for_key(rig->judge_keymap, key); group++) {
			xkb_level_index_t levels =
				xkb_keymap_num_levels_for_key(rig->judge_keymap, key, group);
			for (xkb_level_index_t level = 0; level < levels; level++) {
				const xkb_keysym_t *keysyms;
				if (xkb_keymap_key_get_syms_by_level(
					    rig->judge_keymap, key, group, level, &keysyms) != 1 ||
					!level_is_reachable(rig, key, group, level) ||
					changes_locks(keysyms[0]))
					continue;
				if (letters_only && (keysyms[0] >= 0xfd00 && keysyms[0] < 0x1000000))
					continue;
				round_trip(rig, keysyms[0], held, situation);
				count++;
			}
		}
	}
	return count;
}

static void set_lock(struct rig *rig, xkb_keysym_t keysym) {
	uint16_t code;
	int64_t got = press(rig, keysym, &code);
	CHECK_SAY(got == (int64_t)keysym, "%s: lock %x came as %llx on %u", rig->layout.layouts, keysym,
		(long long)got, code);
	release(rig, code);
	CHECK(locked(rig) != 0);
}

static const struct {
	const char *layout, *options;
	size_t least; /* at least this many keysyms must have been tried, so that an empty walk does not
		       * pass */
} layouts[] = {
	{"us", "", 400},
	{"us:intl", "", 450},
	{"us:altgr-intl", "", 450},
	{"us:dvorak", "", 400},
	{"us:colemak", "", 450},
	{"us:mac", "", 400},
	{"de", "", 450},
	{"de:nodeadkeys", "", 450},
	{"de:neo", "", 500},
	{"de:mac", "", 400},
	{"fr", "", 450},
	{"fr:oss", "", 450},
	{"fr:bepo", "", 450},
	{"fr:azerty", "", 400},
	{"es", "", 450},
	{"es:dvorak", "", 450},
	{"pl", "", 450},
	{"pl:dvorak", "", 400},
	{"ru", "", 380},
	{"ru:phonetic", "", 380},
	{"gr", "", 400},
	{"gr:polytonic", "", 400},
	{"jp", "", 380},
	{"jp:kana", "", 380},
	{"br", "", 450},
	{"br:nativo", "", 450},
	{"us,ru", "grp:alt_shift_toggle", 600},
	{"us,ru,gr", "grp:win_space_toggle", 700},
	{"de:nodeadkeys,us,fr,gr", "grp:shifts_toggle", 900},
	{"us,de", "grp:caps_toggle,grp_led:scroll", 600},
	{"ru,us", "grp:switch", 500},
	{"us,gr", "grp:toggle", 500},
	{"us", "caps:escape,ctrl:swap_lalt_lctl", 400},
	{"de", "lv3:caps_switch,lv5:rwin_switch_lock", 400},
	{"us", "compose:ralt,numpad:mac", 400},
};

static void every_layout(void) {
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct rig rig;
		rig_up(&rig, layouts[i].layout, layouts[i].options);
		size_t count = every_keysym(&rig, 0, false, "plain");
		CHECK_SAY(count >= layouts[i].least, "%s: only %zu keysyms", layouts[i].layout, count);
		printf("%s %s: %zu keysyms\n", layouts[i].layout, layouts[i].options, count);
		rig_down(&rig);
	}
}

static const struct {
	const char *layout, *options;
} held_layouts[] = {{"us", ""}, {"de", ""}, {"fr", ""}, {"es", ""}, {"pl", ""}, {"ru", ""}, {"gr", ""},
	{"jp", ""}, {"br", ""}, {"us:intl", ""}, {"de:neo", ""}, {"us,ru", "grp:win_space_toggle"}};

static void with_locks_and_modifiers(void) {
	static const xkb_keysym_t held[] = {XKB_KEY_Shift_L, XKB_KEY_Shift_R, XKB_KEY_ISO_Level3_Shift};
	for (size_t i = 0; i < ARRAY_LEN(held_layouts); i++) {
		for (size_t j = 0; j < ARRAY_LEN(held); j++) {
			struct rig rig;
			rig_up(&rig, held_layouts[i].layout, held_layouts[i].options);
			uint16_t code;
			CHECK(press(&rig, held[j], &code) == (int64_t)held[j]);
			every_keysym(&rig, 1, true, "modifier held");
			CHECK(rig.down[code]);
			release(&rig, code);
			CHECK(count_down(&rig) == 0);
			rig_down(&rig);
		}
		struct rig rig;
		rig_up(&rig, held_layouts[i].layout, held_layouts[i].options);
		if (strcmp(held_layouts[i].layout, "de:neo") != 0) { /* this layout has no such keys */
			set_lock(&rig, XKB_KEY_Caps_Lock);
			set_lock(&rig, XKB_KEY_Num_Lock);
		}
		every_keysym(&rig, 0, true, "locks on");
		rig_down(&rig);
	}
}

static void typed_is(struct rig *rig, xkb_keysym_t keysym, uint16_t expected) {
	uint16_t code;
	CHECK(press(rig, keysym, &code) >= 0);
	CHECK_SAY(code == expected, "keysym %x came on %u, not %u", keysym, code, expected);
	release(rig, code);
}

static void shortcuts_stay(void) {
	struct rig rig;
	rig_up(&rig, "us", "");
	uint16_t control, alt, code;
	CHECK(press(&rig, XKB_KEY_Control_L, &control) >= 0 && control == KEY_LEFTCTRL);
	typed_is(&rig, XKB_KEY_c, KEY_C);
	CHECK(press(&rig, XKB_KEY_Alt_L, &alt) >= 0 && alt == KEY_LEFTALT);
	typed_is(&rig, XKB_KEY_F1, KEY_F1); /* with Control and Alt it would be XF86Switch_VT_1 */
	typed_is(&rig, XKB_KEY_XF86Switch_VT_2, KEY_F2);
	CHECK(press(&rig, XKB_KEY_Delete, &code) == XKB_KEY_Delete && code == KEY_DELETE);
	CHECK(rig.down[KEY_LEFTCTRL] && rig.down[KEY_LEFTALT] && rig.down[KEY_DELETE]);
	release(&rig, code);
	release(&rig, control);
	typed_is(&rig, XKB_KEY_Print, KEY_SYSRQ);
	release(&rig, alt);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

/* What a viewer holds stays down for a key that means the same with it. */
static void modifiers_stay(void) {
	enum { SHIFT = 1, CONTROL = 2, ALT = 4, LOCKS = 8 };
	static const xkb_keysym_t names[] = {XKB_KEY_Shift_L, XKB_KEY_Control_L, XKB_KEY_Alt_L};
	static const struct {
		unsigned held;
		xkb_keysym_t keysym;
		uint16_t code;
	} cases[] = {
		{SHIFT, XKB_KEY_Tab, KEY_TAB},
		{SHIFT, XKB_KEY_ISO_Left_Tab, KEY_TAB},
		{SHIFT | CONTROL, XKB_KEY_Tab, KEY_TAB},
		{SHIFT | ALT, XKB_KEY_Tab, KEY_TAB},
		{SHIFT | CONTROL | ALT, XKB_KEY_ISO_Left_Tab, KEY_TAB},
		{SHIFT, XKB_KEY_Return, KEY_ENTER},
		{SHIFT, XKB_KEY_Escape, KEY_ESC},
		{SHIFT, XKB_KEY_BackSpace, KEY_BACKSPACE},
		{SHIFT, XKB_KEY_Delete, KEY_DELETE},
		{SHIFT, XKB_KEY_Insert, KEY_INSERT},
		{SHIFT, XKB_KEY_space, KEY_SPACE},
		{SHIFT, XKB_KEY_Left, KEY_LEFT},
		{SHIFT | CONTROL, XKB_KEY_End, KEY_END},
		{SHIFT, XKB_KEY_F5, KEY_F5},
		{SHIFT | ALT, XKB_KEY_F10, KEY_F10},
		{SHIFT, XKB_KEY_F13, KEY_F13},
		{SHIFT, XKB_KEY_Print, KEY_SYSRQ},
		{SHIFT | ALT, XKB_KEY_Print, KEY_SYSRQ},
		{SHIFT | CONTROL, XKB_KEY_Pause, KEY_PAUSE},
		{CONTROL, XKB_KEY_Break, KEY_PAUSE},
		{SHIFT, XKB_KEY_KP_Enter, KEY_KPENTER},
		{SHIFT, XKB_KEY_KP_Add, KEY_KPPLUS},
		{SHIFT, XKB_KEY_KP_Home, KEY_KP7},
		{SHIFT | CONTROL, XKB_KEY_KP_Delete, KEY_KPDOT},
		{SHIFT | LOCKS, XKB_KEY_KP_Left, KEY_KP4},
		{LOCKS, XKB_KEY_KP_Left, KEY_LEFT},
		{SHIFT | CONTROL, XKB_KEY_a, KEY_A}, /* letters by either name */
		{SHIFT | CONTROL, XKB_KEY_A, KEY_A},
		{SHIFT | ALT, XKB_KEY_x, KEY_X},
		{CONTROL, XKB_KEY_C, KEY_C}, /* Caps Lock is on at the viewer's */
		{CONTROL | LOCKS, XKB_KEY_c, KEY_C},
		{SHIFT | CONTROL | LOCKS, XKB_KEY_C, KEY_C},
	};
	static const char *const tried[] = {"us", "de", "ru,us", "us:intl"};
	for (size_t i = 0; i < ARRAY_LEN(cases) * 4; i++) {
		const char *layout = tried[i % 4];
		size_t row = i / 4, held_count = 0;
		uint16_t held[3], code;
		bool latin = cases[row].keysym >= '0' && cases[row].keysym < 0x7f;
		if (latin && layout[0] == 'r') /* it is in another group */
			continue;
		struct rig rig;
		rig_up(&rig, layout, "");
		if (cases[row].held & LOCKS) {
			set_lock(&rig, XKB_KEY_Caps_Lock);
			set_lock(&rig, XKB_KEY_Num_Lock);
		}
		for (size_t j = 0; j < 3; j++)
			if (cases[row].held & 1u << j)
				CHECK(press(&rig, names[j], &held[held_count++]) >= 0);
		CHECK_SAY(press(&rig, cases[row].keysym, &code) >= 0 && code == cases[row].code,
			"%s, row %zu: code %u", layout, row, code);
		CHECK_SAY(count_down(&rig) == held_count + 1, "%s, row %zu: %zu keys are down", layout, row,
			count_down(&rig));
		for (size_t j = 0; j < held_count; j++)
			CHECK_SAY(rig.down[held[j]], "%s, row %zu: %u was lifted", layout, row, held[j]);
		rig_down(&rig);
	}
}

/* If Shift turns a key of the keypad into a digit, the key of the main block is pressed instead, which means
 * the same with Shift. The same happens if the keypad has only digits. */
static void keypad_without_its_shift(void) {
	static const char *const tried[][2] = {{"fr:oss", ""}, {"dz", ""}, {"us", "numpad:mac"}};
	for (size_t i = 0; i < 3; i++) {
		struct rig rig;
		uint16_t shift, code;
		rig_up(&rig, tried[i][0], tried[i][1]);
		CHECK(press(&rig, XKB_KEY_Shift_L, &shift) >= 0);
		CHECK(press(&rig, XKB_KEY_KP_Home, &code) >= 0);
		CHECK_SAY(code == KEY_HOME && rig.down[shift], "%s: %u", tried[i][0], code);
		rig_down(&rig);
	}
}

/* Shift that is in the way of a character is lifted as usual. */
static void characters_come_first(void) {
	static const struct {
		const char *layout, *options;
		xkb_keysym_t keysym;
	} cases[] = {
		{"us", "", XKB_KEY_a},
		{"us", "", XKB_KEY_1},
		{"us", "", XKB_KEY_minus},
		{"us", "nbsp:level2", XKB_KEY_space},
		{"de", "", XKB_KEY_udiaeresis},
		{"us:intl", "", XKB_KEY_dead_acute},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig rig;
		uint16_t shift, code;
		rig_up(&rig, cases[i].layout, cases[i].options);
		CHECK(press(&rig, XKB_KEY_Shift_L, &shift) >= 0);
		CHECK_SAY(press(&rig, cases[i].keysym, &code) == (int64_t)cases[i].keysym, "row %zu", i);
		CHECK(!rig.down[shift]);
		release(&rig, code);
		CHECK(rig.down[shift]);
		rig_down(&rig);
	}
}

static xkb_mod_mask_t control_and_alt(const struct rig *rig) {
	return (1u << xkb_keymap_mod_get_index(rig->judge_keymap, XKB_MOD_NAME_CTRL)) |
	       (1u << xkb_keymap_mod_get_index(rig->judge_keymap, XKB_MOD_NAME_ALT));
}

static bool holds_control_or_alt(const struct rig *rig) {
	return xkb_state_serialize_mods(rig->judge, XKB_STATE_MODS_EFFECTIVE) & control_and_alt(rig);
}

/* Returns the keysym of a level that AltGr reaches and nothing else does; NoSymbol: the key is of another
 * kind. */
static xkb_keysym_t of_level3(struct rig *plain, xkb_keycode_t key, xkb_level_index_t level) {
	const xkb_keysym_t *keysyms;
	uint16_t code;
	if (xkb_keymap_key_get_syms_by_level(plain->judge_keymap, key, 0, level, &keysyms) != 1 ||
		xkb_keysym_to_utf32(keysyms[0]) <= ' ')
		return XKB_KEY_NoSymbol;
	CHECK(press(plain, keysyms[0], &code) >= 0);
	bool altgr = plain->down[KEY_RIGHTALT];
	release(plain, code);
	return altgr ? keysyms[0] : XKB_KEY_NoSymbol;
}

/* Viewers call AltGr Alt_R, or send Control and Alt, or press it by its own name. Then comes the
 * character. */
static void altgr_by_any_name(const char *layout, size_t least) {
	static const xkb_keysym_t names[][3] = {{XKB_KEY_Alt_R}, {XKB_KEY_Control_L, XKB_KEY_Alt_R},
		{XKB_KEY_Control_L, XKB_KEY_Alt_L}, {XKB_KEY_ISO_Level3_Shift},
		{XKB_KEY_Shift_L, XKB_KEY_Alt_R}, {XKB_KEY_Alt_R, XKB_KEY_Shift_L},
		{XKB_KEY_Control_L, XKB_KEY_Alt_R, XKB_KEY_Shift_L}};
	struct rig rig, plain;
	size_t count = 0;
	rig_up(&rig, layout, "");
	rig_up(&plain, layout, "");
	for (xkb_keycode_t key = 10; key < 62; key++) {
		for (xkb_level_index_t level = 2; level < 4; level++) {
			xkb_keysym_t keysym = of_level3(&plain, key, level);
			for (size_t i = 0; keysym && i < ARRAY_LEN(names); i++) {
				uint16_t held[3], code;
				size_t held_count = 0;
				while (held_count < 3 && names[i][held_count]) {
					CHECK(press(&rig, names[i][held_count], &held[held_count]) >= 0);
					held_count++;
				}
				CHECK_SAY(press(&rig, keysym, &code) == (int64_t)keysym,
					"%s, row %zu: %x came on %u", layout, i, keysym, code);
				CHECK_SAY(!holds_control_or_alt(&rig), "%s, row %zu: %x", layout, i, keysym);
				release(&rig, code);
				while (held_count > 0)
					release(&rig, held[--held_count]);
				CHECK_SAY(count_down(&rig) == 0, "%s, row %zu: %x", layout, i, keysym);
				count++;
			}
		}
	}
	CHECK_SAY(count >= least, "%s: only %zu", layout, count);
	rig_down(&plain);
	rig_down(&rig);
}

/* With a key that takes no AltGr, the same held keys are Alt, or Control and Alt. */
static void altgr_is_alt_otherwise(void) {
	static const xkb_keysym_t keysyms[] = {
		XKB_KEY_f, XKB_KEY_Tab, XKB_KEY_F4, XKB_KEY_space, XKB_KEY_Left};
	struct rig rig;
	rig_up(&rig, "de", "");
	for (size_t i = 0; i < ARRAY_LEN(keysyms); i++) {
		uint16_t alt, code;
		CHECK(press(&rig, XKB_KEY_Alt_R, &alt) >= 0 && alt == KEY_RIGHTALT);
		CHECK(!rig.down[KEY_LEFTALT]); /* not before it is certain, because it would open a menu */
		CHECK(press(&rig, keysyms[i], &code) >= 0);
		CHECK(rig.down[KEY_LEFTALT] && !rig.down[KEY_RIGHTALT]);
		release(&rig, code);
		CHECK(rig.down[KEY_LEFTALT]); /* down for as long as the viewer holds it, to switch windows */
		CHECK(press(&rig, XKB_KEY_at, &code) == XKB_KEY_at && !holds_control_or_alt(&rig));
		release(&rig, code);
		CHECK(press(&rig, XKB_KEY_Tab, &code) == XKB_KEY_Tab && rig.down[KEY_LEFTALT]);
		release(&rig, code);
		release(&rig, alt);
		CHECK(count_down(&rig) == 0);
	}
	uint16_t control, alt, code;
	CHECK(press(&rig, XKB_KEY_Control_L, &control) >= 0 && press(&rig, XKB_KEY_Alt_L, &alt) >= 0);
	CHECK(press(&rig, XKB_KEY_t, &code) >= 0 && rig.down[control] && rig.down[alt]);
	release(&rig, code);
	CHECK(press(&rig, XKB_KEY_at, &code) == XKB_KEY_at && !holds_control_or_alt(&rig));
	release(&rig, code);
	CHECK(!rig.down[alt]); /* released alone it would open a menu */
	release(&rig, alt);
	CHECK(press(&rig, XKB_KEY_c, &code) >= 0 && rig.down[control]); /* still held */
	release(&rig, code);
	release(&rig, control);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
	rig_up(&rig, "us", ""); /* this layout has no AltGr: Control and Alt are only themselves */
	CHECK(press(&rig, XKB_KEY_Control_L, &control) >= 0 && press(&rig, XKB_KEY_Alt_R, &alt) >= 0);
	CHECK(press(&rig, XKB_KEY_at, &code) >= 0 && rig.down[control] && rig.down[KEY_RIGHTALT]);
	rig_down(&rig);
}

static bool layout_has(const struct rig *rig, xkb_keysym_t keysym) {
	for (xkb_keycode_t key = 9; key < 256; key++)
		for (xkb_level_index_t level = 0;
			level < xkb_keymap_num_levels_for_key(rig->judge_keymap, key, 0); level++) {
			const xkb_keysym_t *keysyms;
			if (xkb_keymap_key_get_syms_by_level(rig->judge_keymap, key, 0, level, &keysyms) ==
					1 &&
				keysyms[0] == keysym)
				return true;
		}
	return false;
}

/* Ctrl+C on a layout in which no key is a C. */
static void latin_shortcuts(const char *layout) {
	static const char row[] = "qwertyuiop", other_row[] = "asdfghjkl", last_row[] = "zxcvbnm";
	static const xkb_keysym_t shortcuts[] = {XKB_KEY_Control_L, XKB_KEY_Alt_L, XKB_KEY_Super_L};
	struct rig rig;
	rig_up(&rig, layout, "");
	for (xkb_keysym_t letter = 'a'; letter <= 'z'; letter++) {
		const char *place;
		uint16_t code, held, shift, expected = 0;
		if ((place = strchr(row, (int)letter)))
			expected = (uint16_t)(KEY_Q + (place - row));
		else if ((place = strchr(other_row, (int)letter)))
			expected = (uint16_t)(KEY_A + (place - other_row));
		else if ((place = strchr(last_row, (int)letter)))
			expected = (uint16_t)(KEY_Z + (place - last_row));
		if (layout_has(&rig, letter))
			continue;
		CHECK(press(&rig, letter, &code) < 0); /* it cannot be typed as text */
		for (size_t i = 0; i < 3; i++) {
			CHECK(press(&rig, shortcuts[i], &held) >= 0);
			CHECK(press(&rig, letter, &code) >= 0);
			CHECK_SAY(code == expected && count_down(&rig) == 2, "%s: %c on %u", layout,
				(int)letter, code);
			release(&rig, code);
			CHECK(press(&rig, XKB_KEY_Shift_L, &shift) >= 0);
			CHECK(press(&rig, letter - 'a' + 'A', &code) >= 0);
			CHECK_SAY(code == expected && count_down(&rig) == 3, "%s: %c on %u", layout,
				(int)letter, code);
			release(&rig, code);
			release(&rig, shift);
			release(&rig, held);
			CHECK(count_down(&rig) == 0);
		}
	}
	rig_down(&rig);
}

static void signs_as_shortcuts(void) {
	struct rig rig;
	uint16_t control, code;
	rig_up(&rig, "ru", "");
	CHECK(!layout_has(&rig, XKB_KEY_bracketleft) && press(&rig, XKB_KEY_Control_L, &control) >= 0);
	CHECK(press(&rig, XKB_KEY_bracketleft, &code) >= 0 && code == KEY_LEFTBRACE && count_down(&rig) == 2);
	release(&rig, code);
	CHECK(press(&rig, XKB_KEY_braceleft, &code) >= 0 && code == KEY_LEFTBRACE && rig.down[KEY_LEFTSHIFT]);
	release(&rig, code);
	release(&rig, control);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

/* Whether it is a key that every keyboard has: letters, digits, signs, function keys, cursor keys and the
 * keypad. */
static bool is_common(uint16_t code) {
	return code <= KEY_KPDOT || code == KEY_F11 || code == KEY_F12 ||
	       (code >= KEY_KPENTER && code <= KEY_DELETE && code != KEY_LINEFEED) || code == KEY_PAUSE ||
	       (code >= KEY_LEFTMETA && code <= KEY_COMPOSE);
}

/* If several keys give a keysym, the keymap takes the one that every program knows. This tries all keysyms of
 * all keys. */
static void common_keys_are_preferred(const char *layout) {
	struct rig rig;
	rig_up(&rig, layout, "");
	xkb_keycode_t last = xkb_keymap_max_keycode(rig.judge_keymap);
	size_t count = 0;
	for (xkb_keycode_t key = xkb_keymap_min_keycode(rig.judge_keymap); key <= last; key++) {
		xkb_level_index_t levels = xkb_keymap_num_levels_for_key(rig.judge_keymap, key, 0);
		for (xkb_level_index_t level = 0; level < levels && level < 2; level++) {
			const xkb_keysym_t *keysym;
			uint16_t code;
			if (!is_common((uint16_t)(key - OFFSET)) ||
				xkb_keymap_key_get_syms_by_level(rig.judge_keymap, key, 0, level, &keysym) !=
					1 ||
				changes_locks(*keysym))
				continue;
			CHECK(press(&rig, *keysym, &code) >= 0);
			CHECK_SAY(is_common(code), "%s: keysym %x came on %u, and %u has it", layout, *keysym,
				code, key - OFFSET);
			release(&rig, code);
			count++;
		}
	}
	CHECK_SAY(count > 150, "%s: only %zu", layout, count);
	rig_down(&rig);
}

static void keys_that_a_country_has(void) {
	static const struct {
		const char *layout;
		xkb_keysym_t keysym;
		uint16_t code;
	} cases[] = {
		{"us", XKB_KEY_parenleft, KEY_9}, {"us", XKB_KEY_parenright, KEY_0},
		{"us", XKB_KEY_less, KEY_COMMA}, {"us", XKB_KEY_greater, KEY_DOT},
		{"us", XKB_KEY_bar, KEY_BACKSLASH}, {"us", XKB_KEY_dollar, KEY_4},
		{"de", XKB_KEY_parenleft, KEY_8}, {"de", XKB_KEY_less, KEY_102ND},
		{"de", XKB_KEY_bar, KEY_102ND}, {"de", XKB_KEY_EuroSign, KEY_E},
		{"fr", XKB_KEY_parenleft, KEY_5}, {"fr", XKB_KEY_less, KEY_102ND},
		{"fr", XKB_KEY_greater, KEY_102ND}, {"gb", XKB_KEY_backslash, KEY_102ND},
		{"gb", XKB_KEY_bar, KEY_102ND}, {"br", XKB_KEY_slash, KEY_RO},
		{"jp", XKB_KEY_underscore, KEY_RO}, {"ru", XKB_KEY_parenright, KEY_0},
		{"us", XKB_KEY_XF86AudioPlay, KEY_PLAYPAUSE}, {"us", XKB_KEY_XF86Mail, KEY_MAIL},
		{"us", XKB_KEY_XF86Eject, KEY_EJECTCD}, {"us", XKB_KEY_F13, KEY_F13},
		{"us", XKB_KEY_F20, KEY_F20}, {"us", XKB_KEY_F24, KEY_F24},
		{"us", 0x10081162, KEY_GOTO}, /* this key has no keysym except its number */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig rig;
		rig_up(&rig, cases[i].layout, "");
		typed_is(&rig, cases[i].keysym, cases[i].code);
		rig_down(&rig);
	}
}

static void keeps_the_pressed_key_while_it_is_held(void) {
	struct rig rig;
	rig_up(&rig, "us", "");
	uint16_t a, shift, b;
	CHECK(press(&rig, XKB_KEY_A, &a) == XKB_KEY_A && a == KEY_A);
	CHECK(rig.down[KEY_LEFTSHIFT]); /* the compositor repeats what is held: an A */
	CHECK(press(&rig, XKB_KEY_b, &b) == XKB_KEY_b);
	CHECK(!rig.down[KEY_LEFTSHIFT] && rig.down[KEY_A] && rig.down[KEY_B]);
	release(&rig, a);
	release(&rig, b);
	CHECK(press(&rig, XKB_KEY_Shift_L, &shift) >= 0);
	CHECK(press(&rig, XKB_KEY_a, &a) == XKB_KEY_a);
	CHECK(!rig.down[KEY_LEFTSHIFT]); /* lifted */
	release(&rig, shift);
	CHECK(!rig.down[KEY_LEFTSHIFT]);
	release(&rig, a);
	CHECK(count_down(&rig) == 0); /* released in the meantime: not pressed again */
	rig_down(&rig);
}

static void two_holders_of_one_key(void) {
	struct rig rig;
	rig_up(&rig, "us", "");
	uint16_t first, second;
	CHECK(press(&rig, XKB_KEY_a, &first) == XKB_KEY_a);
	CHECK(press(&rig, XKB_KEY_A, &second) == XKB_KEY_A && first == second);
	release(&rig, first);
	CHECK(rig.down[KEY_A]);
	release(&rig, second);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

static void composes(void) {
	struct rig rig;
	rig_up(&rig, "es", "");
	uint16_t code;
	keymap_press(rig.keymap, XKB_KEY_eacute, &rig.steps, &code);
	play(&rig);
	if (rig.typed_count == 0)
		SKIP("no compose data (libx11-data) for characters of dead keys");
	CHECK(rig.typed_count == 2 && rig.typed[0] == XKB_KEY_dead_acute && rig.typed[1] == XKB_KEY_e);
	release(&rig, code);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

/* Composes what the keys typed, as a program on the desktop does. */
static xkb_keysym_t composed(struct rig *rig) {
	struct xkb_compose_table *table =
		xkb_compose_table_new_from_locale(rig->context, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS);
	if (!table)
		SKIP("no compose data (libx11-data) for characters of dead keys");
	struct xkb_compose_state *state = xkb_compose_state_new(table, XKB_COMPOSE_STATE_NO_FLAGS);
	for (size_t i = 0; i < rig->typed_count; i++)
		xkb_compose_state_feed(state, rig->typed[i]);
	xkb_keysym_t result = xkb_compose_state_get_status(state) == XKB_COMPOSE_COMPOSED
				      ? xkb_compose_state_get_one_sym(state)
				      : XKB_KEY_NoSymbol;
	xkb_compose_state_unref(state);
	xkb_compose_table_unref(table);
	return result;
}

static void composes_by_sequences(void) {
	static const struct {
		const char *layout, *options;
		xkb_keysym_t keysym;
	} cases[] = {
		{"us", "compose:ralt", XKB_KEY_eacute},
		{"us", "compose:caps", XKB_KEY_ssharp},
		{"us", "compose:menu", XKB_KEY_Ntilde},
		{"us", "compose:ralt", XKB_KEY_guillemotleft},
		{"us", "compose:ralt", XKB_KEY_onehalf},
		{"us", "compose:ralt", 0x1002260}, /* not equal */
		{"de", "compose:rwin", XKB_KEY_ccedilla},
		{"us:intl", "", XKB_KEY_ocircumflex},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig rig;
		uint16_t code;
		rig_up(&rig, cases[i].layout, cases[i].options);
		CHECK_SAY(keymap_press(rig.keymap, cases[i].keysym, &rig.steps, &code) == 0, "row %zu", i);
		play(&rig);
		CHECK_SAY(xkb_keysym_to_utf32(composed(&rig)) == xkb_keysym_to_utf32(cases[i].keysym),
			"row %zu: %x", i, composed(&rig));
		release(&rig, code);
		CHECK(count_down(&rig) == 0);
		rig_down(&rig);
	}
}

/* A viewer's AltGr may produce at once what takes two keys here. */
static void composes_under_altgr(void) {
	struct rig rig;
	uint16_t control, alt, code;
	rig_up(&rig, "es", "");
	CHECK(press(&rig, XKB_KEY_Control_L, &control) >= 0 && press(&rig, XKB_KEY_Alt_R, &alt) >= 0);
	rig.typed_count = 0;
	CHECK(keymap_press(rig.keymap, XKB_KEY_eacute, &rig.steps, &code) == 0);
	play(&rig);
	CHECK_SAY(composed(&rig) == XKB_KEY_eacute && !holds_control_or_alt(&rig), "%x", composed(&rig));
	release(&rig, code);
	CHECK(press(&rig, XKB_KEY_c, &code) >= 0 && rig.down[control]);
	release(&rig, code);
	release(&rig, alt);
	CHECK(keymap_press(rig.keymap, XKB_KEY_eacute, &rig.steps, &code) <
		0); /* Control alone makes a shortcut */
	play(&rig);
	release(&rig, control);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

static void other_names_of_a_character(void) {
	struct rig rig;
	rig_up(&rig, "de", "");
	uint16_t code;
	CHECK(press(&rig, 0x10020ac, &code) == XKB_KEY_EuroSign);
	release(&rig, code);
	CHECK(press(&rig, 0x10000e4, &code) == XKB_KEY_adiaeresis);
	release(&rig, code);
	rig_down(&rig);
	rig_up(&rig, "ru", "");
	CHECK(press(&rig, 0x1000430, &code) == XKB_KEY_Cyrillic_a);
	release(&rig, code);
	rig_down(&rig);
}

static void refuses_what_no_key_types(void) {
	static const xkb_keysym_t none[] = {
		0, XKB_KEY_Cyrillic_a, 0x1004e2d, 0x100ffff, 0xffffffff, 0x20000000, 0x0ffffff0};
	struct rig rig;
	rig_up(&rig, "us", "");
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		uint16_t code;
		CHECK(keymap_press(rig.keymap, none[i], &rig.steps, &code) == -ENOENT);
		CHECK(rig.steps.count == 0);
	}
	CHECK(!keymap_press_code(rig.keymap, 0, &rig.steps));
	CHECK(!keymap_press_code(rig.keymap, BTN_LEFT, &rig.steps));
	CHECK(!keymap_press_code(rig.keymap, 0xffff, &rig.steps));
	keymap_release(rig.keymap, KEY_A, &rig.steps);
	keymap_release(rig.keymap, 0xffff, &rig.steps);
	CHECK(rig.steps.count == 0);
	rig_down(&rig);
}

static void follows_the_leds(void) {
	struct rig rig;
	rig_up(&rig, "us,ru", "grp:win_space_toggle,grp_led:scroll");
	CHECK(keymap_leds(rig.keymap) == 0);
	keymap_set_leds(rig.keymap, KEYMAP_CAPS_LOCK); /* somebody pressed it on the real keyboard */
	CHECK(keymap_leds(rig.keymap) == KEYMAP_CAPS_LOCK);
	xkb_state_update_mask(rig.judge, 0, 0,
		1u << xkb_keymap_mod_get_index(rig.judge_keymap, XKB_MOD_NAME_CAPS), 0, 0, 0);
	uint16_t code;
	CHECK(press(&rig, XKB_KEY_a, &code) == XKB_KEY_a && rig.down[KEY_LEFTSHIFT]);
	release(&rig, code);
	CHECK(press(&rig, XKB_KEY_A, &code) == XKB_KEY_A && !rig.down[KEY_LEFTSHIFT]);
	release(&rig, code);
	keymap_set_leds(rig.keymap, KEYMAP_SCROLL_LOCK); /* the other group */
	xkb_state_update_mask(rig.judge, 0, 0, 0, 0, 0, 1);
	CHECK(press(&rig, XKB_KEY_Cyrillic_a, &code) == XKB_KEY_Cyrillic_a);
	release(&rig, code);
	CHECK(count_down(&rig) == 0);
	rig_down(&rig);
}

static void refuses_unknown_layouts(void) {
	struct layout layout = make_layout("nosuchlayout", "");
	struct keymap *keymap = NULL;
	struct reason reason = {0};
	CHECK(keymap_create(&layout, &keymap, &reason) == -EINVAL && !keymap);
	CHECK(strstr(reason.text, "nosuchlayout"));
}

int main(void) {
	every_layout();
	with_locks_and_modifiers();
	shortcuts_stay();
	modifiers_stay();
	keypad_without_its_shift();
	characters_come_first();
	altgr_by_any_name("de", 100);
	altgr_by_any_name("fr", 100);
	altgr_by_any_name("es", 100);
	altgr_by_any_name("us:intl", 100);
	altgr_by_any_name("pl", 100);
	altgr_is_alt_otherwise();
	latin_shortcuts("ru");
	latin_shortcuts("ua");
	latin_shortcuts("gr");
	latin_shortcuts("il");
	latin_shortcuts("ara");
	latin_shortcuts("th");
	latin_shortcuts("ge");
	signs_as_shortcuts();
	common_keys_are_preferred("us");
	common_keys_are_preferred("de");
	common_keys_are_preferred("fr");
	common_keys_are_preferred("ru");
	keys_that_a_country_has();
	keeps_the_pressed_key_while_it_is_held();
	two_holders_of_one_key();
	other_names_of_a_character();
	refuses_what_no_key_types();
	follows_the_leds();
	refuses_unknown_layouts();
	composes();
	composes_by_sequences();
	composes_under_altgr();
	return 0;
}
