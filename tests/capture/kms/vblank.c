/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event at a time, asked for again if it never comes, and no answer where the driver has none. */
#include "capture/kms/vblank.h"

#include <errno.h>

#include "tests/capture/kms/kernel.h"
#include "tests/test.h"

static struct kms_device device;
static struct kms_output output;

static void open_device(void) {
	struct reason reason;
	kernel_reset();
	CHECK(kms_device_open(kernel.node, &device, &reason) == 0);
	output = (struct kms_output){.state = KMS_OUTPUT_LIT, .crtc_id = KERNEL_CRTC};
}

static void tells_whether_there_was_one(void) {
	struct kms_vblank vblank = {0};
	open_device();
	CHECK(!kms_vblank_is_same(&vblank, &device, &output)); /* nothing was noted */
	kms_vblank_note(&vblank, &device, &output);
	CHECK(kms_vblank_is_same(&vblank, &device, &output));
	kernel.vblank_count++;
	CHECK(!kms_vblank_is_same(&vblank, &device, &output));
	kernel.has_vblank = false;
	kms_vblank_note(&vblank, &device, &output);
	CHECK(!kms_vblank_is_same(&vblank, &device, &output));
	kms_device_close(&device);
}

static void asks_again_for_one_that_never_came(void) {
	struct kms_vblank vblank = {0};
	uint64_t now = 1;
	open_device();
	CHECK(kms_vblank_arm(&vblank, &device, &output, now) == 0 && kernel.vblanks_queued == 1);
	now += 999999999;
	CHECK(kms_vblank_arm(&vblank, &device, &output, now) == 0 && kernel.vblanks_queued == 1);
	now++;
	CHECK(kms_vblank_arm(&vblank, &device, &output, now) == 0 && kernel.vblanks_queued == 2);
	CHECK(!kms_vblank_read(&vblank, &device));
	kernel_send_vblank();
	CHECK(kms_vblank_read(&vblank, &device) && !kms_vblank_read(&vblank, &device));
	CHECK(kms_vblank_arm(&vblank, &device, &output, now) == 0 && kernel.vblanks_queued == 3);
	kms_device_close(&device);
}

static void has_none_in_the_dark(void) {
	struct kms_vblank vblank = {0};
	open_device();
	output.state = KMS_OUTPUT_ASLEEP;
	CHECK(kms_vblank_arm(&vblank, &device, &output, 1) == -EAGAIN);
	output = (struct kms_output){.state = KMS_OUTPUT_LIT};
	CHECK(kms_vblank_arm(&vblank, &device, &output, 1) == -EAGAIN);
	output.crtc_id = KERNEL_CRTC;
	kernel.has_vblank = false;
	CHECK(kms_vblank_arm(&vblank, &device, &output, 1) == -EOPNOTSUPP && kernel.vblanks_queued == 0);
	kms_device_close(&device);
	CHECK(kms_vblank_arm(&vblank, &device, &output, 1) == -EAGAIN);
}

int main(void) {
	tells_whether_there_was_one();
	asks_again_for_one_that_never_came();
	has_none_in_the_dark();
	kernel_finish();
	return 0;
}
