/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey: what this machine has that could be a display, as the kernel's files tell without opening a card.
 * Any thread. */
#ifndef ZEROVNC_MONITOR_SURVEY_H
#define ZEROVNC_MONITOR_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

enum { SURVEY_OUTPUTS = 64, SURVEY_NAME = 64 };

struct survey_output {
	char folder[SURVEY_NAME]; /* "card0-HDMI-A-1", in /sys/class/drm */
	char card[SURVEY_NAME];   /* "card0" */
	const char *connector; /* "HDMI-A-1", in `folder`; do not copy the struct without setting it anew */
	bool connected;        /* a monitor answers, or somebody has forced it on */
	bool lit;
	bool primary; /* its card is the one by which the machine started (boot_vga) */
	bool evdi;    /* its card is one of evdi's, for which a process must hold the monitor */
};

struct survey {
	struct survey_output
		outputs[SURVEY_OUTPUTS]; /* sorted by folder; writeback connectors are left out */
	size_t count;
	size_t cards; /* also those without outputs */
};

void survey_take(const char *root, struct survey *survey);

static inline bool survey_is_present(const struct survey_output *output) {
	return output->lit || output->connected;
}

/* Returns the output of a folder, or NULL. */
const struct survey_output *survey_find(const struct survey *survey, const char *folder);

/* Returns the first output that is lit, else the first that is connected, else NULL. */
const struct survey_output *survey_display(const struct survey *survey);

/* What the kernel lets one do. */
struct survey_kernel {
	char release[128];
	bool cloud;       /* one of those that are made for clouds, without DRM */
	bool locked_down; /* Secure Boot: no debugfs, and only signed modules */
	bool container;   /* modules and sysfs are another system's */
	bool vkms, evdi;  /* the module is there, loaded or not */
	bool overrides;   /* the kernel can take an EDID from a file */
};

void survey_kernel(const char *root, struct survey_kernel *kernel);

#endif
