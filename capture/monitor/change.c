/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/monitor/edid.h"
#include "capture/monitor/evdi_card.h"
#include "capture/monitor/force.h"
#include "capture/monitor/made.h"
#include "capture/monitor/survey.h"
#include "capture/monitor/undo.h"

/* What the outputs are to be: those on record, as far as they stay, and then new ones. */
struct change {
	struct record_output outputs[MONITOR_SCREENS];
	struct monitor_screen sizes[MONITOR_SCREENS];
	const struct survey_output *added[MONITOR_SCREENS]; /* those behind the ones that stay */
	size_t stay, count;
};

static bool is_on_record(const struct record *record, const struct survey_output *output) {
	for (size_t i = 0; i < record->output_count; i++)
		if (strcmp(record->outputs[i].folder, output->folder) == 0)
			return true;
	return false;
}

/* Whether it is free, and of the card of the others. */
static bool is_spare(const struct record *record, const struct survey_output *output) {
	size_t length = strlen(output->card);
	const char *other = record->outputs[0].folder;
	return !survey_is_present(output) && !is_on_record(record, output) &&
	       strncmp(other, output->card, length) == 0 && other[length] == '-';
}

static int find_spares(const struct record *record, const struct survey *survey, struct change *change,
	struct reason *reason) {
	const struct survey_output *order[SURVEY_OUTPUTS];
	size_t found = change->stay, there = force_order(record->root, survey, order);
	for (size_t i = 0; i < there && found < change->count; i++) {
		if (!is_spare(record, order[i]))
			continue;
		snprintf(change->outputs[found].folder, SURVEY_NAME, "%s", order[i]->folder);
		change->added[found++] = order[i];
	}
	if (found == change->count)
		return 0;
	return reason_set(reason, -ENOSPC, "%zu screens are asked for, and the card has connectors for %zu",
		change->count, found);
}

/* Fewer are not made than monitor_plug() was asked for. */
static int check_count(const struct record *record, size_t count, struct reason *reason) {
	size_t least = 0;
	while (least < record->output_count && !record->outputs[least].added)
		least++;
	if (count > MONITOR_SCREENS)
		return reason_set(reason, -ENOSPC, "%zu screens are asked for, and no more than %d are made",
			count, MONITOR_SCREENS);
	if (count < least)
		return reason_set(reason, -EINVAL,
			"%zu screen%s asked for, and --monitor asks for %zu, which stay", count,
			count == 1 ? " is" : "s are", least);
	return 0;
}

/* Nothing is changed here. `survey` must be kept. */
static int plan(const struct record *record, const struct survey *survey, const struct monitor_screen *sizes,
	size_t count, struct change *change, struct reason *reason) {
	size_t order[MONITOR_SCREENS];
	int error = check_count(record, count, reason);
	if (error)
		return error;
	memcpy(change->outputs, record->outputs, sizeof change->outputs);
	change->count = count;
	change->stay = count < record->output_count ? count : record->output_count;
	error = find_spares(record, survey, change, reason);
	if (error)
		return error;
	made_sort(record->root, change->outputs, count, order);
	for (size_t i = 0; i < count && !error; i++) {
		change->sizes[order[i]] = sizes[i];
		error = edid_check(sizes[i].width, sizes[i].height, reason);
	}
	return error;
}

static int carry_out(struct record *record, const struct change *change, struct reason *reason) {
	int error = 0;
	while (record->output_count > change->stay && !error)
		error = undo_output(record, reason);
	if (!error)
		error = force_resize(record, change->sizes, change->stay, reason);
	for (size_t i = change->stay; i < change->count && !error; i++)
		error = force_on(record, change->added[i], &change->sizes[i], true, reason);
	return error;
}

/* After a change that failed. What was added goes; what was taken away is added again. */
static void carry_back(struct record *record, const struct record_output *outputs, size_t count) {
	struct survey survey;
	struct reason ignored;
	struct change change = {.count = count};
	survey_take(record->root, &survey);
	for (size_t i = 0; i < count; i++) {
		change.sizes[i].width = outputs[i].width;
		change.sizes[i].height = outputs[i].height;
		change.added[i] = survey_find(&survey, outputs[i].folder);
		if (!change.added[i]) /* its card is gone */
			return;
	}
	change.stay = count < record->output_count ? count : record->output_count;
	carry_out(record, &change, &ignored);
}

/* evdi's card has one connector. */
static int change_held(struct record *record, const struct monitor_screen *sizes, size_t count,
	struct monitor *result, struct reason *reason) {
	struct record_output before = record->outputs[0];
	struct reason ignored;
	if (count != 1)
		return reason_set(reason, -ENOSPC,
			"%zu screens are asked for, and the card has a connector for one", count);
	int error = edid_check(sizes->width, sizes->height, reason);
	if (error)
		return error;
	error = evdi_card_resize(record, sizes->width, sizes->height, reason);
	if (error)
		evdi_card_resize(record, before.width, before.height, &ignored);
	made_find(record, result);
	return error;
}

int change_screens(struct record *record, const struct monitor_screen *sizes, size_t count,
	struct monitor *result, struct reason *reason) {
	struct survey survey;
	struct change change = {.count = 0};
	struct record before = *record;
	made_find(record, result);
	/* One that is not plugged in was left so by a process that was killed. */
	if (!record->output_count)
		return reason_set(reason, -ENOENT,
			"zerovnc has made no monitor here, and it does not change the mode of others");
	if (record->kind == MONITOR_HELD)
		return change_held(record, sizes, count, result, reason);
	if (record->kind != MONITOR_FORCED)
		return reason_set(reason, -EOPNOTSUPP,
			"the size of a virtual card is chosen by what draws there, from its list of modes");
	survey_take(record->root, &survey);
	int error = plan(record, &survey, sizes, count, &change, reason);
	if (error)
		return error;
	error = carry_out(record, &change, reason);
	if (error)
		carry_back(record, before.outputs, before.output_count);
	made_find(record, result);
	return error;
}
