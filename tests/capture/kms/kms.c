/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source follows what a compositor and a user do to a card. The card is a fake, so that each thing
 * happens exactly when it hurts. What real cards do is tested in the guest. */
#include "capture/kms/kms.h"
#include "capture/base/array.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <xf86drmMode.h>

#include "tests/capture/kms/kernel.h"
#include "tests/process.h"
#include "tests/test.h"

static struct reason reason;

static struct source *open_card(const char *output) {
	struct source_options options = {.kind = SOURCE_KMS, .card = kernel.node, .output = output};
	struct source *source;
	int error = kms_open(&options, &source, &reason);
	CHECK_SAY(!error, "%s", reason.text);
	return source;
}

static int acquire(struct source *source, struct frame *frame) {
	frame_init(frame);
	return source->impl->acquire(source, 0, frame, &reason);
}

/* Checks that there is a complete frame of this size, and that it leaves nothing behind. */
static void check_frame(struct source *source, uint32_t width, uint32_t height, int fb) {
	struct frame frame;
	int error = acquire(source, &frame);
	CHECK_SAY(!error, "%d: %s", error, reason.text);
	CHECK(frame.width == width && frame.height == height && frame.layer_count == 1 && frame.time_ns);
	const struct frame_layer *layer = &frame.layers[0];
	CHECK(layer->fb_id == KERNEL_FB + (uint32_t)fb && layer->planes[0].fd >= 0);
	CHECK(layer->source.width == width << 16 && layer->source.height == height << 16);
	CHECK(layer->destination.width == width && layer->destination.height == height);
	CHECK(source->impl->is_current(source, &frame));
	frame_finish(&frame);
	CHECK(kernel.handles_open == 0);
}

/* An output is looked at four times a second unless its plane contradicts what is known. */
static void wait_for_the_output(void) {
	kernel.now_ns += 250000000;
}

/* Checks that there is nothing to see, for a reason that has this word. */
static void check_dark(struct source *source, const char *word) {
	struct frame frame;
	wait_for_the_output();
	reason.text[0] = 0;
	CHECK(acquire(source, &frame) == -EAGAIN && frame.layer_count == 0);
	CHECK_SAY(strstr(reason.text, word), "\"%s\" in \"%s\"", word, reason.text);
	CHECK(kernel.handles_open == 0);
}

static void follows_flips(void) {
	kernel_reset();
	unsigned fds = process_open_fds();
	struct source *source = open_card(NULL);
	uint64_t before, after;
	CHECK(strstr(source->output, "HDMI-A-1 (boxed)") && strcmp(source->card_node, kernel.node) == 0);
	CHECK(source->refresh_mhz == 60000);
	check_frame(source, 640, 480, 0);
	struct frame frame;
	CHECK(acquire(source, &frame) == 0 && source->impl->peek(source, &before) == 0);
	CHECK(source->impl->peek(source, &after) == 0 && before == after);
	kernel_light(0, 0, 1, 640, 480);
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	CHECK(!source->impl->is_current(source, &frame));
	frame_finish(&frame);
	check_frame(source, 640, 480, 1);
	source_destroy(source);
	CHECK(process_open_fds() == fds);
}

static void follows_modes(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	check_frame(source, 640, 480, 0);
	kernel_light(0, 0, 1, 1920, 1080);
	check_frame(source, 1920, 1080, 1);
	source_destroy(source);
}

/* The part that is shown, not the framebuffer's size. */
static void shows_the_source_rectangle(void) {
	kernel_reset();
	kernel.fbs[0].width = 2000;
	kernel.fbs[0].height = 1000;
	kernel.planes[0].src[0] = 1360 << 16;
	kernel.planes[0].src[1] = 520 << 16;
	struct source *source = open_card(NULL);
	struct frame frame;
	CHECK(acquire(source, &frame) == 0 && frame.width == 640 && frame.height == 480);
	CHECK(frame.layers[0].source.x == 1360 << 16 && frame.layers[0].width == 2000);
	frame_finish(&frame);
	kernel.planes[0].src[0]++; /* by a sixty-thousandth of a pixel outside */
	check_dark(source, "outside");
	source_destroy(source);
}

static void follows_power_saving(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	uint64_t lit, dark;
	CHECK(source->impl->peek(source, &lit) == 0);
	kernel.crtcs[0].active = false;
	check_dark(source, "asleep");
	CHECK(source->impl->peek(source, &dark) == 0 && lit != dark);
	CHECK(source->impl->arm_vblank(source) == -EAGAIN);
	kernel.crtcs[0].active = true;
	check_frame(source, 640, 480, 0);
	kernel.connectors[0].crtc_id = 0;
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	check_dark(source, "switched off");
	kernel.connectors[0].connected = false;
	check_dark(source, "no monitor");
	kernel_light(0, 0, 2, 800, 600);
	check_frame(source, 800, 600, 2);
	source_destroy(source);
}

static void starts_dark(void) {
	kernel_reset();
	kernel.connectors[0].crtc_id = 0;
	struct source *source = open_card(NULL);
	CHECK(strstr(reason.text, "no output of this card is lit"));
	check_dark(source, "switched off");
	kernel_light(0, 0, 0, 640, 480);
	check_frame(source, 640, 480, 0);
	source_destroy(source);
}

/* An output that was asked for is waited for: it may be asleep, switched off, or without a monitor. */
static void starts_dark_by_name(void) {
	kernel_reset();
	kernel_light(1, 1, 1, 800, 600);
	kernel.crtcs[1].active = false;
	struct source *asleep = open_card("HDMI-A-2");
	check_dark(asleep, "asleep");
	kernel.connectors[1].crtc_id = 0;
	struct source *off = open_card("HDMI-A-2");
	check_dark(off, "switched off");
	kernel.connectors[1].connected = false;
	struct source *unplugged = open_card("HDMI-A-2");
	check_dark(unplugged, "no monitor");
	kernel_light(1, 1, 1, 800, 600);
	check_frame(asleep, 800, 600, 1);
	check_frame(off, 800, 600, 1);
	check_frame(unplugged, 800, 600, 1);
	source_destroy(asleep);
	source_destroy(off);
	source_destroy(unplugged);
}

static void follows_to_another_crtc(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	check_frame(source, 640, 480, 0);
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	kernel.crtcs[0].width = 0;
	kernel_light(0, 1, 3, 1024, 768);
	check_frame(source, 1024, 768, 3);
	source_destroy(source);
}

/* The lid is closed, and the desktop continues on the monitor. The source follows unless this output was
 * asked for. */
static void follows_to_another_output(void) {
	kernel_reset();
	struct source *any = open_card(NULL), *named = open_card("hdmi-a-1");
	check_frame(any, 640, 480, 0);
	check_frame(named, 640, 480, 0);
	kernel.connectors[0].crtc_id = 0;
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	kernel_light(1, 1, 4, 1280, 720);
	check_frame(any, 1280, 720, 4);
	CHECK(strstr(any->output, "HDMI-A-2"));
	check_dark(named, "HDMI-A-1");
	kernel.connectors[0].there = false; /* a dock that is unplugged takes its connectors with it */
	check_dark(named, "HDMI-A-1");
	kernel.connectors[0].there = true;
	kernel_light(0, 0, 0, 640, 480);
	check_frame(named, 640, 480, 0);
	check_frame(any, 1280, 720, 4); /* stays while it is lit */
	source_destroy(any);
	source_destroy(named);
}

/* The clients are killed. The kernel takes their framebuffers away, and depending on the driver it leaves the
 * CRTCs on or switches them off. */
static void kill_clients(void) {
	for (int i = 0; i < KERNEL_PLANES; i++)
		kernel.planes[i].fb_id = kernel.planes[i].crtc_id = 0;
}

static void lit_and_bare(void) {
	kernel_reset();
	struct source *source = open_card(NULL), *named = open_card("HDMI-A-1");
	kernel.console = KMS_CONSOLE_BARRED;
	kernel.planes[0].fb_id = 0;
	check_dark(source, "nothing is drawn on it");
	kernel.planes[0].crtc_id = 0;
	check_dark(source, "nothing is drawn on it");
	kernel.connectors[0].connected = false;
	check_dark(source, "unplugged");
	kernel_light(1, 1, 2, 800, 600); /* what is drawn on is better, unless the other one was asked for */
	check_frame(source, 800, 600, 2);
	check_dark(named, "unplugged");
	CHECK(!source->abandoned && !named->abandoned);
	kernel_light(0, 0, 0, 640, 480);
	wait_for_the_output();
	check_frame(named, 640, 480, 0);
	check_frame(source, 800, 600, 2);
	source_destroy(source);
	source_destroy(named);
}

/* Looks four times a second until the card is to be closed. Returns the number of looks, or 0 for never. */
static int looks_until_abandoned(struct source *source, int most) {
	for (int i = 1; i <= most; i++) {
		check_dark(source, "HDMI-A-1");
		if (source->abandoned)
			return i;
	}
	return 0;
}

static void tell_of_an_abandoned_card(bool lit) {
	kernel_reset();
	struct source *source = open_card(NULL);
	kernel.console = KMS_CONSOLE_BARRED;
	kill_clients();
	if (!lit)
		kernel.connectors[0].crtc_id = kernel.crtcs[0].width = 0;
	CHECK(looks_until_abandoned(source, 100) == 0);
	CHECK_SAY(kernel.console_asked >= 20 && kernel.console_asked <= 25, "%u", kernel.console_asked);
	kernel.console = KMS_CONSOLE_FREE;
	CHECK(looks_until_abandoned(source, 10) <= 4);
	static const int pauses_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	for (size_t i = 0; i < ARRAY_LEN(pauses_s); i++) {
		int looks = looks_until_abandoned(source, 400);
		CHECK_SAY(looks == pauses_s[i] * 4, "time %zu: after %d looks", i, looks);
	}
	kernel_light(0, 0, 1, 640, 480);
	wait_for_the_output();
	check_frame(source, 640, 480, 1);
	CHECK(!source->abandoned);
	kill_clients();
	kernel.console = KMS_CONSOLE_UNKNOWN; /* it is no worse for trying */
	CHECK(looks_until_abandoned(source, 100) == 5);
	source_destroy(source);
}

/* If something is drawn on another output or on one that is asleep, the card is in use. */
static void is_not_abandoned_by_all(void) {
	kernel_reset();
	struct source *source = open_card("HDMI-A-1");
	kernel.crtcs[0].active = false;
	CHECK(looks_until_abandoned(source, 20) == 0);
	kill_clients();
	kernel_light(1, 1, 2, 800, 600);
	CHECK(looks_until_abandoned(source, 20) == 0);
	kill_clients();
	CHECK(looks_until_abandoned(source, 20) == 5);
	source_destroy(source);
}

static void lets_the_card_go(void) {
	static struct cursor cursor;
	kernel_reset();
	unsigned fds = process_open_fds();
	struct source *source = open_card(NULL);
	uint64_t token;
	kernel_light(1, 1, 2, 800, 600);
	check_frame(source, 640, 480, 0);
	kernel.connectors[0].crtc_id = 0;
	wait_for_the_output();
	check_frame(source, 800, 600, 2);
	kernel_light(0, 0, 0, 640, 480); /* the first lit one, but not the one that was shown */
	CHECK(source->impl->arm_vblank(source) == 0);
	source->impl->let_go(source);
	source->impl->let_go(source);
	CHECK(process_open_fds() == fds && source->event_fd < 0);
	CHECK(source->impl->cursor(source, &cursor) < 0 && source->impl->arm_vblank(source) == -EAGAIN);
	CHECK(!source->impl->read_events(source) && process_open_fds() == fds);
	check_frame(source, 800, 600, 2);
	CHECK(source->event_fd >= 0 && source->impl->arm_vblank(source) == 0);
	source->impl->let_go(source);
	CHECK(source->impl->peek(source, &token) == 0 && source->event_fd >= 0);
	source->impl->let_go(source);
	kernel_replace_card();
	struct frame frame;
	CHECK(acquire(source, &frame) == -ENODEV && strstr(reason.text, "removed"));
	source_destroy(source);
	CHECK(process_open_fds() == fds);
}

/* At the last close the kernel would light a console that it had blanked. */
static void lets_no_blanked_console_go(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	static const struct {
		bool active;
		enum kms_console_right right;
		bool goes;
	} rows[] = {{true, KMS_CONSOLE_FREE, true}, {false, KMS_CONSOLE_FREE, false},
		{false, KMS_CONSOLE_BARRED, true}, {false, KMS_CONSOLE_UNKNOWN, true}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t token;
		CHECK(source->impl->peek(source, &token) == 0);
		kernel.crtcs[0].active = rows[i].active;
		kernel.console = rows[i].right;
		source->impl->let_go(source);
		CHECK_SAY((source->event_fd < 0) == rows[i].goes, "row %zu", i);
	}
	kernel.console = KMS_CONSOLE_FREE;
	kill_clients();
	check_dark(source, "asleep");
	source->impl->let_go(source);
	CHECK(source->event_fd < 0);
	source_destroy(source);
}

static void catches_a_flip_in_between(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	kernel.vanishing = 2;
	check_frame(source, 640, 480, 2);
	kernel.vanishing = 100;
	check_dark(source, "faster");
	kernel.vanishing = 0;
	struct frame frame;
	CHECK(acquire(source, &frame) == 0);
	frame_finish(&frame);
	source_destroy(source);
}

static void ends_with_the_card(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	struct frame frame;
	uint64_t token;
	kernel.unplugged = true;
	CHECK(acquire(source, &frame) == -ENODEV && strstr(reason.text, "removed"));
	CHECK(source->impl->peek(source, &token) == -ENODEV);
	frame_finish(&frame);
	source_destroy(source);
	kernel_reset();
	source = open_card(NULL);
	kernel.unregistered = true; /* its driver switches everything off, and answers */
	kernel.connectors[0].crtc_id = 0;
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	CHECK(acquire(source, &frame) == -ENODEV && strstr(reason.text, "removed"));
	source_destroy(source);
}

/* Drivers from before atomic mode setting, and processes whose name begins with X. */
static void does_without_atomic(void) {
	kernel_reset();
	kernel.atomic = false;
	kernel.fbs[0].width = 1280;
	kernel.fbs[0].height = 960;
	kernel.crtcs[0].x = 320;
	kernel.crtcs[0].y = 100;
	struct source *source = open_card(NULL);
	struct frame frame;
	CHECK(acquire(source, &frame) == 0 && frame.width == 640 && frame.layer_count == 1);
	CHECK(frame.layers[0].source.x == 320 << 16 && frame.layers[0].source.y == 100 << 16);
	CHECK(frame.layers[0].source.width == 640 << 16 && frame.layers[0].destination.height == 480);
	frame_finish(&frame);
	kernel.connectors[0].dpms = DRM_MODE_DPMS_OFF;
	check_dark(source, "asleep");
	kernel.connectors[0].dpms = DRM_MODE_DPMS_ON;
	CHECK(acquire(source, &frame) == 0);
	frame_finish(&frame);
	source_destroy(source);
}

/* Shows a cursor of 16x16 by one of the two planes; crtc -1: hides it. */
static void show_cursor(int plane, int crtc) {
	kernel.fbs[5].width = kernel.fbs[5].height = 16;
	kernel.planes[KERNEL_HEADS + plane].fb_id = crtc < 0 ? 0 : KERNEL_FB + 5;
	kernel.planes[KERNEL_HEADS + plane].crtc_id = crtc < 0 ? 0 : KERNEL_CRTC + (uint32_t)crtc;
	kernel.planes[KERNEL_HEADS + plane].src[2] = kernel.planes[KERNEL_HEADS + plane].src[3] = 16 << 16;
	kernel.planes[KERNEL_HEADS + plane].dst[0] = (uint64_t)-7 + (uint64_t)plane;
}

/* If any of several planes may show the cursor, the client chooses one, and may choose another one later. */
static void finds_the_cursor(void) {
	static struct cursor cursor;
	kernel_reset();
	unsigned fds = process_open_fds();
	struct source *source = open_card(NULL);
	CHECK(source->impl->cursor(source, &cursor) == 0 && !cursor.visible);
	for (int i = 0; i < 4; i++) {
		int plane = i % 2;
		show_cursor(plane, 0);
		show_cursor(!plane, 1); /* the other head's */
		CHECK(source->impl->cursor(source, &cursor) == 0);
		CHECK_SAY(cursor.visible, "plane %d", plane);
		CHECK(cursor.x == plane - 7 && cursor.width == 16 && cursor.height == 16 && cursor.shape);
		show_cursor(plane, -1);
		CHECK(source->impl->cursor(source, &cursor) == 0 && !cursor.visible);
		CHECK(kernel.handles_open == 0);
	}
	source_destroy(source);
	CHECK(process_open_fds() == fds);
}

/* The writer of the cursor is not waited for. The cursor looks as before until the writer is done. */
static void reads_no_unfinished_cursor(void) {
	static struct cursor cursor;
	kernel_reset();
	unsigned fds = process_open_fds();
	struct source *source = open_card(NULL);
	show_cursor(0, 0);
	CHECK(source->impl->cursor(source, &cursor) == 0 && cursor.visible && cursor.width == 16);
	uint64_t shape = cursor.shape;
	kernel.planes[KERNEL_HEADS].fb_id = KERNEL_FB + 6;
	kernel.planes[KERNEL_HEADS].src[2] = kernel.planes[KERNEL_HEADS].src[3] = 24 << 16;
	kernel.planes[KERNEL_HEADS].dst[0] = 30;
	kernel.fbs[6].width = kernel.fbs[6].height = 24;
	kernel.being_drawn = true;
	CHECK(source->impl->cursor(source, &cursor) == 0 && cursor.visible);
	CHECK(cursor.shape == shape && cursor.width == 16 && cursor.x == 30 && kernel.handles_open == 0);
	kernel.being_drawn = false;
	CHECK(source->impl->cursor(source, &cursor) == 0 && cursor.visible);
	CHECK(cursor.shape != shape && cursor.width == 24 && kernel.handles_open == 0);
	source_destroy(source);
	CHECK(process_open_fds() == fds);
}

/* An overlay by a framebuffer of that size; crtc -1: none. */
static void show_overlay(int overlay, int crtc, uint16_t width, uint16_t height) {
	int plane = KERNEL_OVERLAY + overlay, fb = 6 + overlay;
	kernel.vblank_count++;
	kernel.fbs[fb].width = width;
	kernel.fbs[fb].height = height;
	kernel.planes[plane].fb_id = crtc < 0 ? 0 : KERNEL_FB + (uint32_t)fb;
	kernel.planes[plane].crtc_id = crtc < 0 ? 0 : KERNEL_CRTC + (uint32_t)crtc;
	kernel.planes[plane].src[2] = (uint64_t)width << 16;
	kernel.planes[plane].src[3] = (uint64_t)height << 16;
	kernel.planes[plane].dst[2] = width;
	kernel.planes[plane].dst[3] = height;
}

/* What a look one second later reports as missing. */
static const char *shortfall(struct source *source) {
	struct frame frame;
	kernel.now_ns += 1000000000;
	CHECK(acquire(source, &frame) == 0);
	frame_finish(&frame);
	return source->shortfall.text;
}

static unsigned ioctls_of_a_peek(struct source *source) {
	uint64_t token;
	kernel.ioctls = 0;
	CHECK(source->impl->peek(source, &token) == 0);
	return kernel.ioctls;
}

/* The frame's layers must be these framebuffers, the lowest first. */
static void check_layers(struct source *source, const int *fbs, int count) {
	struct frame frame;
	CHECK(acquire(source, &frame) == 0);
	CHECK_SAY(frame.layer_count == count, "%d layers", frame.layer_count);
	for (int i = 0; i < count; i++)
		CHECK_SAY(frame.layers[i].fb_id == (uint32_t)(KERNEL_FB + fbs[i]), "layer %d", i);
	CHECK(source->impl->is_current(source, &frame));
	frame_finish(&frame);
}

static void takes_all_planes(void) {
	kernel_reset();
	show_overlay(0, 0, 320, 200);
	struct source *source = open_card(NULL);
	check_layers(source, (int[]){0, 6}, 2);
	show_overlay(0, 1, 320, 200); /* the other head's */
	show_cursor(0, 0);
	check_layers(source, (int[]){0}, 1);
	show_overlay(0, 0, 320, 200);
	show_overlay(1, 0, 320, 200);
	kernel_light(0, 0, 1, 640, 480); /* the flip that comes with them */
	check_layers(source, (int[]){1, 6, 7}, 3);
	CHECK_SAY(!shortfall(source)[0] && !source->shortfall.missing, "%s", source->shortfall.text);
	kernel.planes[0].zpos = 2;
	kernel.planes[KERNEL_OVERLAY + 1].zpos = 1;
	check_layers(source, (int[]){6, 7, 1}, 3);
	show_overlay(0, -1, 320, 200);
	check_layers(source, (int[]){7, 1}, 2);
	source_destroy(source);
}

/* Nobody else has to flip for an overlay to be seen that is lit, changed or gone. */
static void peeks_at_all_planes(void) {
	uint64_t before, after;
	kernel_reset();
	struct source *source = open_card(NULL);
	CHECK(source->impl->peek(source, &before) == 0);
	show_overlay(0, 0, 320, 200);
	wait_for_the_output();
	ioctls_of_a_peek(source);
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	check_layers(source, (int[]){0, 6}, 2);
	CHECK(source->impl->peek(source, &before) == 0 && before == after);
	show_overlay(1, -1, 320, 200);
	kernel.planes[KERNEL_OVERLAY].fb_id = KERNEL_FB + 7;
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	show_overlay(0, -1, 320, 200);
	before = after;
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	source_destroy(source);
}

static void tells_of_planes_that_cannot_be_read(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	show_overlay(0, 0, 320, 200);
	show_overlay(1, 0, 320, 200);
	kernel.planes[KERNEL_OVERLAY].src[2] = 321ull << 16; /* outside its framebuffer */
	CHECK_SAY(strstr(shortfall(source), "plane 304"), "%s", source->shortfall.text);
	CHECK(source->shortfall.missing);
	check_layers(source, (int[]){0, 7}, 2);
	kernel.planes[KERNEL_OVERLAY + 1].src[2] = 321ull << 16;
	CHECK_SAY(strstr(shortfall(source), "2 planes"), "%s", source->shortfall.text);
	check_layers(source, (int[]){0}, 1);
	show_overlay(0, -1, 320, 200);
	show_overlay(1, -1, 320, 200);
	CHECK_SAY(!shortfall(source)[0] && !source->shortfall.missing, "%s", source->shortfall.text);
	show_overlay(0, 0, 320, 200);
	kernel.planes[KERNEL_OVERLAY].src[2] = 321ull << 16;
	CHECK(shortfall(source)[0]);
	struct frame frame;
	show_overlay(0, -1, 320, 200); /* all of them go: where nothing is drawn nothing is missing */
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	wait_for_the_output();
	CHECK(acquire(source, &frame) == -EAGAIN);
	CHECK_SAY(!source->shortfall.text[0] && !source->shortfall.missing, "%s", source->shortfall.text);
	source_destroy(source);
}

/* A player that fills the screen with an overlay may switch the primary plane off. */
static void takes_a_lone_overlay(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	check_frame(source, 640, 480, 0);
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	show_overlay(0, 0, 640, 480);
	check_frame(source, 640, 480, 6);
	CHECK_SAY(!shortfall(source)[0], "%s", source->shortfall.text);
	kernel_light(0, 0, 1, 640, 480); /* and on again, below the overlay */
	wait_for_the_output();
	check_layers(source, (int[]){1, 6}, 2);
	source_destroy(source);
}

/* What a frame that is acquired after the output was looked at again has of colours. The source keeps it. */
static const struct frame_colour *colour_now(struct source *source) {
	struct frame frame;
	wait_for_the_output();
	CHECK(acquire(source, &frame) == 0);
	const struct frame_colour *colour = frame.colour;
	frame_finish(&frame);
	return colour;
}

static struct source *open_with(enum source_lut lut) {
	const struct source_options options = {.kind = SOURCE_KMS, .card = kernel.node, .lut = lut};
	struct source *source;
	CHECK_SAY(kms_open(&options, &source, &reason) == 0, "%s", reason.text);
	return source;
}

static struct drm_color_lut down[256], dim[1024];
static struct drm_color_ctm swap = {{0, 1ull << 32, 0, 3ull << 31, 0, 0, 0, 0, 1ull << 63 | 1ull << 30}};

/* An inversion, a night light, and a matrix. */
static void make_colours(void) {
	for (unsigned i = 0; i < 256; i++) {
		uint16_t value = (uint16_t)((255 - i) * 257);
		down[i] = (struct drm_color_lut){.red = value, .green = value, .blue = value};
	}
	for (unsigned i = 0; i < 1024; i++)
		dim[i] = (struct drm_color_lut){
			.red = (uint16_t)(i * 64), .green = (uint16_t)(i * 48), .blue = (uint16_t)(i * 32)};
	kernel.blobs[0].data = down;
	kernel.blobs[0].size = sizeof down;
	kernel.blobs[1].data = dim;
	kernel.blobs[1].size = sizeof dim;
	kernel.blobs[2].data = &swap;
	kernel.blobs[2].size = sizeof swap;
}

static void applies_colours(void) {
	kernel_reset();
	make_colours();
	struct source *source = open_with(SOURCE_LUT_AUTO);
	CHECK(!colour_now(source));
	kernel.crtcs[0].gamma = 1;
	const struct frame_colour *colour = colour_now(source);
	CHECK(colour && colour->serial && !colour->has_matrix && !colour->degamma.count);
	CHECK(colour->gamma.count == 256 && colour->gamma.at[0][1] == 0xffff &&
		colour->gamma.at[254][2] == 257);
	uint64_t serial = colour->serial;
	colour = colour_now(source);
	CHECK(colour && colour->serial == serial);
	/* Other content under the same id, as a blob that follows another one may have. */
	down[254].red = 514;
	colour = colour_now(source);
	CHECK(colour && colour->serial != serial && colour->gamma.at[254][0] == 514);
	CHECK_SAY(!shortfall(source)[0], "%s", source->shortfall.text);
	kernel.crtcs[0].gamma = 2;
	CHECK(!colour_now(source));
	kernel.crtcs[0].ctm = 3;
	kernel.crtcs[0].degamma = 1;
	colour = colour_now(source);
	CHECK(colour && colour->has_matrix && colour->degamma.count == 256 && colour->gamma.count == 1024);
	static const double matrix[9] = {0, 1, 0, 1.5, 0, 0, 0, 0, -0.25};
	for (int i = 0; i < 9; i++)
		CHECK_SAY(colour->matrix[i] == matrix[i], "%d: %f", i, colour->matrix[i]);
	kernel.crtcs[0].ctm = kernel.crtcs[0].degamma = 0;
	kernel.crtcs[0].gamma = 9; /* a blob that is gone */
	CHECK(!colour_now(source));
	source_destroy(source);
}

/* On a still screen peeks are more frequent than looks, so a peek is what looks at the output. */
static void applies_colours_that_a_peek_saw(void) {
	struct frame frame;
	uint64_t token;
	kernel_reset();
	make_colours();
	struct source *source = open_with(SOURCE_LUT_AUTO);
	CHECK(!colour_now(source));
	kernel.crtcs[0].gamma = 1;
	wait_for_the_output();
	CHECK(source->impl->peek(source, &token) == 0);
	CHECK(acquire(source, &frame) == 0 && frame.colour);
	frame_finish(&frame);
	source_destroy(source);
}

static const struct frame_palette *palette_now(struct source *source) {
	struct frame frame;
	wait_for_the_output();
	CHECK(acquire(source, &frame) == 0 && !frame.colour);
	const struct frame_palette *palette = frame.layers[0].palette;
	frame_finish(&frame);
	return palette;
}

/* C8: the table is the palette, and corrects nothing then; the older ioctl has it if the property has not. */
static void reads_palettes(bool atomic) {
	static uint16_t legacy[3 * 256];
	kernel_reset();
	make_colours();
	kernel.atomic = atomic;
	kernel.fbs[0].fourcc = DRM_FORMAT_C8;
	kernel.fbs[0].width = 640;
	struct source *source = open_with(SOURCE_LUT_YES);
	CHECK(!palette_now(source));
	kernel.crtcs[0].legacy = legacy;
	legacy[7] = 0xffff;
	legacy[256 + 7] = 0x8180; /* 129.00 of 255 */
	legacy[512 + 255] = 0x7f; /* 0.49 */
	const struct frame_palette *palette = palette_now(source);
	CHECK(palette && palette->serial && palette->colours[7] == 0xff8100 && !palette->colours[255]);
	uint64_t serial = palette->serial;
	palette = palette_now(source);
	CHECK(palette && palette->serial == serial);
	legacy[512 + 255] = 0x81; /* 0.50 */
	palette = palette_now(source);
	CHECK(palette && palette->serial != serial && palette->colours[255] == 1);
	if (atomic) {
		kernel.crtcs[0].gamma = 1;
		palette = palette_now(source);
		CHECK(palette && palette->colours[0] == 0xffffff && palette->colours[254] == 0x010101);
		CHECK_SAY(!shortfall(source)[0], "%s", source->shortfall.text);
		kernel.fbs[0].fourcc = 0;
		CHECK(colour_now(source));
	}
	source_destroy(source);
}

static void applies_colours_as_told(void) {
	kernel_reset();
	make_colours();
	kernel.crtcs[0].gamma = 2;
	struct source *source = open_with(SOURCE_LUT_YES);
	CHECK(colour_now(source) && !shortfall(source)[0]);
	kernel.crtcs[0].gamma = 0;
	CHECK(!colour_now(source));
	source_destroy(source);
	kernel.crtcs[0].gamma = 1;
	source = open_with(SOURCE_LUT_NO);
	CHECK(!colour_now(source) && strstr(shortfall(source), "correction"));
	source_destroy(source);
}

static struct frame_signal signal_now(struct source *source) {
	struct frame frame;
	wait_for_the_output();
	CHECK(acquire(source, &frame) == 0);
	frame_finish(&frame);
	return frame.signal;
}

/* What the monitor is told, and what frames say. */
static void reads_signals(void) {
	static struct hdr_output_metadata metadata;
	static const struct {
		bool there;
		uint8_t eotf;
		uint16_t display, content;
		uint64_t colorspace;
		struct frame_signal signal;
	} rows[] = {
		{false, 0, 0, 0, 0, {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT709, 0}},
		{true, 2, 1000, 0, 9, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}},
		{true, 2, 1000, 600, 10, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 600}},
		{true, 2, 1000, 4000, 8, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}},
		{true, 2, 0, 450, 0, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 450}},
		{true, 2, 0, 0, 7, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT709, 1000}},
		{true, 2, 65535, 0, 11, {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_P3, 10000}},
		{true, 3, 1000, 0, 0, {FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0}},
		{true, 0, 1000, 0, 0, {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT709, 0}},
		{false, 0, 0, 0, 9, {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT2020, 0}},
		{false, 0, 0, 0, 0, {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT709, 0}},
	};
	kernel_reset();
	struct source *source = open_card(NULL);
	kernel.blobs[4].data = &metadata;
	kernel.blobs[4].size = sizeof metadata;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		metadata.hdmi_metadata_type1.eotf = rows[i].eotf;
		metadata.hdmi_metadata_type1.max_display_mastering_luminance = rows[i].display;
		metadata.hdmi_metadata_type1.max_cll = rows[i].content;
		kernel.connectors[0].hdr = rows[i].there ? 5 : 0;
		kernel.connectors[0].colorspace = rows[i].colorspace;
		const struct frame_signal is = signal_now(source), *must = &rows[i].signal;
		CHECK_SAY(is.transfer == must->transfer && is.primaries == must->primaries &&
				  is.peak == must->peak,
			"row %zu: %d %d %u", i, is.transfer, is.primaries, is.peak);
		CHECK_SAY(!shortfall(source)[0], "row %zu: %s", i, source->shortfall.text);
	}
	kernel.connectors[0].hdr = 6; /* a blob that is gone */
	CHECK(signal_now(source).transfer == FRAME_TRANSFER_SDR);
	metadata.hdmi_metadata_type1.eotf = 2;
	kernel.connectors[0].hdr = 5;
	CHECK(signal_now(source).transfer == FRAME_TRANSFER_PQ);
	kernel_light(1, 1, 1, 800, 600); /* another output, which is not in an HDR mode */
	kernel.crtcs[0].active = false;
	kernel.connectors[0].connected = false;
	kernel.connectors[0].crtc_id = 0;
	CHECK(signal_now(source).transfer == FRAME_TRANSFER_SDR);
	kernel.connectors[1].colorspace = 11;
	CHECK(signal_now(source).primaries == FRAME_PRIMARIES_P3);
	source_destroy(source);
}

/* What the CRTC does comes before such a signal, even if it would be a night light otherwise. */
static void corrects_before_the_signal(void) {
	static struct hdr_output_metadata metadata = {.hdmi_metadata_type1 = {.eotf = 2}};
	kernel_reset();
	make_colours();
	kernel.blobs[4].data = &metadata;
	kernel.blobs[4].size = sizeof metadata;
	kernel.connectors[0].hdr = 5;
	kernel.crtcs[0].gamma = 1;
	struct source *source = open_with(SOURCE_LUT_AUTO);
	CHECK(colour_now(source) && !shortfall(source)[0]);
	kernel.crtcs[0].gamma = 2;
	CHECK(colour_now(source) && !shortfall(source)[0]);
	kernel.crtcs[0].ctm = 3;
	CHECK(colour_now(source) && colour_now(source)->has_matrix);
	kernel.crtcs[0].ctm = kernel.connectors[0].hdr = 0;
	CHECK(!colour_now(source) && strstr(shortfall(source), "correction"));
	source_destroy(source);
	kernel.connectors[0].hdr = 5;
	source = open_with(SOURCE_LUT_NO);
	CHECK(!colour_now(source) && strstr(shortfall(source), "correction"));
	source_destroy(source);
}

/* The cursor is corrected as the picture is. It is black: all framebuffers are, and opaque. */
static void corrects_the_cursor(void) {
	static struct cursor cursor;
	static struct hdr_output_metadata metadata = {.hdmi_metadata_type1 = {.eotf = 2}};
	kernel_reset();
	make_colours();
	kernel.blobs[4].data = &metadata;
	kernel.blobs[4].size = sizeof metadata;
	struct source *source = open_with(SOURCE_LUT_AUTO);
	show_cursor(0, 0);
	CHECK(!colour_now(source) && source->impl->cursor(source, &cursor) == 0);
	CHECK(cursor.visible && cursor.shape && cursor.pixels[0] == 0xff000000);
	uint64_t shape = cursor.shape;
	kernel.crtcs[0].gamma = 1;
	CHECK(colour_now(source) && source->impl->cursor(source, &cursor) == 0);
	CHECK(cursor.shape != shape && cursor.pixels[0] == 0xffffffff);
	down[0].red = down[0].green = down[0].blue = 0x8a8a; /* PQ of 138 of 255: 144 cd/m2 */
	kernel.connectors[0].hdr = 5;
	CHECK(colour_now(source) && source->impl->cursor(source, &cursor) == 0);
	CHECK_SAY(cursor.pixels[0] == 0xffd0d0d0, "%08x", cursor.pixels[0]);
	kernel.crtcs[0].gamma = kernel.connectors[0].hdr = 0;
	CHECK(!colour_now(source) && source->impl->cursor(source, &cursor) == 0);
	CHECK(cursor.shape == shape && cursor.pixels[0] == 0xff000000);
	source_destroy(source);
}

static void tells_of_colours(void) {
	static struct drm_color_lut linear[256], warm[256];
	static struct drm_color_ctm identity = {
		{1ull << 32, 0, 0, 0, 1ull << 32, 1ull << 63, 0, 0, 1ull << 32}};
	static struct drm_color_ctm grey = {{1ull << 31, 1ull << 31, 0, 0, 1ull << 32, 0, 0, 0, 1ull << 32}};
	for (unsigned i = 0; i < 256; i++) {
		uint16_t value = (uint16_t)(i * 257);
		linear[i] = (struct drm_color_lut){.red = value, .green = value, .blue = value};
		warm[i] = (struct drm_color_lut){.red = value, .green = value, .blue = value / 2};
	}
	kernel_reset();
	kernel.blobs[0].data = linear;
	kernel.blobs[1].data = warm;
	kernel.blobs[0].size = kernel.blobs[1].size = sizeof linear;
	kernel.blobs[2].data = &identity;
	kernel.blobs[3].data = &grey;
	kernel.blobs[2].size = kernel.blobs[3].size = sizeof identity;
	struct source *source = open_card(NULL);
	static const struct {
		uint64_t gamma, ctm;
		bool matters; /* and is not applied */
	} rows[] = {{1, 0, false}, {2, 0, true}, {1, 3, false}, {1, 4, false}, {0, 0, false}, {2, 0, true},
		{2, 4, false}, {0, 3, false}, {2, 3, true}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		kernel.crtcs[0].gamma = rows[i].gamma;
		kernel.crtcs[0].ctm = rows[i].ctm;
		bool told = strstr(shortfall(source), "correction");
		CHECK_SAY(told == rows[i].matters, "row %zu: %s", i, source->shortfall.text);
		CHECK(!source->shortfall.missing); /* all is there */
	}
	kernel.crtcs[0].ctm = kernel.crtcs[0].gamma = 0;
	static struct hdr_output_metadata metadata = {.hdmi_metadata_type1 = {.eotf = 1}};
	kernel.blobs[4].data = &metadata;
	kernel.blobs[4].size = sizeof metadata;
	kernel.connectors[0].hdr = 5;
	CHECK_SAY(strstr(shortfall(source), "HDR"), "%s", source->shortfall.text);
	show_overlay(0, 0, 320, 200);
	kernel.planes[KERNEL_OVERLAY].src[2] = 321ull << 16;
	CHECK_SAY(strstr(shortfall(source), "HDR") && strstr(source->shortfall.text, "plane 304") &&
			  source->shortfall.missing,
		"%s", source->shortfall.text);
	source_destroy(source);
}

/* Each ioctl may have to wait for a client that commits, so there are few of them at every beat. */
static void asks_little(void) {
	static struct cursor cursor;
	struct frame frame;
	uint64_t token;
	kernel_reset();
	struct source *source = open_card(NULL);
	show_cursor(0, 0);
	CHECK(source->impl->cursor(source, &cursor) == 0);
	wait_for_the_output();
	CHECK_SAY(ioctls_of_a_peek(source) == 6, "%u",
		kernel.ioctls); /* GETPLANE, the output's three, two dark overlays */
	CHECK_SAY(ioctls_of_a_peek(source) == 1, "%u", kernel.ioctls);
	kernel.ioctls = 0;
	CHECK(source->impl->cursor(source, &cursor) == 0);
	CHECK_SAY(kernel.ioctls == 1, "%u", kernel.ioctls);
	kernel_light(0, 0, 1, 640, 480);
	CHECK_SAY(ioctls_of_a_peek(source) == 1, "%u", kernel.ioctls);
	kernel.ioctls = 0;
	CHECK(acquire(source, &frame) == 0 && source->impl->is_current(source, &frame));
	/* the plane's properties, GETFB2, PRIME, GEM_CLOSE, two dark overlays since it flipped, and the
	 * vertical blanks twice, which waits for nothing */
	CHECK_SAY(kernel.ioctls == 8, "%u", kernel.ioctls);
	kernel.vblank_count++;
	kernel.ioctls = 0;
	CHECK(source->impl->is_current(source, &frame) && kernel.ioctls == 2); /* GETPLANE: it did not flip */
	CHECK(source->impl->peek(source, &token) == 0 && token == frame.token);
	frame_finish(&frame);
	kernel.now_ns += 1000000000; /* all that is looked at now and then is due */
	kernel.ioctls = 0;
	CHECK(acquire(source, &frame) == 0);
	/* the output's three tell about its colours, too; two dark overlays; one for the vertical blanks; and
	 * the plane's four */
	CHECK_SAY(kernel.ioctls == 10, "%u", kernel.ioctls);
	frame_finish(&frame);
	source_destroy(source);
}

/* A screen may stay dark for a night, with a viewer that waits. What is fixed is asked for only once. */
static void asks_little_in_the_dark(void) {
	struct frame frame;
	kernel_reset();
	struct source *source = open_card(NULL);
	kernel.crtcs[0].active = false;
	check_dark(source, "asleep");
	kernel.ioctls = 0;
	CHECK(acquire(source, &frame) == -EAGAIN);
	CHECK_SAY(kernel.ioctls == 20, "%u", kernel.ioctls); /* of two connectors and six planes */
	source_destroy(source);
}

/* A client that commits by calls that wait makes each ioctl wait for its flip. The output is looked at less
 * often then, and as often as before when that client rests. */
static void asks_less_while_it_waits(void) {
	unsigned looks = 0;
	kernel_reset();
	struct source *source = open_card(NULL);
	wait_for_the_output();
	ioctls_of_a_peek(source);
	kernel.wait_ns = 16000000;
	for (unsigned i = 0; i < 250; i++) /* for four seconds */
		looks += ioctls_of_a_peek(source) > 1;
	CHECK_SAY(looks == 2, "%u", looks);
	CHECK(source->waited);
	kernel.wait_ns = 0;
	ioctls_of_a_peek(source);
	CHECK(!source->waited);
	wait_for_the_output();
	CHECK(ioctls_of_a_peek(source) > 1 && ioctls_of_a_peek(source) == 1);
	kernel.crtcs[0].active = false;
	wait_for_the_output();
	CHECK(ioctls_of_a_peek(source) > 1);
	source_destroy(source);
}

/* The plane's state suffices to know that the output must be looked at immediately. */
static void sees_at_once_what_the_plane_tells(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	uint64_t before, after;
	CHECK(source->impl->peek(source, &before) == 0);
	kernel_light(0, 0, 1, 800, 600); /* another mode */
	check_frame(source, 800, 600, 1);
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	kernel.crtcs[0].width = 0;
	kernel_light(0, 1, 2, 1024, 768); /* another CRTC */
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	check_frame(source, 1024, 768, 2);
	kernel.planes[1].fb_id = kernel.planes[1].crtc_id = 0; /* switched off */
	kernel.connectors[0].crtc_id = 0;
	before = after;
	CHECK(source->impl->peek(source, &after) == 0 && before != after);
	struct frame frame;
	CHECK(acquire(source, &frame) == -EAGAIN);
	source_destroy(source);
}

static void tells_vertical_blanks(void) {
	kernel_reset();
	struct source *source = open_card(NULL);
	CHECK(!source->impl->read_events(source));
	CHECK(source->impl->arm_vblank(source) == 0 && source->impl->arm_vblank(source) == 0);
	CHECK(kernel.vblanks_queued == 1); /* one at a time */
	kernel_send_vblank();
	CHECK(source->impl->read_events(source) && !source->impl->read_events(source));
	CHECK(source->impl->arm_vblank(source) == 0 && kernel.vblanks_queued == 2);
	source_destroy(source);
	kernel_reset();
	kernel.has_vblank = false;
	source = open_card(NULL);
	CHECK(source->impl->arm_vblank(source) == -EOPNOTSUPP);
	struct frame frame;
	CHECK(acquire(source, &frame) == 0 && source->impl->is_current(source, &frame));
	kernel_light(0, 0, 1, 640, 480);
	CHECK(!source->impl->is_current(source, &frame));
	frame_finish(&frame);
	source_destroy(source);
}

static int try_open(const char *card, const char *output) {
	struct source_options options = {.kind = SOURCE_KMS, .card = card, .output = output};
	struct source *source = NULL;
	int error = source_open(&options, &source, &reason);
	if (!error)
		source_destroy(source);
	return error;
}

static void says_what_is_missing(void) {
	kernel_reset();
	CHECK(try_open(kernel.node, "DP-7") == -ENODEV);
	CHECK(strstr(reason.text, "no output DP-7") && strstr(reason.text, "HDMI-A-1") &&
		strstr(reason.text, "(lit)") && strstr(reason.text, "HDMI-A-2"));
	CHECK(try_open(kernel.node, "all") == 0); /* the first of them: others have sources of their own */
	CHECK(try_open(kernel.node, "HDMI-A-1,DP-7") == -ENODEV && strstr(reason.text, "no output DP-7"));
	CHECK(try_open("/dev/dri/card63", NULL) == -ENODEV && strstr(reason.text, "no card /dev/dri/card63"));
	kernel.hides_framebuffers = true;
	CHECK(try_open(kernel.node, NULL) == -EACCES && strstr(reason.text, "run as root"));
	kernel.connectors[0].there = kernel.connectors[1].there = false;
	CHECK(try_open(kernel.node, NULL) == -ENODEV && strstr(reason.text, "no display outputs"));
	kernel.unplugged = true;
	CHECK(try_open(kernel.node, NULL) == -ENODEV);
}

int main(void) {
	follows_flips();
	follows_modes();
	shows_the_source_rectangle();
	follows_power_saving();
	starts_dark();
	starts_dark_by_name();
	follows_to_another_crtc();
	follows_to_another_output();
	lit_and_bare();
	tell_of_an_abandoned_card(true);
	tell_of_an_abandoned_card(false);
	is_not_abandoned_by_all();
	lets_the_card_go();
	lets_no_blanked_console_go();
	catches_a_flip_in_between();
	ends_with_the_card();
	does_without_atomic();
	finds_the_cursor();
	reads_no_unfinished_cursor();
	takes_all_planes();
	peeks_at_all_planes();
	tells_of_planes_that_cannot_be_read();
	takes_a_lone_overlay();
	applies_colours();
	applies_colours_that_a_peek_saw();
	reads_palettes(true);
	reads_palettes(false);
	applies_colours_as_told();
	reads_signals();
	corrects_before_the_signal();
	corrects_the_cursor();
	tells_of_colours();
	asks_little();
	asks_little_in_the_dark();
	asks_less_while_it_waits();
	sees_at_once_what_the_plane_tells();
	tells_vertical_blanks();
	says_what_is_missing();
	kernel_finish();
	return 0;
}
