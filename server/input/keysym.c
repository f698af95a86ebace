/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/keysym.h"

#include <linux/input-event-codes.h>
#include <stddef.h>
#include <string.h>

#include "capture/base/array.h"

/* For keys of Linux that had no keysym yet, X.org uses this number plus the evdev code. */
enum { EVDEV_KEYSYMS = 0x10081000 };

struct pair {
	xkb_keysym_t one, other;
};

bool keysym_is_modifier(xkb_keysym_t keysym) {
	return (keysym >= XKB_KEY_Shift_L && keysym <= XKB_KEY_Hyper_R) ||
	       (keysym >= XKB_KEY_ISO_Lock && keysym <= XKB_KEY_ISO_Level5_Lock) ||
	       keysym == XKB_KEY_Mode_switch || keysym == XKB_KEY_Num_Lock;
}

bool keysym_is_dead(xkb_keysym_t keysym) {
	return (keysym >= XKB_KEY_dead_grave && keysym <= XKB_KEY_dead_greek) || keysym == XKB_KEY_Multi_key;
}

bool keysym_is_graphic(xkb_keysym_t keysym) {
	uint32_t character = xkb_keysym_to_utf32(keysym);
	return keysym_is_dead(keysym) || (character >= ' ' && character != 0x7f);
}

static xkb_keysym_t look_up(const struct pair *pairs, size_t count, xkb_keysym_t keysym) {
	for (size_t i = 0; i < count; i++)
		if (pairs[i].one == keysym)
			return pairs[i].other;
	return XKB_KEY_NoSymbol;
}

/* The table has everything that Shift, Control or Alt make of a key in any layout of xkeyboard-config if it
 * still means the key. Whatever else a key has there is another meaning (Eject on Stop) or a character. */
bool keysym_includes(xkb_keysym_t asked, xkb_keysym_t given) {
	static const struct pair names[] = {
		{XKB_KEY_Tab, XKB_KEY_ISO_Left_Tab},
		{XKB_KEY_Print, XKB_KEY_Sys_Req},
		{XKB_KEY_Pause, XKB_KEY_Break},
	};
	return given == asked || given == XKB_KEY_NoSymbol ||
	       look_up(names, ARRAY_LEN(names), asked) == given;
}

bool keysym_same_letter(xkb_keysym_t left, xkb_keysym_t right) {
	return xkb_keysym_to_lower(left) == xkb_keysym_to_lower(right);
}

xkb_keysym_t keysym_of_main_block(xkb_keysym_t keysym) {
	static const struct pair names[] = {
		{XKB_KEY_KP_Home, XKB_KEY_Home},
		{XKB_KEY_KP_Left, XKB_KEY_Left},
		{XKB_KEY_KP_Up, XKB_KEY_Up},
		{XKB_KEY_KP_Right, XKB_KEY_Right},
		{XKB_KEY_KP_Down, XKB_KEY_Down},
		{XKB_KEY_KP_Prior, XKB_KEY_Prior},
		{XKB_KEY_KP_Next, XKB_KEY_Next},
		{XKB_KEY_KP_End, XKB_KEY_End},
		{XKB_KEY_KP_Insert, XKB_KEY_Insert},
		{XKB_KEY_KP_Delete, XKB_KEY_Delete},
	};
	return look_up(names, ARRAY_LEN(names), keysym);
}

xkb_keysym_t keysym_stand_in(xkb_keysym_t keysym) {
	static const struct pair names[] = {
		{XKB_KEY_Shift_R, XKB_KEY_Shift_L},
		{XKB_KEY_Control_R, XKB_KEY_Control_L},
		{XKB_KEY_Alt_R, XKB_KEY_Alt_L},
		{XKB_KEY_Meta_L, XKB_KEY_Alt_L},
		{XKB_KEY_Meta_R, XKB_KEY_Alt_L},
		{XKB_KEY_Super_R, XKB_KEY_Super_L},
		{XKB_KEY_Hyper_L, XKB_KEY_Super_L},
		{XKB_KEY_Hyper_R, XKB_KEY_Super_L},
		{XKB_KEY_Mode_switch, XKB_KEY_ISO_Level3_Shift},
		{XKB_KEY_Linefeed, XKB_KEY_Return},
		{XKB_KEY_KP_Enter, XKB_KEY_Return},
		{XKB_KEY_KP_Tab, XKB_KEY_Tab},
		{XKB_KEY_KP_F1, XKB_KEY_F1},
		{XKB_KEY_KP_F2, XKB_KEY_F2},
		{XKB_KEY_KP_F3, XKB_KEY_F3},
		{XKB_KEY_KP_F4, XKB_KEY_F4},
		{XKB_KEY_Sys_Req, XKB_KEY_Print},
		{XKB_KEY_Break, XKB_KEY_Pause},
	};
	xkb_keysym_t main = keysym_of_main_block(keysym);
	return main != XKB_KEY_NoSymbol ? main : look_up(names, ARRAY_LEN(names), keysym);
}

uint16_t keysym_code(xkb_keysym_t keysym) {
	if (keysym >= XKB_KEY_F13 && keysym <= XKB_KEY_F24)
		return (uint16_t)(KEY_F13 + (keysym - XKB_KEY_F13));
	if (keysym > EVDEV_KEYSYMS && keysym < EVDEV_KEYSYMS + KEY_CNT)
		return (uint16_t)(keysym - EVDEV_KEYSYMS);
	return 0;
}

uint16_t keysym_us_code(xkb_keysym_t keysym, bool *shift) {
	/* Rows of keys with consecutive codes, and what Shift makes of them. */
	static const struct {
		uint16_t first;
		const char *plain, *shifted;
	} rows[] = {
		{KEY_1, "1234567890-=", "!@#$%^&*()_+"},
		{KEY_Q, "qwertyuiop[]", "QWERTYUIOP{}"},
		{KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
		{KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
		{KEY_SPACE, " ", " "},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows) && keysym >= ' ' && keysym < 0x7f; i++) {
		const char *plain = strchr(rows[i].plain, (int)keysym);
		const char *shifted = strchr(rows[i].shifted, (int)keysym);
		*shift = !plain;
		if (plain || shifted)
			return (uint16_t)(rows[i].first +
					  (plain ? plain - rows[i].plain : shifted - rows[i].shifted));
	}
	return 0;
}
