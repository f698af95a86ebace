/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/scancode.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "capture/base/array.h"
#include "tests/test.h"

static const struct {
	uint32_t scancode;
	uint16_t code;
} known[] = {
#include "tests/server/input/qnum.inc"
};

/* Numbers that the map lacks: Hanja's in old viewers, and the prefix e0 as some viewers write it. */
static const struct {
	uint32_t scancode;
	uint16_t code;
} others[] = {
	{0x8d, KEY_HANJA},
	{0xe01d, KEY_RIGHTCTRL},
	{0xe05b, KEY_LEFTMETA},
	{0xe072, KEY_BLUETOOTH},
};

static const uint32_t unknown[] = {0, 0x95, 0x100, 0x1e00, 0xe100, 0xe11d, 0xffff, 0xffffffff, 0xe0000000};

static void is_the_map(void) {
	size_t count = ARRAY_LEN(known);
	CHECK_SAY(count > 230, "%zu rows", count);
	for (size_t i = 0; i < count; i++)
		CHECK_SAY(scancode_to_evdev(known[i].scancode) == known[i].code, "%x came as %u, not %u",
			known[i].scancode, scancode_to_evdev(known[i].scancode), known[i].code);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK_SAY(scancode_to_evdev(others[i].scancode) == others[i].code, "%x came as %u",
			others[i].scancode, scancode_to_evdev(others[i].scancode));
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		CHECK_SAY(scancode_to_evdev(unknown[i]) == 0, "%x", unknown[i]);
}

/* There is nothing except what the map names. No key has two numbers, except two keys that really have
 * two. */
static void has_nothing_else(void) {
	unsigned uses[KEY_CNT] = {0};
	for (uint32_t scancode = 0; scancode < 256; scancode++) {
		bool named = scancode == 0x8d;
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			named |= known[i].scancode == scancode;
		CHECK_SAY(named == (scancode_to_evdev(scancode) != 0), "%x", scancode);
		uses[scancode_to_evdev(scancode)]++;
	}
	for (size_t code = 1; code < KEY_CNT; code++)
		CHECK_SAY(uses[code] <= (code == KEY_SYSRQ || code == KEY_HANJA ? 2u : 1u), "code %zu", code);
}

/* A Korean keyboard sends the numbers of two other keys for its own two keys. */
static void keysyms_decide(void) {
	CHECK(scancode_of_key(0xf2, XKB_KEY_Hangul) == KEY_HANGEUL);
	CHECK(scancode_of_key(0xf1, XKB_KEY_Hangul_Hanja) == KEY_HANJA);
	CHECK(scancode_of_key(0xf2, XKB_KEY_XF86Bluetooth) == KEY_BLUETOOTH);
	CHECK(scancode_of_key(0xf1, 0) == KEY_BATTERY);
	CHECK(scancode_of_key(0x1e, XKB_KEY_Hangul) == KEY_A);
}

int main(void) {
	is_the_map();
	has_nothing_else();
	keysyms_decide();
	return 0;
}
