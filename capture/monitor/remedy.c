/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/remedy.h"

#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/word.h"
#include "capture/monitor/attribute.h"

/* What brings vkms or evdi on a distribution, or a card. */
static const struct {
	const char *id;  /* in os-release */
	bool for_clouds; /* if the kernel is one of those that are made for clouds */
	const char *before,
		*after; /* the kernel's release; NULL: there is nothing after it, nor the release */
} remedies[] = {
	{"ubuntu", false, "install linux-modules-extra-", ", which has the module vkms"},
	{"debian", true,
		"install linux-image-amd64 instead of this kernel for clouds: it drives the display device that virtual machines have",
		NULL},
	{"debian", false,
		"install evdi-dkms, which has the module evdi, or give a virtual machine a display device (Debian's kernels are without the module vkms)",
		NULL},
};

/* Copies the value of a line NAME=VALUE of os-release, without quotes. */
static void read_value(FILE *file, const char *name, char *value, size_t size) {
	char line[256];
	size_t length = strlen(name);
	rewind(file);
	value[0] = '\0';
	while (fgets(line, sizeof line, file)) {
		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		const char *from = line + length + 1 + strspn(line + length + 1, "\"'");
		snprintf(value, size, "%.*s", (int)strcspn(from, "\"'\n"), from);
	}
}

static int find_remedy(const char *id, bool cloud) {
	for (size_t i = 0; i < ARRAY_LEN(remedies); i++)
		if (word_is_in(id, remedies[i].id) && (!remedies[i].for_clouds || cloud))
			return (int)i;
	return -1;
}

/* Returns the number of the row for this distribution, or for one that it is like; -1: there is none. */
static int find_distribution(const char *root, bool cloud) {
	char full[ATTRIBUTE_PATH], id[128] = "", like[128] = "";
	FILE *file = attribute_path(full, root, "/etc/os-release") ? fopen(full, "re") : NULL;
	if (!file)
		return -1;
	read_value(file, "ID", id, sizeof id);
	read_value(file, "ID_LIKE", like, sizeof like);
	fclose(file);
	int at = find_remedy(id, cloud);
	return at < 0 ? find_remedy(like, cloud) : at;
}

void remedy_find(const char *root, const struct survey_kernel *kernel, char words[REMEDY_SIZE]) {
	int at = find_distribution(root, kernel->cloud);
	if (at < 0)
		snprintf(words, REMEDY_SIZE,
			"use a kernel with the module vkms (CONFIG_DRM_VKMS), or install evdi (evdi-dkms)");
	else
		snprintf(words, REMEDY_SIZE, "%s%s%s", remedies[at].before,
			remedies[at].after ? kernel->release : "",
			remedies[at].after ? remedies[at].after : "");
}
