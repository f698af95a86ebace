/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/frames/two_outputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/heads.h"
#include "capture/source.h"
#include "tests/test.h"

const struct test_output test_outputs[OUTPUTS] = {
	[TALL] = {"TALL-1", 200, 200, 0x00c00000},
	[LOW] = {"LOW-1", 130, 40, 0x0000c000},
};
bool test_output_dark[OUTPUTS], test_output_lost[OUTPUTS];

static struct source sources[OUTPUTS];
static uint32_t pixels[OUTPUTS][200 * 200];

static size_t output_of_name(const char *name, size_t length) {
	size_t i = 0;
	while (i < OUTPUTS &&
		(strlen(test_outputs[i].name) != length || strncmp(test_outputs[i].name, name, length)))
		i++;
	return i;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	size_t i = (size_t)(source - sources);
	(void)flags;
	if (test_output_dark[i])
		return reason_set(reason, -EAGAIN, "%s is dark", test_outputs[i].name);
	for (size_t k = 0; k < ARRAY_LEN(pixels[i]); k++)
		pixels[i][k] = test_outputs[i].colour;
	frame_set_memory(frame, test_outputs[i].width, test_outputs[i].height, pixels[i],
		(size_t)test_outputs[i].width * 4, 1);
	return 0;
}

static void destroy(struct source *source) {
	(void)source;
}

int __wrap_source_open(const struct source_options *options, struct source **source, struct reason *why);
int __wrap_source_open(const struct source_options *options, struct source **source, struct reason *why) {
	static const struct source_impl impl = {.name = "kms", .acquire = acquire, .destroy = destroy};
	const char *name = strchr(options->output, '/');
	name = name ? name + 1 : options->output;
	size_t i = output_of_name(name, strlen(name));
	CHECK_SAY(i < OUTPUTS, "%s", options->output);
	if (test_output_lost[i])
		return reason_set(why, -EIO, "%s cannot be opened", test_outputs[i].name);
	sources[i] = (struct source){.impl = &impl, .event_fd = -1};
	snprintf(sources[i].output, sizeof sources[i].output, "card9 %s", name);
	*source = &sources[i];
	return reason_set(why, 0, "the test's");
}

uint64_t __wrap_heads_fingerprint(const char *root);
uint64_t __wrap_heads_fingerprint(const char *root) {
	(void)root;
	return 1;
}

int __wrap_heads_find(
	const char *card, const char *names, struct head heads[HEADS_MAX], size_t *count, struct reason *why);
int __wrap_heads_find(const char *card, const char *names, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	(void)card;
	*count = 0;
	for (const char *at = names; *at; at += at[0] == ',') {
		size_t length = strcspn(at, ","), i = output_of_name(at, length);
		CHECK_SAY(i < OUTPUTS, "%s", names);
		struct head *head = &heads[(*count)++];
		*head = (struct head){
			.card = "/dev/dri/card9", .id = (uint32_t)i + 1, .lit = !test_output_dark[i]};
		snprintf(head->output, sizeof head->output, "%s", test_outputs[i].name);
		at += length;
	}
	return reason_set(why, 0, "the test's");
}
