/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/withheld.h"

#include <linux/input-event-codes.h>
#include <stddef.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "capture/base/array.h"
#include "server/input/keysym.h"

#ifndef KEY_SOS /* Linux 6.10 */
#define KEY_SOS 0x27f
#endif

/*
 * These programs act on the keys: systemd-logind reads power, restart, sleep and suspend keys from every
 * keyboard, at the login screen and on the text console, too. The kernel's own rfkill handler switches the
 * radios. Desktops act on the keysyms.
 *
 * Some keys are left out on purpose, because a viewer can undo what they do, or because nothing is lost.
 * These are wakeup, screen lock and screen saver (a password opens them), brightness of the panel and of the
 * keys (the served picture stays the same), sound, touchpad, rotation and eject. Ctrl+Alt+Delete is a chord
 * that people type on purpose.
 */
static const struct {
	uint16_t code;   /* 0: the key has no code of its own */
	uint32_t keysym; /* NoSymbol: the key has no keysym of its own */
} power_keys[] = {
	{KEY_POWER, XKB_KEY_XF86PowerOff},   /* logind powers off */
	{KEY_POWER2, XKB_KEY_XF86PowerDown}, /* logind powers off */
	{KEY_RESTART, XKB_KEY_NoSymbol},     /* logind reboots */
	{KEY_SLEEP, XKB_KEY_XF86Sleep},      /* logind suspends */
	{KEY_SUSPEND, XKB_KEY_XF86Suspend},  /* logind hibernates */
	{0, XKB_KEY_XF86Hibernate},          /* desktops hibernate */
	{0, XKB_KEY_XF86Standby},            /* desktops suspend */
	{KEY_LOGOFF, XKB_KEY_XF86LogOff},    /* desktops end the session */
	{KEY_WLAN, XKB_KEY_XF86WLAN},        /* rfkill: radios */
	{KEY_BLUETOOTH, XKB_KEY_XF86Bluetooth}, {KEY_UWB, XKB_KEY_XF86UWB}, {KEY_WWAN, XKB_KEY_XF86WWAN},
	{KEY_RFKILL, XKB_KEY_XF86RFKill},
	{KEY_DISPLAY_OFF, XKB_KEY_XF86DisplayOff}, /* turns off the screen that is served */
	{KEY_DISPLAYTOGGLE, XKB_KEY_XF86DisplayToggle},
	{KEY_SWITCHVIDEOMODE, XKB_KEY_XF86Display}, /* desktops move to another output at once */
	{KEY_VIDEO_NEXT,
		XKB_KEY_NoSymbol}, /* X has its keysym on Ctrl+Alt+KP_Add, too, and that is a chord */
	{KEY_VIDEO_PREV, XKB_KEY_NoSymbol}, {KEY_SOS, XKB_KEY_NoSymbol}, /* calls for help */
};
enum { POWER_KEYS = ARRAY_LEN(power_keys) };

bool withheld_power_code(uint16_t code) {
	for (size_t i = 0; i < POWER_KEYS; i++)
		if (code != 0 && power_keys[i].code == code)
			return true;
	return false;
}

bool withheld_power_keysym(uint32_t keysym) {
	if (withheld_power_code(keysym_code(keysym)))
		return true;
	for (size_t i = 0; i < POWER_KEYS; i++)
		if (keysym != XKB_KEY_NoSymbol && power_keys[i].keysym == keysym)
			return true;
	return false;
}
