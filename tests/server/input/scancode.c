/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/scancode.h"

#include <linux/input-event-codes.h>

#include "tests/test.h"

int main(void) {
	static const struct {
		uint32_t scancode;
		uint16_t code;
	} known[] = {
		{0x01, KEY_ESC},
		{0x1e, KEY_A},
		{0x2a, KEY_LEFTSHIFT},
		{0x36, KEY_RIGHTSHIFT},
		{0x1d, KEY_LEFTCTRL},
		{0x9d, KEY_RIGHTCTRL},
		{0xe01d, KEY_RIGHTCTRL},
		{0xb8, KEY_RIGHTALT},
		{0x38, KEY_LEFTALT},
		{0xdb, KEY_LEFTMETA},
		{0xdc, KEY_RIGHTMETA},
		{0xdd, KEY_COMPOSE},
		{0xc8, KEY_UP},
		{0x48, KEY_KP8},
		{0x9c, KEY_KPENTER},
		{0x1c, KEY_ENTER},
		{0xb5, KEY_KPSLASH},
		{0x56, KEY_102ND},
		{0x73, KEY_RO},
		{0x7d, KEY_YEN},
		{0x57, KEY_F11},
		{0x58, KEY_F12},
		{0xc6, KEY_PAUSE},
		{0x54, KEY_SYSRQ},
		{0xb7, KEY_SYSRQ},
		{0x45, KEY_NUMLOCK},
		{0x46, KEY_SCROLLLOCK},
		{0x3a, KEY_CAPSLOCK},
		{0xd2, KEY_INSERT},
		{0xd3, KEY_DELETE},
		{0xa0, KEY_MUTE},
		{0xae, KEY_VOLUMEDOWN},
		{0xb0, KEY_VOLUMEUP},
		{0x70, KEY_KATAKANAHIRAGANA},
		{0x79, KEY_HENKAN},
		{0x7b, KEY_MUHENKAN},
		{0xf2, KEY_HANGEUL},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		CHECK_SAY(scancode_to_evdev(known[i].scancode) == known[i].code, "%x came as %u",
			known[i].scancode, scancode_to_evdev(known[i].scancode));
	static const uint32_t unknown[] = {0, 0x100, 0x1e00, 0xe100, 0xe11d, 0xffff, 0xffffffff, 0xe0000000};
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		CHECK_SAY(scancode_to_evdev(unknown[i]) == 0, "%x", unknown[i]);
	/* Every key that has a scancode has one of its own, but for two that have two. */
	unsigned uses[KEY_CNT] = {0};
	for (uint32_t scancode = 0; scancode < 256; scancode++)
		uses[scancode_to_evdev(scancode)]++;
	for (size_t code = 1; code < KEY_CNT; code++)
		CHECK_SAY(uses[code] <= (code == KEY_SYSRQ || code == KEY_HANJA ? 2u : 1u), "code %zu", code);
	return 0;
}
