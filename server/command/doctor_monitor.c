/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/doctor_monitor.h"

#include <stdio.h>
#include <string.h>

#include "capture/monitor/monitor.h"
#include "capture/monitor/survey.h"
#include "server/config/monitor.h"

/* What a display could be made of, for people who wonder why it is not. */
static void describe_kernel(struct findings *findings, const struct survey_kernel *kernel) {
	findings_say(findings, "kernel", FINDINGS_OK, "%s %s%s%s%s", kernel->release,
		kernel->vkms   ? "has the module vkms"
		: kernel->evdi ? "has the module evdi, but not vkms"
			       : "does not have the module vkms, nor evdi",
		kernel->cloud ? "; it is one of those made for clouds, without display drivers" : "",
		kernel->locked_down ? "; it is locked down (Secure Boot), so it takes only signed modules"
				    : "",
		kernel->container
			? "; this is a container, whose modules and connectors are those of another system"
			: "");
}

static void note_kernel(struct findings *findings, const struct survey_kernel *kernel) {
	json_object_set_new(findings->report, "kernel",
		json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "release", kernel->release, "vkms", kernel->vkms,
			"evdi", kernel->evdi, "cloud", kernel->cloud, "locked_down", kernel->locked_down,
			"container", kernel->container));
}

static void say(struct findings *findings, bool asked, bool present, int error, const char *words) {
	findings_note(findings, "monitor", words);
	if (asked && error)
		findings_cannot_serve(findings, "monitor", words);
	else if (error || (!asked && !present))
		findings_say(findings, "monitor", FINDINGS_WARNING, "%s%s", words,
			error ? "" : ", with --monitor=auto");
	else
		findings_say(findings, "monitor", FINDINGS_OK, "%s", words);
}

bool doctor_monitor_examine(struct findings *findings, const struct config *config, const char *root) {
	struct monitor_wish wish;
	struct survey survey;
	struct survey_kernel kernel;
	struct reason words = {""};
	bool asked = config_monitor(config->monitor, &wish, &words) == 1;
	survey_take(root, &survey);
	survey_kernel(root, &kernel);
	note_kernel(findings, &kernel);
	bool present = survey_display(&survey);
	if (!present)
		describe_kernel(findings, &kernel);
	int error = monitor_describe(root, &wish, &words);
	say(findings, asked, present, error, words.text);
	return asked && !present && !error;
}
