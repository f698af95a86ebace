/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/heads.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/base/array.h"
#include "capture/base/first_line.h"
#include "capture/base/hash.h"
#include "capture/kms/choose.h"
#include "capture/kms/device.h"
#include "capture/kms/output.h"
#include "capture/kms/tile.h"

/* --- what there is --- */

struct found {
	struct head head;
	enum kms_output_state state;
	bool connected;
};

struct search {
	struct found *found; /* owned */
	size_t count;
	struct kms_device devices[KMS_MAX_CARDS]; /* open until all is found */
	size_t device_count;
	int error;                  /* of the first card that could not be examined */
	struct reason error_reason; /* why it could not */

	struct head *heads; /* the caller's */
	size_t head_count, left_over;
};

/* A kernel numbers the connectors of each card, and gives a connector that comes back the same number. */
static uint32_t make_id(const struct kms_device *device, uint32_t connector_id) {
	unsigned card = 0;
	sscanf(device->name, "card%u", &card);
	return (card + 1) << 24 | (connector_id & 0xffffff);
}

static void add_found(struct search *self, const struct kms_device *device, const struct kms_output *output) {
	struct found *found = &self->found[self->count++];
	struct head *head = &found->head;
	snprintf(head->card, sizeof head->card, "%s", device->node);
	snprintf(head->output, sizeof head->output, "%s", output->name);
	head->id = make_id(device, output->connector_id);
	head->lit = output->state == KMS_OUTPUT_LIT;
	head->width = output->width;
	head->height = output->height;
	kms_tile_read(device, output->connector_id, &head->tile);
	found->state = output->state;
	found->connected = output->connected;
}

static void note_error(struct search *self, int error, const struct reason *reason) {
	/* that a card may not be opened tells more than that another is none */
	if (self->error && (self->error != -ENODEV || error == -ENODEV))
		return;
	self->error = error;
	self->error_reason = *reason;
}

static void examine(struct search *self, const char *node) {
	struct kms_device *device = &self->devices[self->device_count];
	struct kms_output outputs[KMS_MAX_OUTPUTS];
	struct reason reason;
	size_t count = 0;
	int error = kms_device_open(node, device, &reason);
	if (error) {
		note_error(self, error, &reason);
		return;
	}
	self->device_count++;
	error = kms_output_list(device, outputs, &count);
	if (error) {
		reason_set(&reason, 0, "the outputs of %s cannot be listed: %s", node, strerror(-error));
		note_error(self, error, &reason);
		count = 0;
	}
	for (size_t i = 0; i < count; i++)
		add_found(self, device, &outputs[i]);
}

/* --- which of them --- */

static void add_one(struct search *self, const struct found *found) {
	for (size_t i = 0; i < self->head_count; i++)
		if (self->heads[i].id == found->head.id)
			return;
	if (self->head_count < HEADS_MAX)
		self->heads[self->head_count++] = found->head;
	else
		self->left_over++;
}

/* Adds an output, and the lit ones that show other tiles of its monitor. */
static void add(struct search *self, const struct found *found) {
	add_one(self, found);
	for (size_t i = 0; i < self->count; i++)
		if (self->found[i].head.lit && head_is_of_monitor(&self->found[i].head, &found->head))
			add_one(self, &self->found[i]);
}

static void add_lit(struct search *self) {
	for (size_t i = 0; i < self->count; i++)
		if (self->found[i].head.lit)
			add(self, &self->found[i]);
}

/* The first lit one, or else the first with a monitor, or else the first. NULL if no card has it. */
static const struct found *find_named(const struct search *self, const struct head_name *name) {
	const struct found *best = NULL;
	for (size_t i = 0; i < self->count; i++) {
		const struct found *found = &self->found[i];
		if (!head_name_fits(name, found->head.card, found->head.output))
			continue;
		if (!best || (found->head.lit && !best->head.lit) ||
			(found->connected && !best->connected && !best->head.lit))
			best = found;
	}
	return best;
}

static int no_such_output(const struct search *self, const char *name, size_t length, struct reason *why) {
	/* a card that could not be examined may be the one that has it */
	if (self->error && (self->error != -ENODEV || self->count == 0)) {
		*why = self->error_reason;
		return self->error;
	}
	reason_set(why, 0, "there is no output %.*s; there %s", (int)length, name,
		self->count ? "are: " : "is none at all");
	for (size_t i = 0; i < self->count; i++)
		reason_append(why, "%s%s on %s (%s)", i ? ", " : "", self->found[i].head.output,
			head_card_name(&self->found[i].head), kms_output_state_name(self->found[i].state));
	return -ENODEV;
}

static int add_named(struct search *self, const char *names, struct reason *why) {
	for (const char *at = names;;) {
		enum { SHOWN = 40 };
		struct head_name name;
		size_t length = strcspn(at, ",");
		if (!head_name_parse(at, length, &name))
			return reason_set(why, -EINVAL,
				"'%.*s' is not the name of an output: write DP-1,HDMI-A-1 or all",
				(int)(length < SHOWN ? length : SHOWN), at);
		const struct found *found = find_named(self, &name);
		if (!found)
			return no_such_output(self, at, length, why);
		add(self, found);
		if (!at[length])
			return 0;
		at += length + 1;
	}
}

/* Only in the end: the kernel lights its console at the last close of a card, so that a second look would
 * contradict the first. */
static void close_cards(struct search *self) {
	while (self->device_count)
		kms_device_close(&self->devices[--self->device_count]);
}

/* kms_choose() knows what to say if nothing is lit, or if there is nothing at all. */
static int nothing_lit(const char *card, struct reason *why) {
	struct kms_device device;
	struct kms_output output;
	int error = kms_choose(card, NULL, &device, &output, why);
	if (error)
		return error;
	kms_device_close(&device);
	return -EAGAIN;
}

static void tell(const struct search *self, struct reason *why) {
	reason_set(why, 0, "%s", "");
	for (size_t i = 0; i < self->head_count; i++)
		reason_append(why, "%s%s on %s", i ? ", " : "", self->heads[i].output,
			head_card_name(&self->heads[i]));
	if (self->left_over)
		reason_set(why, 0, "only the first %d outputs: %zu more are left out", HEADS_MAX,
			self->left_over);
}

static int choose(struct search *self, const char *card, const char *outputs, struct reason *why) {
	int error = 0;
	if (strcasecmp(outputs, "all") == 0)
		add_lit(self);
	else
		error = add_named(self, outputs, why);
	if (!error && self->head_count == 0)
		return nothing_lit(card, why);
	if (!error)
		tell(self, why);
	return error;
}

int heads_find(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	char nodes[KMS_MAX_CARDS][64];
	size_t card_count;
	struct search self = {.heads = heads};
	*count = 0;
	int error = kms_choose_cards(card, nodes, &card_count, why);
	if (error)
		return error;
	self.found = calloc(card_count * KMS_MAX_OUTPUTS, sizeof *self.found);
	if (!self.found)
		return reason_set(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < card_count; i++)
		examine(&self, nodes[i]);
	error = choose(&self, card, outputs, why);
	close_cards(&self);
	free(self.found);
	if (!error)
		*count = self.head_count;
	return error;
}

/* --- what changes --- */

static uint64_t hash_connector(const char *root, const char *name) {
	static const char *const files[] = {"status", "enabled", "dpms"};
	uint64_t hash = hash_add_text(HASH_START, name);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[800], line[32] = "";
		snprintf(path, sizeof path, "%s/sys/class/drm/%s/%s", root, name, files[i]);
		first_line_read(path, line, sizeof line);
		hash = hash_add_text(hash, line);
	}
	return hash;
}

/* A sum, because nobody promises in which order a folder is read. */
uint64_t heads_fingerprint(const char *root) {
	char path[600];
	uint64_t sum = 0;
	snprintf(path, sizeof path, "%s/sys/class/drm", root);
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (strncmp(entry->d_name, "card", 4) == 0 && strchr(entry->d_name, '-'))
			sum += hash_connector(root, entry->d_name);
	if (folder)
		closedir(folder);
	return sum;
}

bool heads_are_several(const char *outputs) {
	return outputs && (strcasecmp(outputs, "all") == 0 || strchr(outputs, ','));
}
