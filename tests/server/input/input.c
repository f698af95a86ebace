/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reaches the devices, event by event. The recording end receives what /dev/uinput would receive. */
#include "server/input/input.h"

#include <fcntl.h>
#include <linux/input.h>
#include <string.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "capture/base/array.h"
#include "server/input/hold.h"
#include "server/log.h"
#include "tests/test.h"

struct rig {
	struct input *input;
	int pipe[2];
};

static void rig_up_with(struct rig *rig, const struct input_options *options) {
	CHECK(pipe2(rig->pipe, O_NONBLOCK | O_CLOEXEC) == 0);
	rig->input = input_create_recording(options, rig->pipe[1]);
	CHECK(rig->input && !input_unavailable(rig->input));
}

static void rig_up(struct rig *rig, const char *layout) {
	rig_up_with(rig, &(struct input_options){.layout = layout});
}

static void rig_down(struct rig *rig) {
	input_destroy(rig->input);
	close(rig->pipe[0]);
	close(rig->pipe[1]);
}

/* Returns the events since the last call; a repeat is "=30". "+30 . -30 . x512 y384 . w1 h120 .": keys and
 * buttons, and the ends of groups. */
static const char *events(struct rig *rig) {
	static char text[8192];
	text[0] = 0;
	struct input_event event;
	size_t used = 0;
	while (read(rig->pipe[0], &event, sizeof event) == sizeof event) {
		CHECK(used < sizeof text - 32);
		const char *names[] = {[EV_SYN] = ".", [EV_KEY] = "", [EV_REL] = "r", [EV_ABS] = "a"};
		CHECK(event.type <= EV_ABS);
		if (event.type == EV_SYN)
			used += (size_t)sprintf(text + used, ".");
		else if (event.type == EV_KEY)
			used += (size_t)sprintf(text + used, "%c%d", "-+="[event.value], event.code);
		else
			used += (size_t)sprintf(
				text + used, "%s%d=%d ", names[event.type], event.code, event.value);
	}
	return text;
}

static void expect(struct rig *rig, const char *expected) {
	const char *got = events(rig);
	CHECK_SAY(strcmp(got, expected) == 0, "got \"%s\", expected \"%s\"", got, expected);
}

static void keys_belong_to_viewers(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, true);
	input_key(rig.input, 1, XKB_KEY_A, 0, true);
	expect(&rig, "+42.+30.");
	input_key(rig.input, 1, XKB_KEY_A, 0, true); /* the viewer's own repeat */
	expect(&rig, "-30.+30.");
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, true); /* modifiers do not repeat */
	expect(&rig, "");
	input_key(rig.input, 2, XKB_KEY_Shift_L, 0, true); /* it is held already */
	input_key(rig.input, 2, XKB_KEY_b, 0, true);
	expect(&rig, "-42.+48.");
	input_release(rig.input, 2);
	expect(&rig, "-48.+42.");
	input_release(rig.input, 1);
	expect(&rig, "-30.-42.");
	input_release(rig.input, 1);
	input_release(rig.input, 77);
	input_key(rig.input, 1, XKB_KEY_A, 0, false); /* nobody holds it */
	expect(&rig, "");
	input_key(rig.input, 3, XKB_KEY_Control_L, 0, true);
	expect(&rig, "+29.");
	input_destroy(rig.input);
	expect(&rig, "-29.");
	close(rig.pipe[0]);
	close(rig.pipe[1]);
}

static void releases_find_their_press(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, true);
	input_key(rig.input, 1, XKB_KEY_A, 0, true);
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, false);
	input_key(rig.input, 1, XKB_KEY_a, 0, false); /* releases it under its other name */
	expect(&rig, "+42.+30.-42.-30.");
	input_key(rig.input, 1, XKB_KEY_A, 0, true);
	input_key(rig.input, 1, XKB_KEY_a, 0, true); /* the same key of the viewer's keyboard */
	input_key(rig.input, 1, XKB_KEY_a, 0, false);
	expect(&rig, "+42.+30.-42.-30.+30.-30.");
	input_key(rig.input, 2, XKB_KEY_z, 0, true);
	input_release(rig.input, 2);
	expect(&rig, "+44.-44."); /* nothing was left of the A */
	rig_down(&rig);
}

static void scancodes_go_straight(void) {
	struct rig rig;
	rig_up(&rig, "fr");
	input_key(rig.input, 1, XKB_KEY_a, 0x10, true); /* the key left of Z on an AZERTY keyboard */
	input_key(rig.input, 1, XKB_KEY_a, 0x10, false);
	expect(&rig, "+16.-16.");
	input_key(rig.input, 1, XKB_KEY_q, 0, true); /* by keysym it is another key */
	input_key(rig.input, 1, XKB_KEY_q, 0, false);
	expect(&rig, "+30.-30.");
	input_key(rig.input, 1, 0, 0x9d, true);
	input_key(rig.input, 1, 0, 0x9d, true);
	input_key(rig.input, 1, XKB_KEY_Control_R, 0x9d, false);
	expect(&rig, "+97.-97.");
	input_key(rig.input, 1, XKB_KEY_Down, 0xd0, true);
	input_key(rig.input, 1, XKB_KEY_Down, 0xd0, true);
	input_key(rig.input, 1, XKB_KEY_Down, 0xd0, false);
	expect(&rig, "+108.-108.+108.-108.");
	input_key(rig.input, 1, XKB_KEY_Return, 0xffff, true); /* no such scancode: by keysym */
	input_key(rig.input, 1, XKB_KEY_Return, 0xffff, false);
	expect(&rig, "+28.-28.");
	rig_down(&rig);
}

/* What one press of each of these keys does to the machine: see withheld.c. Scancodes are numbered as in
 * QEMU. */
static const struct {
	uint32_t keysym, scancode;
	uint16_t code;
} power_keys[] = {
	{XKB_KEY_XF86PowerOff, 0xde, KEY_POWER},
	{0x10081164, 0, KEY_POWER2},
	{XKB_KEY_XF86Sleep, 0xdf, KEY_SLEEP},
	{XKB_KEY_XF86Suspend, 0xa5, KEY_SUSPEND},
	{0x10081198, 0, KEY_RESTART},
	{XKB_KEY_XF86WLAN, 0xf3, KEY_WLAN},
	{XKB_KEY_XF86Bluetooth, 0xf2, KEY_BLUETOOTH},
	{XKB_KEY_XF86UWB, 0xf4, KEY_UWB},
	{XKB_KEY_XF86WWAN, 0, KEY_WWAN},
	{XKB_KEY_XF86RFKill, 0, KEY_RFKILL},
	{XKB_KEY_XF86LogOff, 0, KEY_LOGOFF},
	{XKB_KEY_XF86DisplayOff, 0, KEY_DISPLAY_OFF},
	{XKB_KEY_XF86DisplayToggle, 0, KEY_DISPLAYTOGGLE},
	{XKB_KEY_XF86Display, 0xd6, KEY_SWITCHVIDEOMODE},
};

static void power_keys_are_withheld(bool allowed) {
	struct rig rig;
	rig_up_with(&rig, &(struct input_options){.layout = "us", .allow_power_keys = allowed});
	for (size_t i = 0; i < ARRAY_LEN(power_keys); i++) {
		for (int by_scancode = 0; by_scancode < 2; by_scancode++) {
			uint32_t scancode = by_scancode ? power_keys[i].scancode : 0;
			if (by_scancode && !scancode)
				continue;
			input_key(rig.input, 1, power_keys[i].keysym, scancode, true);
			input_key(rig.input, 1, power_keys[i].keysym, scancode, false);
			char stroke[32] = "";
			if (allowed)
				snprintf(stroke, sizeof stroke, "+%d.-%d.", power_keys[i].code,
					power_keys[i].code);
			expect(&rig, stroke);
		}
	}
	/* Harmless keys beside them are typed all the same. */
	static const uint32_t harmless[] = {0xe3 /* wakeup */, 0x92 /* screen lock */, 0xd4 /* brightness */};
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		input_key(rig.input, 1, 0, harmless[i], true);
		input_key(rig.input, 1, 0, harmless[i], false);
		CHECK(strlen(events(&rig)) > 0);
	}
	rig_down(&rig);
}

static void stroke(struct rig *rig, uint32_t keysym, uint32_t scancode) {
	input_key(rig->input, 1, keysym, scancode, true);
	input_key(rig->input, 1, keysym, scancode, false);
}

/* KEY_SYSRQ is 99, KEY_PRINT 210, the Alt keys are 56 and 100. */
static void sysrq_is_withheld(void) {
	static const struct {
		uint32_t alt, alt_scancode;
		int code;
	} alts[] = {{XKB_KEY_Alt_L, 0, 56}, {XKB_KEY_Alt_R, 0, 100}, {0, 0x38, 56}, {0, 0xb8, 100}};
	static const uint32_t prints[][2] = {
		{XKB_KEY_Print, 0}, {XKB_KEY_Sys_Req, 0}, {0, 0x54}, {XKB_KEY_Print, 0xb7}};
	struct rig rig, open;
	rig_up(&rig, "us");
	rig_up_with(&open, &(struct input_options){.layout = "us", .allow_sysrq = true});
	for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
		stroke(&rig, prints[i][0], prints[i][1]); /* alone it is Print */
		expect(&rig, "+99.-99.");
		for (size_t j = 0; j < ARRAY_LEN(alts); j++) {
			input_key(
				rig.input, 2, alts[j].alt, alts[j].alt_scancode, true); /* whoever holds it */
			input_key(open.input, 2, alts[j].alt, alts[j].alt_scancode, true);
			events(&rig), events(&open);
			stroke(&rig, prints[i][0], prints[i][1]);
			expect(&rig, "+210.-210.");
			stroke(&open, prints[i][0], prints[i][1]);
			expect(&open, "+99.-99.");
			input_release(rig.input, 2);
			input_release(open.input, 2);
		}
		events(&rig), events(&open);
	}
	/* Alt is lifted for a character, and a key brings it back. */
	struct rig german;
	rig_up(&german, "de");
	input_key(german.input, 1, XKB_KEY_Control_L, 0, true);
	input_key(german.input, 1, XKB_KEY_Alt_L, 0, true);
	stroke(&german, XKB_KEY_at, 0);
	events(&german);
	stroke(&german, 0, 0xb7);
	expect(&german, "+29.+56.+210.-210.");
	rig_down(&german);
	/* If Alt follows, that is no command. */
	input_key(rig.input, 1, XKB_KEY_Print, 0, true);
	stroke(&rig, XKB_KEY_Alt_L, 0);
	input_key(rig.input, 1, XKB_KEY_Print, 0, false);
	expect(&rig, "+99.+56.-56.-99.");
	rig_down(&open);
	rig_down(&rig);
}

static void nonsense_is_dropped(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_key(rig.input, 1, 0, 0, true);
	input_key(rig.input, 1, 0xffffffff, 0xffffffff, true);
	input_key(rig.input, 1, 0x1004e2d, 0, true);
	input_key(rig.input, 1, 0x1004e2d, 0, false);
	expect(&rig, "");
	CHECK(input_dropped(rig.input) == 3);
	for (uint32_t i = 0; i < 200; i++)
		input_key(rig.input, 1, 0, i, true);
	events(&rig);
	input_release(rig.input, 1);
	const char *got = events(&rig);
	size_t ups = 0;
	for (const char *c = got; *c; c++) {
		ups += *c == '-';
		CHECK(*c != '+');
	}
	CHECK_SAY(ups == 32, "%zu", ups);
	input_pointer(rig.input, 1, 10, 10, 0, 0, 1);
	expect(&rig, "");
	input_pointer(rig.input, 1, 65535, 65535, 1024, 768, 0xfffffe00);
	expect(&rig, "a0=65504 a1=65493 .");
	rig_down(&rig);
}

static void pointer_events(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_pointer(rig.input, 1, 0, 0, 1024, 768, 0);
	expect(&rig, "a0=32 a1=42 .");
	input_pointer(rig.input, 1, 0, 0, 1024, 768, 0); /* nothing has changed */
	expect(&rig, "");
	input_pointer(rig.input, 1, 512, 384, 1024, 768, 1); /* it moves first, then presses */
	expect(&rig, "a0=32800 a1=32810 .+272.");
	input_pointer(rig.input, 2, 512, 384, 1024, 768, 5); /* the left button is pressed already */
	expect(&rig, "+273.");
	input_release(rig.input, 1);
	expect(&rig, "");
	input_release(rig.input, 2);
	expect(&rig, "-272.-273.");
	static const struct {
		uint32_t buttons;
		const char *events;
	} wheels[] = {
		{8, "r8=1 r11=120 ."},
		{16, "r8=-1 r11=-120 ."},
		{32, "r6=-1 r12=-120 ."},
		{64, "r6=1 r12=120 ."},
		{128, "+275."},
		{0, "-275."},
		{256, "+276."},
		{0, "-276."},
		{2, "+274."},
		{0, "-274."},
	};
	for (size_t i = 0; i < ARRAY_LEN(wheels); i++) {
		input_pointer(rig.input, 3, 512, 384, 1024, 768, wheels[i].buttons);
		expect(&rig, wheels[i].events);
	}
	rig_down(&rig);
}

static void motions(void) {
	struct rig rig;
	int32_t x, y;
	rig_up(&rig, "us");
	input_pointer(rig.input, 1, 0, 0, 1024, 768, 0);
	expect(&rig, "a0=32 a1=42 .");
	CHECK(input_pointer_at_rest(rig.input, 0, &x, &y));
	input_motion(rig.input, 1, 5, -3, 0);
	expect(&rig, "r0=5 r1=-3 .");
	CHECK(!input_pointer_at_rest(rig.input, 0, &x, &y)); /* nobody knows where the pointer is now */
	input_motion(rig.input, 1, 0, 7, 1);
	expect(&rig, "r1=7 .+272.");
	input_motion(rig.input, 1, 0, 0, 9);
	expect(&rig, "r8=1 r11=120 .");
	input_motion(rig.input, 1, 0, 0, 9);
	expect(&rig, "");
	input_pointer(rig.input, 2, 0, 0, 1024, 768, 1); /* the same position as before, but the pointer is
							  * elsewhere by now; the left button is pressed */
	expect(&rig, "a0=32 a1=42 .");
	input_release(rig.input, 1);
	expect(&rig, "");
	input_release(rig.input, 2);
	expect(&rig, "-272.");
	rig_down(&rig);
}

static void follows_the_picture_and_the_desktop(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_pointer(rig.input, 1, 100, 100, 200, 200, 0);
	expect(&rig, "a0=32931 a1=32931 .");
	input_pointer(rig.input, 1, 100, 100, 400, 400, 0); /* the mode changed */
	expect(&rig, "a0=16465 a1=16465 .");
	input_set_desktop(rig.input, 800, 400, 400, 0, 400, 400);
	input_pointer(rig.input, 1, 100, 100, 400, 400, 0);
	expect(&rig, "a0=41000 a1=16465 .");
	int32_t x, y;
	CHECK(!input_pointer_at_rest(rig.input, 60000, &x, &y));
	CHECK(input_pointer_at_rest(rig.input, 0, &x, &y) && x == 100 && y == 100);
	rig_down(&rig);
}

static void wakes(void) {
	struct rig rig;
	rig_up(&rig, "us");
	input_wake(rig.input);
	const char *got = events(&rig);
	CHECK_SAY(strstr(got, "+143.-143.") && strstr(got, "a0="), "%s", got);
	input_release(rig.input, 0);
	expect(&rig, "");
	rig_down(&rig);
}

/* Reads all events and checks that no key goes down twice or up twice. Returns how many keys are down. */
static size_t account(struct rig *rig, bool down[KEY_CNT]) {
	struct input_event event;
	size_t count = 0;
	while (read(rig->pipe[0], &event, sizeof event) == sizeof event) {
		if (event.type != EV_KEY)
			continue;
		CHECK_SAY(down[event.code] == (event.value != 1), "code %u: %d", event.code, event.value);
		down[event.code] = event.value != 0;
	}
	for (size_t i = 0; i < KEY_CNT; i++)
		count += down[i];
	return count;
}

/* Three viewers press and release a few keys at random, by both names. Now and then one leaves. */
static void nothing_sticks(const char *layout) {
	static const uint32_t keys[][2] = {{XKB_KEY_Shift_L, 0}, {XKB_KEY_Control_L, 0}, {XKB_KEY_Alt_L, 0},
		{XKB_KEY_Alt_R, 0}, {XKB_KEY_ISO_Level3_Shift, 0}, {XKB_KEY_Super_L, 0}, {XKB_KEY_at, 0},
		{XKB_KEY_a, 0}, {XKB_KEY_A, 0}, {XKB_KEY_eacute, 0}, {XKB_KEY_EuroSign, 0}, {XKB_KEY_Tab, 0},
		{XKB_KEY_ISO_Left_Tab, 0}, {XKB_KEY_Print, 0}, {XKB_KEY_KP_Home, 0}, {XKB_KEY_F13, 0},
		{XKB_KEY_Cyrillic_a, 0}, {0, 0x38}, {0, 0xb8}, {0, 0x1d}, {0, 0x2a}, {0, 0x1e}, {0, 0xb7},
		{XKB_KEY_Caps_Lock, 0}};
	bool down[KEY_CNT] = {false};
	struct rig rig;
	rig_up(&rig, layout);
	uint32_t random = 1;
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		const uint32_t *key = keys[(random >> 8 & 0xff) % (ARRAY_LEN(keys))];
		uint64_t viewer = 1 + (random >> 20) % 3;
		input_key(rig.input, viewer, key[0], key[1], random >> 24 & 1);
		if (random >> 25 == 0)
			input_release(rig.input, viewer);
		if (i % 16 == 0)
			account(&rig, down);
	}
	for (uint64_t viewer = 1; viewer <= 3; viewer++)
		input_release(rig.input, viewer);
	CHECK_SAY(account(&rig, down) == 0, "%s", layout);
	rig_down(&rig);
}

static void stop(uv_timer_t *timer) {
	uv_stop(timer->loop);
}

/* Runs the loop until there are events, or until this time has passed. */
static const char *wait_for(struct rig *rig, uv_loop_t *loop, uint64_t limit_ms) {
	uv_timer_t timer;
	const char *got = "";
	uv_timer_init(loop, &timer);
	for (uint64_t begun = uv_now(loop); !*got && uv_now(loop) - begun < limit_ms; got = events(rig)) {
		uv_timer_start(&timer, stop, 20, 0);
		uv_run(loop, UV_RUN_DEFAULT);
	}
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	return got;
}

static uint64_t talk_at_each_look(void *context, uint64_t viewer) {
	(void)viewer;
	uint64_t *talk = context;
	return *talk += HOLD_TALK;
}

/* A key whose release comes late is up before a desktop would repeat it, and nothing that is held is lost. */
static void silent_viewers_let_go(void) {
	struct rig rig;
	uv_loop_t loop;
	CHECK(uv_loop_init(&loop) == 0);
	rig_up_with(&rig, &(struct input_options){.layout = "us", .loop = &loop});
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, true);
	input_key(rig.input, 1, XKB_KEY_A, 0, true);
	expect(&rig, "+42.+30.");
	const char *got = wait_for(&rig, &loop, 5000);
	CHECK_SAY(strcmp(got, "-30.") == 0, "%s", got);
	CHECK(!*wait_for(&rig, &loop, 2 * HOLD_WINDOW_MS)); /* Shift stays down */
	input_key(rig.input, 1, XKB_KEY_A, 0, true);        /* the viewer's repeat */
	input_key(rig.input, 1, XKB_KEY_A, 0, true);
	expect(&rig, "+30.-30.+30.");
	got = wait_for(&rig, &loop, 5000);
	CHECK_SAY(strcmp(got, "-30.") == 0, "%s", got);
	input_key(rig.input, 1, XKB_KEY_A, 0, false); /* the release, at last */
	input_key(rig.input, 1, XKB_KEY_Shift_L, 0, false);
	expect(&rig, "-42.");
	/* the same with a key released under another name, and with a key that another viewer holds too */
	input_key(rig.input, 1, XKB_KEY_b, 0, true);
	wait_for(&rig, &loop, 5000);
	input_key(rig.input, 2, XKB_KEY_b, 0, true);
	input_key(rig.input, 1, XKB_KEY_B, 0, true);
	events(&rig);
	input_release(rig.input, 1);
	input_release(rig.input, 2);
	got = events(&rig);
	CHECK_SAY(strstr(got, "-48.") && !strstr(strstr(got, "-48.") + 4, "48"), "%s", got);
	input_destroy(rig.input);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	close(rig.pipe[0]);
	close(rig.pipe[1]);
}

/* A viewer that talks would have reported the release, so its keys stay down. If the machine does the
 * repeating, all keys stay down. */
static void other_holds_stay(bool machine) {
	struct rig rig;
	uv_loop_t loop;
	uint64_t talk = 0;
	CHECK(uv_loop_init(&loop) == 0);
	rig_up_with(&rig, &(struct input_options){.layout = "us",
				  .loop = &loop,
				  .machine_repeats = machine,
				  .context = &talk,
				  .talk = machine ? NULL : talk_at_each_look});
	input_key(rig.input, 1, XKB_KEY_a, 0, true);
	expect(&rig, "+30.");
	CHECK(!*wait_for(&rig, &loop, 2 * HOLD_WINDOW_MS));
	input_key(rig.input, 1, XKB_KEY_a, 0, true);
	expect(&rig, machine ? "" : "=30.");
	input_key(rig.input, 1, XKB_KEY_a, 0, false);
	expect(&rig, "-30.");
	input_destroy(rig.input);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	close(rig.pipe[0]);
	close(rig.pipe[1]);
}

static void says_what_is_missing(void) {
	if (access("/dev/uinput", F_OK) == 0) {
		printf("there is a /dev/uinput here: its absence is not tested\n");
		return;
	}
	struct input_options options = {.layout = "us"};
	struct input *input = input_create(&options);
	CHECK(input && input_unavailable(input) && strstr(input_unavailable(input), "uinput"));
	input_prepare(input);
	input_key(input, 1, XKB_KEY_a, 0, true);
	input_pointer(input, 1, 1, 1, 10, 10, 1);
	input_wake(input);
	input_release(input, 1);
	input_destroy(input);
}

static void unknown_layouts_become_us(void) {
	struct rig rig;
	rig_up(&rig, "nosuchlayout");
	CHECK(strstr(input_layout(rig.input), "us"));
	input_key(rig.input, 1, XKB_KEY_a, 0, true);
	expect(&rig, "+30.");
	rig_down(&rig);
}

int main(void) {
	log_set_level(LOG_LEVEL_ERROR);
	keys_belong_to_viewers();
	releases_find_their_press();
	scancodes_go_straight();
	power_keys_are_withheld(false);
	power_keys_are_withheld(true);
	sysrq_is_withheld();
	nonsense_is_dropped();
	pointer_events();
	motions();
	follows_the_picture_and_the_desktop();
	wakes();
	nothing_sticks("us");
	nothing_sticks("de");
	nothing_sticks("us,ru");
	silent_viewers_let_go();
	other_holds_stay(false);
	other_holds_stay(true);
	says_what_is_missing();
	unknown_layouts_become_us();
	return 0;
}
