/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `zerovnc doctor` says about machines without a monitor. */
#include "server/command/doctor_monitor.h"

#include "tests/tree.h"

/* Examines the tree with --monitor=`value`, and checks the level and the words of a line. Returns what
 * doctor_monitor_examine() does; `can_serve` is what it decided. */
static bool examine(
	const char *value, const char *name, const char *level, const char *words, bool *can_serve) {
	struct config config = {.monitor = (char *)value};
	struct findings findings;
	size_t index;
	const json_t *check;
	bool found = false;
	CHECK(findings_init(&findings));
	bool made = doctor_monitor_examine(&findings, &config, tree_root);
	json_array_foreach(findings.checks, index, check) {
		if (strcmp(json_string_value(json_object_get(check, "name")), name) != 0)
			continue;
		const char *text = json_string_value(json_object_get(check, "text"));
		CHECK_SAY(strcmp(json_string_value(json_object_get(check, "level")), level) == 0, "%s", text);
		CHECK_SAY(strstr(text, words), "'%s' in: %s", words, text);
		found = true;
	}
	CHECK_SAY(found, "no line %s", name);
	*can_serve = findings.can_serve;
	json_decref(findings.report);
	return made;
}

int main(void) {
	bool can_serve;
	tree_begin();
	tree_put("/etc/os-release", "ID=ubuntu\n");
	tree_put("/proc/sys/kernel/osrelease", "6.8.0-79-generic\n");
	tree_put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	/* nothing is there, and nothing can be made */
	CHECK(!examine(NULL, "monitor", "warning", "install linux-modules-extra-6.8.0-79-generic",
		      &can_serve) &&
		can_serve);
	CHECK(!examine("auto", "monitor", "problem", "install linux-modules-extra-6.8.0-79-generic",
		      &can_serve) &&
		!can_serve);
	examine("auto", "kernel", "ok", "does not have the module vkms, nor evdi; it is locked down",
		&can_serve);

	/* a virtual card */
	tree_put("/lib/modules/6.8.0-79-generic/modules.dep", "updates/dkms/evdi.ko.zst:\n");
	tree_put("/sys/kernel/", "");
	CHECK(examine("auto", "monitor", "ok", "a virtual card would be made (evdi)", &can_serve) &&
		can_serve);
	examine("auto", "kernel", "ok", "has the module evdi, but not vkms; it is locked down", &can_serve);
	tree_put("/lib/modules/6.8.0-79-generic/modules.dep", "kernel/drivers/gpu/drm/vkms/vkms.ko.zst:\n");
	CHECK(!examine("no", "monitor", "warning", "a virtual card would be made (vkms), with --monitor=auto",
		      &can_serve) &&
		can_serve);
	CHECK(examine("auto", "monitor", "ok", "a virtual card would be made", &can_serve) && can_serve);

	/* a connector */
	tree_put("/sys/class/drm/card0-DP-1/status", "disconnected\n");
	tree_put("/sys/module/drm/parameters/edid_firmware", "\n");
	CHECK(examine("auto:1600x900", "monitor", "ok",
		"card0-DP-1 would be forced on, as a monitor of 1600x900", &can_serve));
	CHECK(!examine("DP-7", "monitor", "problem", "there is no connector DP-7; there are card0-DP-1",
		      &can_serve) &&
		!can_serve);

	/* a monitor */
	tree_put("/sys/class/drm/card0-DP-1/status", "connected\n");
	CHECK(!examine("auto", "monitor", "ok", "DP-1 of /dev/dri/card0 is connected: nothing has to be done",
		      &can_serve) &&
		can_serve);
	CHECK(!examine(NULL, "monitor", "ok", "is connected", &can_serve) && can_serve);
	tree_end();
	return 0;
}
