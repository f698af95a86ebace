/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What machines have that could be a display, and what their users are told to install. */
#include "capture/monitor/survey.h"

#include <errno.h>

#include "capture/monitor/monitor.h"
#include "tests/tree.h"

static void put_output(const char *folder, const char *status, const char *enabled) {
	char path[256];
	snprintf(path, sizeof path, "/sys/class/drm/%s/status", folder);
	tree_put(path, status);
	snprintf(path, sizeof path, "/sys/class/drm/%s/enabled", folder);
	tree_put(path, enabled);
}

static void check_outputs(void) {
	struct survey survey;
	survey_take(tree_root, &survey);
	CHECK(survey.count == 0 && survey.cards == 0 && !survey_display(&survey));

	tree_put("/sys/class/drm/version", "drm 1.1.0 20060810\n");
	tree_put("/sys/class/drm/card1/", "");
	tree_put("/sys/class/drm/renderD128/", "");
	put_output("card1-Writeback-1", "unknown\n", "disabled\n");
	put_output("card1-HDMI-A-1", "disconnected\n", "disabled\n");
	put_output("card1-DP-2", "connected\n", "disabled\n");
	put_output("card1-eDP-1", "connected\n", "enabled\n");
	survey_take(tree_root, &survey);
	CHECK(survey.cards == 1 && survey.count == 3);
	CHECK(strcmp(survey.outputs[0].folder, "card1-DP-2") == 0 && survey.outputs[0].connected);
	CHECK(strcmp(survey.outputs[1].connector, "HDMI-A-1") == 0 && !survey.outputs[1].connected);
	CHECK(strcmp(survey.outputs[1].card, "card1") == 0);
	CHECK(survey_display(&survey) == &survey.outputs[2]); /* lit before connected */
	CHECK(survey_find(&survey, "card1-HDMI-A-1") == &survey.outputs[1]);
	CHECK(!survey_find(&survey, "card1-HDMI-A") && !survey.outputs[0].evdi);

	/* nothing is plugged into a card of evdi, whatever a program that ended has left there */
	put_output("card2-DVI-I-1", "disconnected\n", "enabled\n");
	tree_put("/sys/class/drm/card2/device/modalias", "platform:evdi\n");
	survey_take(tree_root, &survey);
	CHECK(survey.outputs[3].evdi && !survey_is_present(&survey.outputs[3]));
	put_output("card2-DVI-I-1", "connected\n", "enabled\n");
	survey_take(tree_root, &survey);
	CHECK(survey.outputs[3].lit);
	tree_clear();
}

static void check_kernel(void) {
	struct survey_kernel kernel;
	survey_kernel(tree_root, &kernel);
	CHECK(!kernel.vkms && !kernel.evdi && !kernel.locked_down && !kernel.container && !kernel.cloud);

	tree_put("/proc/sys/kernel/osrelease", "6.12\n");
	tree_put("/lib/modules/6.12/modules.dep",
		"kernel/drivers/gpu/drm/vkmsx.ko: a\nupdates/evdi.ko.xz: kernel/vkms.ko\n");
	tree_put("/lib/modules/6.12/modules.builtin", "kernel/lib/no.ko\n");
	tree_put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	tree_put("/.dockerenv", "");
	tree_put("/sys/module/drm/parameters/edid_firmware", "\n");
	survey_kernel(tree_root, &kernel);
	CHECK(!kernel.vkms && kernel.evdi && kernel.locked_down && kernel.container && kernel.overrides);
	tree_put("/lib/modules/6.12/modules.builtin", "kernel/drivers/gpu/drm/vkms/vkms.ko\n");
	tree_put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	survey_kernel(tree_root, &kernel);
	CHECK(kernel.vkms && !kernel.locked_down);
	tree_put("/proc/2/comm", "kthreadd\n");
	survey_kernel(tree_root, &kernel);
	CHECK(!kernel.container);
	tree_clear();
}

static void check_description(const char *connector, int error, const char *words) {
	struct reason reason = {""};
	struct monitor_wish wish = {.count = 1};
	if (connector)
		snprintf(wish.screens[0].connector, sizeof wish.screens[0].connector, "%s", connector);
	CHECK_SAY(monitor_describe(tree_root, &wish, &reason) == error, "%s", reason.text);
	CHECK_SAY(strstr(reason.text, words), "'%s' in: %s", words, reason.text);
}

static void check_descriptions(void) {
	check_description(NULL, -ENODEV, "CONFIG_DRM_VKMS");
	tree_put("/etc/os-release", "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
	tree_put("/proc/sys/kernel/osrelease", "6.8.0-79-generic\n");
	check_description(NULL, -ENODEV, "linux-modules-extra-6.8.0-79-generic, ");
	tree_put("/etc/os-release", "ID=debian\n");
	check_description(NULL, -ENODEV, "install evdi-dkms");
	tree_put("/proc/sys/kernel/osrelease", "6.12.1-cloud-amd64\n");
	check_description(NULL, -ENODEV, "linux-image-amd64");
	tree_put("/run/.containerenv", "");
	check_description(NULL, -ENODEV, "outside of this container");
	put_output("card0-DP-1", "connected\n", "disabled\n");
	tree_put("/sys/class/drm/card0-DP-1/modes", "1600x900\n1024x768\n");
	check_description(NULL, 0, "DP-1 of /dev/dri/card0 is connected");
	check_description("DP-1", 0, "nothing has to be done");
	check_description("card0-DP-1", 0, "nothing has to be done");
	check_description("HDMI-A-1", -EEXIST, "there is a monitor: DP-1");
	tree_clear();
}

int main(void) {
	tree_begin();
	check_outputs();
	check_kernel();
	check_descriptions();
	tree_end();
	return 0;
}
