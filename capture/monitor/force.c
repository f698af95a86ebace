/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/force.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/file.h"
#include "capture/monitor/attribute.h"
#include "capture/monitor/connector.h"
#include "capture/monitor/edid.h"

#define FIRMWARE "/sys/module/firmware_class/parameters/path"
#define EDIDS    "/sys/module/drm/parameters/edid_firmware"
#define FOLDER   RECORD_FOLDER "/firmware" /* what the kernel is told to look into */
#define OURS     "zerovnc"                 /* in there */

/* --- which connector --- */

/* The kernel's names of connectors, the best first. Those that are missing come last. */
static unsigned rank(const char *connector) {
	static const char *const names[] = {
		"HDMI-A-", "HDMI-B-", "DP-", "DVI-D-", "DVI-I-", "DVI-A-", "VGA-"};
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(connector, names[i], strlen(names[i])) == 0)
			return i;
	return ARRAY_LEN(names);
}

bool force_may(const struct survey_output *output) {
	return !output->evdi && strncmp(output->connector, "Virtual-", 8) != 0 &&
	       strncmp(output->connector, "Unknown-", 8) != 0;
}

bool force_is_forbidden(const char *root, const struct survey_output *output) {
	char line[ATTRIBUTE_SIZE], wanted[SURVEY_NAME + 8], *rest = line;
	attribute_read(root, "/proc/cmdline", line, sizeof line);
	size_t length = (size_t)snprintf(wanted, sizeof wanted, "video=%s:", output->connector);
	for (char *word; (word = strsep(&rest, " "));)
		if (strncmp(word, wanted, length) == 0 && word[strlen(word) - 1] == 'd')
			return true;
	return false;
}

/* Xorg, weston and mutter draw first on the card by which the machine started, and Xorg and weston on no
 * other. */
static int by_rank(const void *one, const void *other) {
	const struct survey_output *const *a = one, *const *b = other;
	int by = (int)(*b)->primary - (int)(*a)->primary;
	if (!by)
		by = (int)rank((*a)->connector) - (int)rank((*b)->connector);
	return by ? by : strcmp((*a)->folder, (*b)->folder);
}

size_t force_order(
	const char *root, const struct survey *survey, const struct survey_output *order[SURVEY_OUTPUTS]) {
	size_t count = 0;
	for (size_t i = 0; i < survey->count; i++)
		if (force_may(&survey->outputs[i]) && !force_is_forbidden(root, &survey->outputs[i]))
			order[count++] = &survey->outputs[i];
	/* Pointers are sorted. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(order, count, sizeof *order, by_rank);
	return count;
}

/* --- the EDID --- */

/* Each connector has a file of its own. Its entry in the kernel's list names both. */
static const char *connector_of(const char *folder) {
	return strchr(folder, '-') + 1;
}

static void entry_of(const char *folder, char entry[RECORD_TEXT]) {
	snprintf(entry, RECORD_TEXT, "%s:" OURS "/%s.bin", connector_of(folder), connector_of(folder));
}

static int write_edid(
	const char *root, const char *folder, unsigned width, unsigned height, struct reason *reason) {
	uint8_t edid[EDID_SIZE];
	unsigned refresh;
	char entry[RECORD_TEXT], path[ATTRIBUTE_PATH], full[ATTRIBUTE_PATH];
	int error = edid_make(width, height, edid, &refresh, reason);
	if (error)
		return error;
	entry_of(folder, entry);
	snprintf(path, sizeof path, FOLDER "/%s", strchr(entry, ':') + 1);
	attribute_path(full, root, path);
	error = file_replace(full, edid, sizeof edid, 0644, false);
	return error ? reason_set(reason, error, "%s cannot be written: %s", full, strerror(-error)) : 0;
}

/* The kernel looks into one folder only before its own ones. What it found there, it finds by links. */
static void link_others(const char *root, const char *others) {
	char folder[ATTRIBUTE_PATH], from[ATTRIBUTE_PATH], to[ATTRIBUTE_PATH];
	DIR *directory = *others && attribute_path(folder, root, others) ? opendir(folder) : NULL;
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int to_length = snprintf(to, sizeof to, "%s%s/%s", root, FOLDER, entry->d_name);
		int from_length = snprintf(from, sizeof from, "%s/%s", others, entry->d_name);
		if (to_length < (int)sizeof to && from_length < (int)sizeof from && symlink(from, to) != 0)
			continue; /* it was linked before; a name of ours stays ours */
	}
	if (directory)
		closedir(directory);
}

static int make_folders(const char *root, struct reason *reason) {
	static const char *const folders[] = {FOLDER, FOLDER "/" OURS};
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char full[ATTRIBUTE_PATH];
		attribute_path(full, root, folders[i]);
		if (mkdir(full, 0755) != 0 && errno != EEXIST)
			return reason_set(reason, -errno, "%s cannot be made: %s", full, strerror(errno));
	}
	return 0;
}

static int refused(const char *path, int error, struct reason *reason) {
	return reason_set(reason, error, "%s cannot be written: %s", path, strerror(-error));
}

/* Only once. */
static int lead_to_folder(struct record *record, struct reason *reason) {
	char before[ATTRIBUTE_SIZE];
	attribute_read(record->root, FIRMWARE, before, sizeof before);
	if (strcmp(before, FOLDER) == 0)
		return 0;
	int error = record_add(record, RECORD_FIRMWARE, before, reason);
	if (error)
		return error;
	link_others(record->root, before);
	error = attribute_write(record->root, FIRMWARE, FOLDER);
	return error ? refused(FIRMWARE, error, reason) : 0;
}

/* The first entry that names the connector counts, so ours comes first. */
static int give_edid(struct record *record, const char *folder, struct reason *reason) {
	char before[ATTRIBUTE_SIZE], after[ATTRIBUTE_SIZE], entry[RECORD_TEXT];
	entry_of(folder, entry);
	attribute_read(record->root, EDIDS, before, sizeof before);
	if (snprintf(after, sizeof after, "%s%s%s", entry, *before ? "," : "", before) >= (int)sizeof after)
		return reason_set(reason, -EOVERFLOW, "there is no room for another entry in %s", EDIDS);
	int error = record_add(record, RECORD_EDID, entry, reason);
	if (error)
		return error;
	error = attribute_write(record->root, EDIDS, after);
	return error ? refused(EDIDS, error, reason) : 0;
}

int force_undo_firmware(const char *root, const char *before) {
	char now[ATTRIBUTE_SIZE];
	attribute_read(root, FIRMWARE, now, sizeof now);
	/* If somebody has changed it since, it is theirs. */
	return strcmp(now, FOLDER) == 0 ? attribute_write(root, FIRMWARE, before) : 0;
}

int force_undo_edid(const char *root, const char *entry) {
	char now[ATTRIBUTE_SIZE], after[ATTRIBUTE_SIZE] = "", *rest = now;
	size_t used = 0;
	bool found = false;
	attribute_read(root, EDIDS, now, sizeof now);
	for (char *word; (word = strsep(&rest, ","));) {
		if (strcmp(word, entry) == 0)
			found = true;
		else
			used += (size_t)snprintf(
				after + used, sizeof after - used, "%s%s", used ? "," : "", word);
	}
	return found ? attribute_write(root, EDIDS, after) : 0;
}

/* --- the connector --- */

static int set_status(const char *root, const char *folder, const char *status, struct reason *reason) {
	char path[ATTRIBUTE_PATH];
	connector_path(path, folder, "status");
	int error = attribute_write(root, path, status);
	if (error)
		return refused(path, error, reason);
	if (strcmp(status, "on") != 0 || connector_becomes(root, folder, "connected"))
		return 0;
	return reason_set(
		reason, -EIO, "the driver does not take %s for connected, although it was forced on", folder);
}

int force_on(struct record *record, const struct survey_output *output, const struct monitor_screen *size,
	bool added, struct reason *reason) {
	struct record_output made = {.width = size->width, .height = size->height, .added = added};
	snprintf(made.folder, sizeof made.folder, "%s", output->folder);
	if (!attribute_exists(record->root, EDIDS) || !attribute_exists(record->root, FIRMWARE))
		return reason_set(reason, -EOPNOTSUPP,
			"this kernel takes no EDID from a file (CONFIG_DRM_LOAD_EDID_FIRMWARE)");
	int error = make_folders(record->root, reason);
	if (!error)
		error = write_edid(record->root, made.folder, made.width, made.height, reason);
	if (!error)
		error = lead_to_folder(record, reason);
	if (!error)
		error = give_edid(record, made.folder, reason);
	if (!error)
		error = record_add(record, RECORD_STATUS, made.folder, reason);
	if (!error)
		error = record_output(record, MONITOR_FORCED, &made, reason);
	return error ? error : set_status(record->root, made.folder, "on", reason);
}

bool force_is_of(const struct record_output *output, enum record_kind kind, const char *text) {
	char entry[RECORD_TEXT];
	entry_of(output->folder, entry);
	return strcmp(text, kind == RECORD_EDID ? entry : output->folder) == 0 &&
	       (kind == RECORD_EDID || kind == RECORD_STATUS);
}

/* --- another size --- */

bool force_is(const struct record *record, size_t index, const struct monitor_screen *size) {
	const struct record_output *output = &record->outputs[index];
	return output->width == size->width && output->height == size->height &&
	       connector_reads(record->root, output->folder, "status", "connected");
}

static int set_chosen(
	const struct record *record, const bool *chosen, const char *status, struct reason *reason) {
	int error = 0;
	for (size_t i = 0; i < record->output_count && !error; i++)
		if (chosen[i])
			error = set_status(record->root, record->outputs[i].folder, status, reason);
	return error;
}

/* Programs see the monitors go before they come again, so that they ask for their modes. weston ("not
 * bothering to do anything about it") takes no notice of a monitor that changes in its place. */
static int replug(const struct record *record, const bool *chosen, struct reason *reason) {
	int error = set_chosen(record, chosen, "off", reason);
	if (error)
		return error;
	connector_await_dark(record, chosen);
	return set_chosen(record, chosen, "on", reason);
}

int force_resize(
	struct record *record, const struct monitor_screen *sizes, size_t count, struct reason *reason) {
	bool chosen[MONITOR_SCREENS] = {false}, any = false;
	for (size_t i = 0; i < count; i++) {
		const struct monitor_screen *size = &sizes[i];
		if (force_is(record, i, size))
			continue;
		chosen[i] = any = true;
		int error = write_edid(
			record->root, record->outputs[i].folder, size->width, size->height, reason);
		if (!error)
			error = record_resize(record, i, size->width, size->height, reason);
		if (error)
			return error;
	}
	return any ? replug(record, chosen, reason) : 0;
}

int force_undo_status(const char *root, const char *folder) {
	char path[ATTRIBUTE_PATH];
	connector_path(path, folder, "status");
	int error = attribute_write(root, path, "detect");
	return error == -ENOENT ? 0 : error; /* the card is gone */
}
