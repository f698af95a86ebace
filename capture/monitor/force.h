/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * force: tells the kernel that a monitor is plugged in where none is. The kernel gets an EDID of ours by its
 * parameters drm.edid_firmware and firmware_class.path, and then the connector is forced on by its file
 * `status`. Drivers of graphics cards (i915, amdgpu, nouveau) follow this at once, with a hotplug event. It
 * works under Secure Boot, where debugfs is refused.
 *
 * What others have put into the two parameters keeps working, and is put back.
 */
#ifndef ZEROVNC_MONITOR_FORCE_H
#define ZEROVNC_MONITOR_FORCE_H

#include "capture/monitor/record.h"
#include "capture/monitor/survey.h"

/* Whether forcing can make a monitor of a connector of this kind. Those of virtual machines' cards ignore it:
 * no event is made, and they have their modes from the host. */
bool force_may(const struct survey_output *output);

/* Whether the kernel was told on its command line to keep this connector off (video=HDMI-A-1:d). */
bool force_is_forbidden(const char *root, const struct survey_output *output);

/* Writes to `order` the outputs that are tried, the best first: HDMI, DisplayPort, others. Returns how many.
 */
size_t force_order(
	const char *root, const struct survey *survey, const struct survey_output *order[SURVEY_OUTPUTS]);

/* Forces an output on as a monitor of this size, and puts it on record. `added`: as record_output has it. 0,
 * or -errno with a reason. What was done until then is on record in any case. */
int force_on(struct record *record, const struct survey_output *output, const struct monitor_screen *size,
	bool added, struct reason *reason);

/* Whether the output has this size on record and is plugged in. */
bool force_is(const struct record *record, size_t index, const struct monitor_screen *size);

/* Gives the first outputs on record these sizes; all that do not have them are unplugged at the same time. 0,
 * or -errno with a reason, and some may have their sizes. */
int force_resize(
	struct record *record, const struct monitor_screen *sizes, size_t count, struct reason *reason);

/* Whether a step forced this output on, or gave it its EDID. */
bool force_is_of(const struct record_output *output, enum record_kind kind, const char *text);

/* These undo the steps of their names, with the texts that are on record. 0 or -errno. */
int force_undo_firmware(const char *root, const char *before);
int force_undo_edid(const char *root, const char *entry);
int force_undo_status(const char *root, const char *folder);

#endif
