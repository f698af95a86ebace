/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/monitor/attribute.h"

static void add_screen(const char *root, const struct survey_output *output, struct monitor *result) {
	char path[ATTRIBUTE_PATH], line[64];
	struct monitor_screen *screen = &result->screens[result->count++];
	snprintf(screen->connector, sizeof screen->connector, "%s", output->connector);
	snprintf(path, sizeof path, "/sys/class/drm/%s/modes", output->folder);
	if (attribute_read(root, path, line, sizeof line))
		sscanf(line, "%ux%u", &screen->width, &screen->height);
}

void made_describe(const char *root, const struct survey_output *output, struct monitor *result) {
	memset(result, 0, sizeof *result);
	snprintf(result->card, sizeof result->card, "/dev/dri/%.40s", output->card);
	add_screen(root, output, result);
}

/* Its driver may have given it another size than it was asked for. So does a text console: as long as it has
 * the card, the kernel leaves out all sizes that its framebuffer, which keeps its first one, cannot show. */
static void describe_forced(const struct record_output *output, const struct monitor_screen *screen,
	const char *card, const char *how, struct reason *words) {
	reason_append(words, "%s%s of %s is a monitor of %ux%u that zerovnc has %s",
		words->text[0] ? ", and " : "", screen->connector, card, screen->width, screen->height, how);
	if (screen->width != output->width || screen->height != output->height)
		reason_append(words,
			"; %ux%u was asked for, which the driver, or a text console that began smaller, does not do",
			output->width, output->height);
}

static unsigned long connector_id(const char *root, const char *folder) {
	char path[ATTRIBUTE_PATH], line[32];
	snprintf(path, sizeof path, "/sys/class/drm/%s/connector_id", folder);
	return attribute_read(root, path, line, sizeof line) ? strtoul(line, NULL, 10) : 0;
}

void made_sort(
	const char *root, const struct record_output *outputs, size_t count, size_t order[MONITOR_SCREENS]) {
	unsigned long ids[MONITOR_SCREENS];
	for (size_t i = 0; i < count; i++) {
		size_t at = i;
		ids[i] = connector_id(root, outputs[i].folder);
		for (; at > 0 && ids[order[at - 1]] > ids[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

bool made_find(const struct record *record, struct monitor *result) {
	struct survey survey;
	struct reason words = {""};
	size_t order[MONITOR_SCREENS] = {0};
	memset(result, 0, sizeof *result);
	survey_take(record->root, &survey);
	made_sort(record->root, record->outputs, record->output_count, order);
	for (size_t i = 0; record->count && i < record->output_count; i++) {
		const struct record_output *made = &record->outputs[order[i]];
		const struct survey_output *output = survey_find(&survey, made->folder);
		if (!output || !output->connected)
			continue;
		if (result->count)
			add_screen(record->root, output, result);
		else
			made_describe(record->root, output, result);
		if (record->kind == MONITOR_VIRTUAL)
			reason_set(&words, 0,
				"%s of %s is connected: it is a virtual card that zerovnc has made",
				output->connector, result->card);
		else
			describe_forced(made, &result->screens[result->count - 1], result->card,
				record->kind == MONITOR_HELD ? "plugged into a virtual card (evdi)"
							     : "forced on",
				&words);
	}
	result->kind = record->kind;
	result->ours = record_is_mine(record);
	result->words = words;
	return result->count > 0;
}
