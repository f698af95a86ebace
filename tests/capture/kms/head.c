/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One output as it is served, without a choice among several: when it is looked at, and what is forgotten
 * with its card. What a source makes of it is tested with the source. */
#include "capture/kms/head.h"

#include <errno.h>
#include <string.h>

#include "tests/capture/kms/kernel.h"
#include "tests/process.h"
#include "tests/test.h"

static struct kms_device device;
static struct kms_head head;
static struct reason reason;

static void open_device(void) {
	CHECK_SAY(kms_device_open(kernel.node, &device, &reason) == 0, "%s", reason.text);
}

static void take_first(void) {
	struct kms_output outputs[KMS_MAX_OUTPUTS];
	size_t count;
	CHECK(kms_output_list(&device, outputs, &count) == 0 && count == KERNEL_HEADS);
	kms_head_take(&head, &outputs[0]);
}

static void begin(void) {
	kernel_reset();
	open_device();
	kms_head_init(&head, &device, SOURCE_LUT_AUTO);
	take_first();
}

static void end(void) {
	kms_head_finish(&head);
	kms_device_close(&device);
}

/* Reads the planes and fills a frame. */
static int fill(struct frame *frame) {
	struct shortfall found = {0};
	frame_init(frame);
	int error = kms_head_read_planes(&head);
	return error ? error : kms_head_fill(&head, 0, frame, &found, &reason);
}

static void looks_at_the_output_when_it_is_time(void) {
	begin();
	kernel.ioctls = 0;
	CHECK(kms_head_refresh(&head) == 0 && kernel.ioctls == 0); /* it was taken just now */
	kernel.now_ns += 249999999;
	CHECK(kms_head_refresh(&head) == 0 && kernel.ioctls == 0);
	kernel.now_ns++;
	CHECK(kms_head_refresh(&head) == 0 && kernel.ioctls > 0);
	kernel.ioctls = 0;
	kms_head_distrust(&head);
	CHECK(kms_head_refresh(&head) == 0 && kernel.ioctls > 0);
	kernel.connectors[0].there = false;
	kms_head_distrust(&head);
	CHECK(kms_head_refresh(&head) == -ENOENT);
	kernel.connectors[0].there = true;
	kernel.ioctls = 0;
	CHECK(kms_head_refresh(&head) == 0 && kernel.ioctls > 0); /* at once, after an error */
	end();
}

/* After the output was looked at, another mode is set: its size and that of its plane are of two moments. */
static void mixes_no_two_moments(void) {
	struct frame frame;
	begin();
	kms_head_refresh(&head);
	CHECK(fill(&frame) == 0 && frame.width == 640);
	frame_finish(&frame);
	CHECK(kms_head_refresh(&head) == 0); /* not looked at again yet */
	kernel_light(0, 0, 1, 800, 600);
	CHECK(kms_head_read_planes(&head) == -ESTALE);
	CHECK(kms_head_refresh(&head) == 0 && head.output.width == 800);
	CHECK(fill(&frame) == 0 && frame.width == 800 && frame.layers[0].fb_id == KERNEL_FB + 1);
	frame_finish(&frame);
	end();
}

static void tells_what_is_not_drawn(void) {
	begin();
	CHECK(kms_head_find_planes(&head) && !kms_head_find_planes(&head)); /* it is known by now */
	CHECK(kms_head_card_is_drawn_on(&head));
	kernel.planes[0].fb_id = kernel.planes[0].crtc_id = 0;
	CHECK(!kms_head_card_is_drawn_on(&head));
	CHECK(kms_head_read_planes(&head) == -ENOENT);
	kernel.planes[1].fb_id = KERNEL_FB; /* on the other output, which is not lit */
	CHECK(kms_head_card_is_drawn_on(&head) && !kms_head_find_planes(&head));
	end();
}

/* Nothing of the old card is used on the one that is opened in its place, and nothing is leaked. */
static void forgets_the_card(void) {
	struct frame frame;
	uint64_t token;
	kernel_reset();
	unsigned fds = process_open_fds();
	begin();
	CHECK(fill(&frame) == 0 && kms_head_arm(&head) == 0);
	frame_finish(&frame);
	kms_head_forget(&head);
	kms_device_close(&device);
	CHECK(process_open_fds() == fds);
	CHECK(strcmp(head.output.name, "HDMI-A-1") == 0 && kms_head_refresh(&head) == -ENOENT);
	kernel_replace_card();
	open_device();
	CHECK(kms_head_peek(&head, &token) == 0 && token >> 63 == 0); /* no output, so nothing is lit */
	take_first();
	CHECK(fill(&frame) == 0 && kms_head_arm(&head) == 0 && kernel.vblanks_queued == 2);
	frame_finish(&frame);
	end();
	CHECK(process_open_fds() == fds);
}

int main(void) {
	looks_at_the_output_when_it_is_time();
	mixes_no_two_moments();
	tells_what_is_not_drawn();
	forgets_the_card();
	kernel_finish();
	return 0;
}
