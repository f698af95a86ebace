/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list that is brought up to date says the same as a new one, and costs less. */
#include "capture/kms/output.h"

#include <string.h>

#include "tests/capture/kms/kernel.h"
#include "tests/test.h"

static struct kms_device device;
static struct kms_output outputs[KMS_MAX_OUTPUTS];
static size_t count;

/* Brings the list up to date, and compares it with a new one. */
static void list_again(size_t expected) {
	static struct kms_output fresh[KMS_MAX_OUTPUTS];
	size_t fresh_count = 99;
	CHECK(kms_output_list_again(&device, outputs, &count) == 0);
	CHECK(kms_output_list(&device, fresh, &fresh_count) == 0);
	CHECK_SAY(count == expected && fresh_count == expected, "%zu, %zu", count, fresh_count);
	for (size_t i = 0; i < count; i++) {
		const struct kms_output *a = &outputs[i], *b = &fresh[i];
		CHECK(a->connector_id == b->connector_id && strcmp(a->name, b->name) == 0);
		CHECK_SAY(a->state == b->state && a->connected == b->connected, "%s: %s, %s", a->name,
			kms_output_state_name(a->state), kms_output_state_name(b->state));
		CHECK(a->crtc_id == b->crtc_id && a->width == b->width && a->height == b->height);
		CHECK(a->crtc_property == b->crtc_property && a->dpms_property == b->dpms_property);
	}
}

int main(void) {
	struct reason reason;
	kernel_reset();
	CHECK(kms_device_open(kernel.node, &device, &reason) == 0);
	kernel.connectors[1].there = false;
	list_again(1);
	kernel.ioctls = 0;
	CHECK(kms_output_list(&device, outputs, &count) == 0);
	unsigned first = kernel.ioctls;
	kernel.ioctls = 0;
	CHECK(kms_output_list_again(&device, outputs, &count) == 0);
	CHECK_SAY(kernel.ioctls < first / 2, "%u, then %u", first, kernel.ioctls);
	kernel.connectors[1].there = true; /* one comes */
	list_again(2);
	kernel.connectors[0].connected = false; /* lit and unplugged */
	kernel_light(1, 1, 1, 800, 600);
	list_again(2);
	kernel.crtcs[1].active = false; /* dark again */
	kernel.connectors[0].connected = true;
	list_again(2);
	kernel.connectors[0].there = false; /* the first goes, and the second takes its place in the list */
	list_again(1);
	CHECK(strcmp(outputs[0].name, "HDMI-A-2") == 0);
	kernel.connectors[1].there = false;
	list_again(0);
	kernel.connectors[0].there = true;
	list_again(1);
	kms_device_close(&device);
	kernel_finish();
	return 0;
}
