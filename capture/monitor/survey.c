/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/survey.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/monitor/attribute.h"

#define DRM_FOLDER "/sys/class/drm"

static bool attribute_is(const char *root, const char *folder, const char *name, const char *value) {
	char path[ATTRIBUTE_PATH], line[64];
	snprintf(path, sizeof path, DRM_FOLDER "/%s/%s", folder, name);
	return attribute_read(root, path, line, sizeof line) && strcmp(line, value) == 0;
}

static void add(const char *root, struct survey *survey, const char *folder, size_t card_length) {
	if (survey->count == SURVEY_OUTPUTS || strlen(folder) >= SURVEY_NAME ||
		strncmp(folder + card_length, "-Writeback-", 11) == 0)
		return;
	struct survey_output *output = &survey->outputs[survey->count++];
	snprintf(output->folder, sizeof output->folder, "%s", folder);
	snprintf(output->card, sizeof output->card, "%.*s", (int)card_length, folder);
	output->connected = attribute_is(root, folder, "status", "connected");
	output->primary = attribute_is(root, output->card, "device/boot_vga", "1");
	output->evdi = attribute_is(root, output->card, "device/modalias", "platform:evdi");
	/* Where no text console takes over, a CRTC stays on when the last program ends. */
	output->lit =
		attribute_is(root, folder, "enabled", "enabled") && (output->connected || !output->evdi);
}

static int by_folder(const void *one, const void *other) {
	const struct survey_output *a = one, *b = other;
	return strcmp(a->folder, b->folder);
}

void survey_take(const char *root, struct survey *survey) {
	char full[ATTRIBUTE_PATH];
	memset(survey, 0, sizeof *survey);
	DIR *folder = attribute_path(full, root, DRM_FOLDER) ? opendir(full) : NULL;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		unsigned number;
		int length = 0;
		if (sscanf(entry->d_name, "card%u%n", &number, &length) != 1)
			continue;
		if (!entry->d_name[length])
			survey->cards++;
		else if (entry->d_name[length] == '-')
			add(root, survey, entry->d_name, (size_t)length);
	}
	if (folder)
		closedir(folder);
	qsort(survey->outputs, survey->count, sizeof *survey->outputs, by_folder);
	for (size_t i = 0; i < survey->count; i++)
		survey->outputs[i].connector =
			survey->outputs[i].folder + strlen(survey->outputs[i].card) + 1;
}

const struct survey_output *survey_find(const struct survey *survey, const char *folder) {
	for (size_t i = 0; i < survey->count; i++)
		if (strcmp(survey->outputs[i].folder, folder) == 0)
			return &survey->outputs[i];
	return NULL;
}

const struct survey_output *survey_display(const struct survey *survey) {
	const struct survey_output *connected = NULL;
	for (size_t i = 0; i < survey->count; i++) {
		if (survey->outputs[i].lit)
			return &survey->outputs[i];
		if (survey->outputs[i].connected && !connected)
			connected = &survey->outputs[i];
	}
	return connected;
}

/* --- the kernel --- */

/* Looks for ".../NAME.ko" at the beginning of a line: modules.dep has a colon after it, and perhaps an ending
 * of compression; modules.builtin has neither. */
static bool lists_module(const char *root, const char *release, const char *list, const char *name) {
	char path[ATTRIBUTE_PATH], full[ATTRIBUTE_PATH], wanted[64], *line = NULL;
	size_t size = 0;
	bool found = false;
	snprintf(path, sizeof path, "/lib/modules/%s/%s", release, list);
	snprintf(wanted, sizeof wanted, "/%s.ko", name);
	FILE *file = attribute_path(full, root, path) ? fopen(full, "re") : NULL;
	while (file && !found && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":\n")] = '\0';
		found = strstr(line, wanted);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool has_module(const char *root, const char *release, const char *name) {
	char path[ATTRIBUTE_PATH];
	snprintf(path, sizeof path, "/sys/module/%s", name);
	return attribute_exists(root, path) || lists_module(root, release, "modules.dep", name) ||
	       lists_module(root, release, "modules.builtin", name);
}

/* systemd, docker and podman tell by these files. A virtual machine that was made from the image of a
 * container has them, too; but it sees the kernel's own threads. */
static bool is_container(const char *root) {
	static const char *const marks[] = {"/run/systemd/container", "/.dockerenv", "/run/.containerenv"};
	char name[32];
	bool marked = false;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		marked = marked || attribute_exists(root, marks[i]);
	attribute_read(root, "/proc/2/comm", name, sizeof name);
	return marked && strcmp(name, "kthreadd") != 0;
}

void survey_kernel(const char *root, struct survey_kernel *kernel) {
	char line[256];
	memset(kernel, 0, sizeof *kernel);
	attribute_read(root, "/proc/sys/kernel/osrelease", kernel->release, sizeof kernel->release);
	kernel->cloud = strstr(kernel->release, "cloud");
	/* The level in force is in brackets: "none [integrity] confidentiality". */
	kernel->locked_down = attribute_read(root, "/sys/kernel/security/lockdown", line, sizeof line) &&
			      strchr(line, '[') && !strstr(line, "[none]");
	kernel->container = is_container(root);
	kernel->vkms = has_module(root, kernel->release, "vkms");
	kernel->evdi = has_module(root, kernel->release, "evdi");
	kernel->overrides = attribute_exists(root, "/sys/module/drm/parameters/edid_firmware");
}
