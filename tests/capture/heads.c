/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which outputs are found, on two fake cards that have the same two connectors; and what sysfs tells. */
#include "capture/heads.h"
#include "capture/kms/choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/kms/device.h"
#include "capture/kms/output.h"
#include "tests/capture/kms/kernel.h"
#include "tests/test.h"

static char folder[] = "/tmp/zerovnc-test-heads-XXXXXX";
static size_t card_count;

static void node_of(unsigned card, char node[64]) {
	snprintf(node, 64, "%s/card%u", folder, card);
}

/* Nodes that are one fake card under several names. */
size_t __wrap_kms_device_list(char nodes[KMS_MAX_CARDS][64]);
size_t __wrap_kms_device_list(char nodes[KMS_MAX_CARDS][64]) {
	for (unsigned i = 0; i < card_count; i++)
		node_of(i, nodes[i]);
	return card_count;
}

/* The card of which everything is switched off, whatever the fake card says: "card0". */
static const char *dark_card = "";

int __real_kms_output_list(const struct kms_device *device, struct kms_output *outputs, size_t *count);
int __wrap_kms_output_list(const struct kms_device *device, struct kms_output *outputs, size_t *count);
int __wrap_kms_output_list(const struct kms_device *device, struct kms_output *outputs, size_t *count) {
	int error = __real_kms_output_list(device, outputs, count);
	for (size_t i = 0; i < *count && strcmp(device->name, dark_card) == 0; i++)
		outputs[i].state = KMS_OUTPUT_OFF;
	return error;
}

/* The kernel lights its console at the last close. */
static bool has_console;
static unsigned times_open;

int __real_kms_device_open(const char *node, struct kms_device *device, struct reason *failure);
int __wrap_kms_device_open(const char *node, struct kms_device *device, struct reason *failure);
int __wrap_kms_device_open(const char *node, struct kms_device *device, struct reason *failure) {
	int error = __real_kms_device_open(node, device, failure);
	times_open += !error;
	return error;
}

void __real_kms_device_close(struct kms_device *device);
void __wrap_kms_device_close(struct kms_device *device);
void __wrap_kms_device_close(struct kms_device *device) {
	times_open -= device->fd >= 0;
	__real_kms_device_close(device);
	if (has_console && times_open == 0)
		kernel_light(0, 0, 0, 640, 480);
}

/* `missing`: a node that cannot be opened. */
static void make_cards(size_t count, unsigned missing) {
	char node[64];
	for (unsigned i = 0; i < 2; i++) {
		node_of(i, node);
		unlink(node);
		if (i != missing)
			CHECK(link(kernel.node, node) == 0);
	}
	card_count = count;
}

enum { NONE_MISSING = 99 };

static void reset(size_t cards) {
	kernel_reset();
	make_cards(cards, NONE_MISSING);
}

static struct head heads[HEADS_MAX];
static struct reason why;

/* What is found in words: "card0/HDMI-A-1 card1/HDMI-A-1*", with a star if it is lit. */
static const char *find(const char *card, const char *outputs, int expected) {
	static char text[400];
	size_t count = 99;
	int error = heads_find(card, outputs, heads, &count, &why);
	CHECK_SAY(error == expected, "%s: %d, %s", outputs, error, why.text);
	CHECK_SAY(error ? count == 0 : count > 0, "%s: %zu", outputs, count);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "%s%s/%s%s", i ? " " : "",
			strrchr(heads[i].card, '/') + 1, heads[i].output, heads[i].lit ? "*" : "");
		for (size_t j = 0; j < i; j++)
			CHECK(heads[j].id != heads[i].id);
		CHECK(heads[i].id != 0);
	}
	return text;
}

#define FIND(card, outputs, text)                                                                            \
	do {                                                                                                 \
		const char *is = find(card, outputs, 0);                                                     \
		CHECK_SAY(strcmp(is, text) == 0, "%s: %s", outputs, is);                                     \
	} while (0)

#define REFUSE(card, outputs, error, words)                                                                  \
	do {                                                                                                 \
		find(card, outputs, error);                                                                  \
		CHECK_SAY(strstr(why.text, words), "%s: %s", outputs, why.text);                             \
	} while (0)

static void check_all(void) {
	char card1[64];
	reset(2);
	node_of(1, card1);
	FIND(NULL, "all", "card0/HDMI-A-1* card1/HDMI-A-1*");
	CHECK_SAY(strcmp(why.text, "HDMI-A-1 on card0, HDMI-A-1 on card1") == 0, "%s", why.text);
	CHECK(heads[0].width == 640 && heads[0].height == 480 && !heads[0].tile.group);
	FIND(card1, "ALL", "card1/HDMI-A-1*");
	kernel_light(1, 1, 1, 800, 600);
	FIND(card1, "all", "card1/HDMI-A-1* card1/HDMI-A-2*");
	CHECK(heads[1].width == 800 && heads[1].height == 600);
	kernel.crtcs[0].active = false;
	FIND(card1, "all", "card1/HDMI-A-2*");
	kernel.crtcs[1].active = false;
	REFUSE(NULL, "all", -EAGAIN, "no output of any card is lit: HDMI-A-1 on card0 is asleep");
	make_cards(1, 0);
	REFUSE(NULL, "all", -ENOENT, "cannot open");
	make_cards(2, 0);
	kernel.crtcs[0].active = true;
	FIND(NULL, "all", "card1/HDMI-A-1*");
	REFUSE("/nonexistent", "all", -ENODEV, "there is no card /nonexistent");
}

static void check_names(void) {
	reset(2);
	kernel_light(1, 1, 1, 800, 600);
	kernel.crtcs[1].active = false;
	FIND(NULL, "HDMI-A-2,HDMI-A-1", "card0/HDMI-A-2 card0/HDMI-A-1*");
	FIND(NULL, "hdmi-A-1,HDMI-a-1,card0/HDMI-A-1", "card0/HDMI-A-1*");
	FIND(NULL, "card1/HDMI-A-1,HDMI-A-1", "card1/HDMI-A-1* card0/HDMI-A-1*");
	REFUSE(NULL, "HDMI-A-1,DP-9", -ENODEV,
		"there is no output DP-9; there are: HDMI-A-1 on card0 (lit), HDMI-A-2 on card0 (asleep), HDMI-A-1 on card1");
	REFUSE(NULL, "card2/HDMI-A-1", -ENODEV, "there is no output card2/HDMI-A-1");
	static const char *const malformed[] = {"", ",", "HDMI-A-1,", ",HDMI-A-1", "HDMI-A-1,,HDMI-A-2",
		"HDMI-A-1 ", "card0/", "/HDMI-A-1", "HDMI-A-1,%s%n"};
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++)
		REFUSE(NULL, malformed[i], -EINVAL, "not the name of an output");
	make_cards(2, 0);
	FIND(NULL, "HDMI-A-1", "card1/HDMI-A-1*");
	REFUSE(NULL, "DP-9", -ENOENT, "cannot open"); /* it may be there */
}

/* Of several outputs with that name. */
static void check_best(void) {
	reset(2);
	dark_card = "card0";
	FIND(NULL, "HDMI-A-1", "card1/HDMI-A-1*");
	FIND(NULL, "card0/HDMI-A-1", "card0/HDMI-A-1");
	FIND(NULL, "all", "card1/HDMI-A-1*");
	dark_card = "card1";
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1*");
	dark_card = "";
}

/* One output is named as one of several is. */
static void check_one(void) {
	struct kms_device device;
	struct kms_output output;
	reset(2);
	CHECK(kms_choose(NULL, "card1/hdmi-a-1", &device, &output, &why) == 0);
	CHECK(strcmp(device.name, "card1") == 0 && strcmp(output.name, "HDMI-A-1") == 0);
	kms_device_close(&device);
	CHECK(kms_choose(NULL, "card2/HDMI-A-1", &device, &output, &why) == -ENODEV);
	CHECK(kms_choose(NULL, "card1/", &device, &output, &why) == -ENODEV);
}

static void check_ids(void) {
	reset(2);
	FIND(NULL, "card1/HDMI-A-2,HDMI-A-1", "card1/HDMI-A-2 card0/HDMI-A-1*");
	uint32_t id = heads[0].id;
	kernel.connectors[1].there = false;
	REFUSE(NULL, "HDMI-A-2", -ENODEV, "there is no output HDMI-A-2");
	kernel.connectors[1].there = true;
	kernel_light(1, 1, 1, 800, 600);
	FIND(NULL, "HDMI-A-1,card1/HDMI-A-2", "card0/HDMI-A-1* card1/HDMI-A-2*");
	CHECK(heads[1].id == id);
}

static void set_tile(unsigned index, const char *text) {
	kernel.blobs[index].data = text;
	kernel.blobs[index].size = (uint32_t)strlen(text) + 1;
	kernel.connectors[index].tile = index + 1;
}

static void check_tiles(void) {
	reset(2);
	kernel_light(1, 1, 1, 640, 480);
	set_tile(0, "1:1:2:1:1:0:640:480");
	set_tile(1, "1:1:2:1:0:0:640:480");
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1* card0/HDMI-A-2*");
	CHECK(heads[0].tile.group == 1 && heads[0].tile.column == 1 && heads[1].tile.column == 0);
	FIND(NULL, "card1/HDMI-A-2", "card1/HDMI-A-2* card1/HDMI-A-1*");
	FIND(NULL, "all", "card0/HDMI-A-1* card0/HDMI-A-2* card1/HDMI-A-1* card1/HDMI-A-2*");
	kernel.crtcs[1].active = false;
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1*");
	kernel.crtcs[1].active = true;
	set_tile(1, "2:1:2:1:0:0:640:480");
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1*");
	set_tile(0, "hostile");
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1*");
	CHECK(!heads[0].tile.group);
	kernel.connectors[0].tile = 77; /* the blob is gone */
	FIND(NULL, "HDMI-A-1", "card0/HDMI-A-1*");
}

/* --- sysfs --- */

static void put(const char *path, const char *words) {
	char full[200];
	snprintf(full, sizeof full, "%s/%s", folder, path);
	if (!words) {
		CHECK(mkdir(full, 0700) == 0);
		return;
	}
	FILE *file = fopen(full, "w");
	CHECK(file && fputs(words, file) >= 0 && fclose(file) == 0);
}

static void drop(const char *path) {
	char full[200];
	snprintf(full, sizeof full, "%s/%s", folder, path);
	CHECK(remove(full) == 0);
}

static void check_fingerprint(void) {
	static const struct {
		const char *path, *before, *after;
	} changes[] = {
		{"sys/class/drm/card0-DP-1/status", "connected\n", "disconnected\n"},
		{"sys/class/drm/card0-DP-1/enabled", "enabled\n", "disabled\n"},
		{"sys/class/drm/card0-DP-1/dpms", "On\n", "Off\n"},
		{"sys/class/drm/card1-DP-1/dpms", "On\n", "Standby\n"},
	};
	static const char *const folders[] = {"sys", "sys/class", "sys/class/drm", "sys/class/drm/card0-DP-1",
		"sys/class/drm/card1-DP-1", "sys/class/drm/card0"};
	CHECK(heads_fingerprint(folder) == heads_fingerprint(folder)); /* nothing is there */
	uint64_t none = heads_fingerprint(folder);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		put(folders[i], NULL);
	uint64_t bare = heads_fingerprint(folder);
	CHECK(bare != none);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		put(changes[i].path, changes[i].before);
	put("sys/class/drm/card0/status", "is no connector");
	uint64_t first = heads_fingerprint(folder);
	CHECK(first != bare);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		put(changes[i].path, changes[i].after);
		CHECK_SAY(heads_fingerprint(folder) != first, "%s", changes[i].path);
		put(changes[i].path, changes[i].before);
		CHECK_SAY(heads_fingerprint(folder) == first, "%s", changes[i].path);
	}
	put("sys/class/drm/card0/status", "may say anything");
	CHECK(heads_fingerprint(folder) == first);
	drop("sys/class/drm/card0/status");
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		drop(changes[i].path);
	for (size_t i = ARRAY_LEN(folders); i-- > 0;)
		drop(folders[i]);
	CHECK(heads_fingerprint(folder) == none);
}

/* It is dark as long as anybody looks, so nothing else is said of it. */
static void check_console(void) {
	reset(2);
	kernel.crtcs[0].active = false;
	has_console = true;
	REFUSE(NULL, "all", -EAGAIN, "no output of any card is lit");
	CHECK(times_open == 0);
	FIND(NULL, "all", "card0/HDMI-A-1* card1/HDMI-A-1*");
	has_console = false;
}

int main(void) {
	CHECK(mkdtemp(folder));
	check_all();
	check_names();
	check_best();
	check_one();
	check_ids();
	check_tiles();
	check_console();
	drop("card0");
	drop("card1");
	kernel_finish();
	check_fingerprint();
	CHECK(rmdir(folder) == 0);
	return 0;
}
