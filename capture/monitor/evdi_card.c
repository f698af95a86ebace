/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/evdi_card.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/monitor/attribute.h"
#include "capture/monitor/connector.h"
#include "capture/monitor/edid.h"
#include "capture/monitor/holder.h"
#include "capture/monitor/module.h"
#include "capture/monitor/survey.h"

#define MODULE "evdi"
#define EVDI   "/sys/devices/evdi"

enum { APPEAR_MS = 10000, POLL_MS = 20 };

/* --- the card --- */

/* Whether nobody uses it: nothing is plugged in, and it does not belong to a device on USB (DisplayLink). */
static bool is_idle(const char *root, const struct survey_output *output) {
	char path[ATTRIBUTE_PATH];
	snprintf(path, sizeof path, "/sys/class/drm/%s/device/device", output->card);
	return output->evdi && !survey_is_present(output) && !attribute_exists(root, path);
}

static const struct survey_output *find_idle(const char *root, struct survey *survey) {
	survey_take(root, survey);
	for (size_t i = 0; i < survey->count; i++)
		if (is_idle(root, &survey->outputs[i]))
			return &survey->outputs[i];
	return NULL;
}

static int load(struct record *record, struct reason *reason) {
	if (attribute_exists(record->root, EVDI))
		return 0;
	int error = record_add(record, RECORD_EVDI, EVDI_CARD_LOADED, reason);
	return error ? error : module_load(record->root, MODULE, NULL, reason);
}

static int add_card(struct record *record, struct reason *reason) {
	int error = record->count ? 0 : record_add(record, RECORD_EVDI, EVDI_CARD_ADDED, reason);
	if (error)
		return error;
	error = attribute_write(record->root, EVDI "/add", "1");
	return error ? reason_set(reason, error, "%s cannot be written: %s", EVDI "/add", strerror(-error))
		     : 0;
}

static int find_or_add(struct record *record, char folder[SURVEY_NAME], struct reason *reason) {
	struct survey survey;
	const struct survey_output *output = find_idle(record->root, &survey);
	int error = output ? 0 : add_card(record, reason);
	for (unsigned waited = 0; waited < APPEAR_MS && !output && !error; waited += POLL_MS) {
		output = find_idle(record->root, &survey);
		if (!output)
			nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
	}
	if (output)
		snprintf(folder, SURVEY_NAME, "%s", output->folder);
	return output || error ? error
			       : reason_set(reason, -ENODEV,
					 "the module %s was loaded, but no card of it came", MODULE);
}

/* --- the monitor --- */

/* Nobody but the kernel's text console, which does not come here, would look for its modes by itself. */
static int plug(const struct record *record, const char *folder, struct reason *reason) {
	char path[ATTRIBUTE_PATH];
	int error = holder_order(record->root, HOLDER_PLUG, reason);
	if (error)
		return error;
	connector_path(path, folder, "status");
	attribute_write(record->root, path, "detect");
	return connector_becomes(record->root, folder, "connected")
		       ? 0
		       : reason_set(reason, -EIO, "evdi does not take %s for connected", folder);
}

int evdi_card_make(struct record *record, unsigned width, unsigned height, struct reason *reason) {
	struct record_output made = {.width = width, .height = height};
	int error = edid_check(width, height, reason);
	if (!error)
		error = load(record, reason);
	if (!error)
		error = find_or_add(record, made.folder, reason);
	if (!error)
		error = record_output(record, MONITOR_HELD, &made, reason);
	if (!error)
		error = holder_start(record, &made, reason);
	return error ? error : plug(record, made.folder, reason);
}

int evdi_card_resize(struct record *record, unsigned width, unsigned height, struct reason *reason) {
	const struct record_output *output = &record->outputs[0];
	const bool chosen[MONITOR_SCREENS] = {true};
	if (output->width == width && output->height == height &&
		connector_reads(record->root, output->folder, "status", "connected"))
		return 0;
	int error = record_resize(record, 0, width, height, reason);
	if (!error)
		error = holder_order(record->root, HOLDER_UNPLUG, reason);
	if (error)
		return error;
	connector_await_dark(record, chosen);
	return plug(record, output->folder, reason);
}

/* --- undoing --- */

static bool is_safe(const char *root) {
	char line[32];
	unsigned major, minor;
	return attribute_read(root, EVDI "/version", line, sizeof line) &&
	       sscanf(line, "%u.%u", &major, &minor) == 2 && (major > 1 || minor >= 13);
}

/* Returns how many cards of evdi there are; -1: somebody uses one of them. */
static int count_idle(const char *root) {
	struct survey survey;
	int count = 0;
	survey_take(root, &survey);
	for (size_t i = 0; i < survey.count; i++) {
		if (survey.outputs[i].evdi && !is_idle(root, &survey.outputs[i]))
			return -1;
		count += survey.outputs[i].evdi;
	}
	return count;
}

/* The driver removes all cards or none. */
int evdi_card_undo(const char *root, const char *what) {
	bool loaded = strcmp(what, EVDI_CARD_LOADED) == 0;
	int cards = count_idle(root);
	if (!attribute_exists(root, EVDI) || !is_safe(root) || cards < 0 || (cards > 1 && !loaded))
		return 0;
	int error = cards ? attribute_write(root, EVDI "/remove_all", "1") : 0;
	return error || !loaded ? error : module_unload(root, MODULE);
}
