/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/monitor/attribute.h"
#include "capture/monitor/change.h"
#include "capture/monitor/evdi_card.h"
#include "capture/monitor/force.h"
#include "capture/monitor/made.h"
#include "capture/monitor/record.h"
#include "capture/monitor/remedy.h"
#include "capture/monitor/survey.h"
#include "capture/monitor/undo.h"
#include "capture/monitor/virtual_card.h"

static bool is_named(const struct survey_output *output, const char *name) {
	return strcmp(output->connector, name) == 0 || strcmp(output->folder, name) == 0;
}

/* NULL: nothing has this name and is lit or connected. */
static const struct survey_output *find_named_present(const struct survey *survey, const char *name) {
	for (size_t i = 0; i < survey->count; i++)
		if (is_named(&survey->outputs[i], name) && survey_is_present(&survey->outputs[i]))
			return &survey->outputs[i];
	return NULL;
}

/* Outputs that are lit or connected. 0; -ENOENT: there is none; -EEXIST with a reason: they are not those
 * that are asked for. */
static int find_present(const char *root, const struct survey *survey, const struct monitor_wish *wish,
	struct monitor *result, struct reason *reason) {
	const struct survey_output *present = survey_display(survey);
	const char *missing = NULL;
	for (size_t i = wish->count; present && wish->screens[0].connector[0] && i-- > 0;) {
		const struct survey_output *output = find_named_present(survey, wish->screens[i].connector);
		if (output)
			present = output;
		else
			missing = wish->screens[i].connector;
	}
	if (!present)
		return -ENOENT;
	made_describe(root, present, result);
	reason_set(&result->words, 0, "%s of %s is %s", present->connector, result->card,
		present->connected ? "connected" : "lit");
	if (missing)
		return reason_set(reason, -EEXIST,
			"%s is not forced on, because there is a monitor: %s. --monitor=auto takes that one",
			missing, result->words.text);
	return 0;
}

/* --- what can be made --- */

static void list_outputs(const struct survey *survey, struct reason *reason) {
	for (size_t i = 0; i < survey->count; i++)
		reason_append(reason, "%s%s", i ? ", " : "; there are ", survey->outputs[i].folder);
}

static int no_such_connector(const struct survey *survey, const char *name, struct reason *reason) {
	reason_set(reason, 0, "there is no connector %s%s", name, survey->count ? "" : ", and no other");
	list_outputs(survey, reason);
	return -ENOENT;
}

/* NULL: there is none. The same name on the card `card` comes first. */
static const struct survey_output *find_named(
	const struct survey *survey, const char *name, const char *card) {
	const struct survey_output *found = NULL;
	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_output *output = &survey->outputs[i];
		if (is_named(output, name) && (!found || (card && strcmp(output->card, card) == 0)))
			found = output;
	}
	return found;
}

/* Finds the connectors that are asked for. 0, or -errno with a reason. */
static int choose_named(const char *root, const struct survey *survey, const struct monitor_wish *wish,
	const struct survey_output *order[SURVEY_OUTPUTS], struct reason *reason) {
	for (size_t i = 0; i < wish->count; i++) {
		const char *name = wish->screens[i].connector;
		order[i] = find_named(survey, name, i ? order[0]->card : NULL);
		if (!order[i])
			return no_such_connector(survey, name, reason);
		if (!force_may(order[i]))
			return reason_set(reason, -EOPNOTSUPP,
				"%s cannot be forced on: it belongs to a virtual card, whose modes come from elsewhere",
				name);
		if (force_is_forbidden(root, order[i]))
			return reason_set(reason, -EPERM,
				"%s is not forced on: the kernel's command line keeps it off (video=%s:d)",
				name, order[i]->connector);
		if (strcmp(order[i]->card, order[0]->card) != 0)
			return reason_set(reason, -EINVAL,
				"%s and %s are not forced on together: they belong to different cards",
				order[0]->folder, order[i]->folder);
	}
	return 0;
}

/* Writes to `order` the outputs that are all to be forced on, if they are named, or else those that are tried
 * one after the other. */
static int choose(const char *root, const struct survey *survey, const struct monitor_wish *wish,
	const struct survey_output *order[SURVEY_OUTPUTS], size_t *count, struct reason *reason) {
	if (wish->screens[0].connector[0]) {
		*count = wish->count;
		return choose_named(root, survey, wish, order, reason);
	}
	*count = force_order(root, survey, order);
	return 0;
}

/* Nothing can be a display: says what is missing. */
static int refuse(const char *root, const struct survey_kernel *kernel, struct reason *reason) {
	char remedy[REMEDY_SIZE];
	remedy_find(root, kernel, remedy);
	return reason_set(reason, -ENODEV,
		"no monitor is connected, and nothing here can stand in for one: %s%s", remedy,
		kernel->container ? ", on the system outside of this container" : "");
}

/* --- making --- */

/* Whether another connector, or a virtual card, would meet with the same. */
static bool is_hopeless(int error) {
	return error == -EINVAL || error == -EACCES || error == -EPERM || error == -EROFS;
}

/* All, or none. */
static int force_all(struct record *record, const struct survey_output *const *outputs,
	const struct monitor_screen *sizes, size_t count, struct reason *reason) {
	struct reason other;
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = force_on(record, outputs[i], &sizes[i], false, reason);
	int failed = error ? undo_all(record, NULL, &other) : 0;
	if (failed)
		*reason = other;
	return failed ? failed : error;
}

/* The first that can be forced on. */
static int force_any(struct record *record, const struct survey_output *const *order, size_t count,
	const struct monitor_screen *size, struct reason *reason) {
	int error = -ENODEV;
	for (size_t i = 0; i < count && error && !is_hopeless(error); i++)
		error = record->count ? error : force_all(record, &order[i], size, 1, reason);
	return error;
}

static int make_vkms(struct record *record, const struct monitor_screen *size, struct reason *reason) {
	return virtual_card_make(record, size->width, size->height, reason);
}

static int make_evdi(struct record *record, const struct monitor_screen *size, struct reason *reason) {
	return evdi_card_make(record, size->width, size->height, reason);
}

/* By the first module that can. `reason` tells of all that could not. */
static int make_virtual(struct record *record, const struct monitor_wish *wish, struct reason *reason) {
	struct survey_kernel kernel;
	struct reason why, other;
	survey_kernel(record->root, &kernel);
	const struct {
		bool there;
		int (*make)(struct record *record, const struct monitor_screen *size, struct reason *reason);
	} modules[] = {{kernel.vkms, make_vkms}, {kernel.evdi, make_evdi}};
	int error = -ENODEV;
	reason_set(reason, 0, "%s", "");
	for (size_t i = 0; i < ARRAY_LEN(modules) && error && !is_hopeless(error) && !record->count; i++) {
		if (!modules[i].there || kernel.container)
			continue;
		error = modules[i].make(record, &wish->screens[0], &why);
		if (error && undo_all(record, NULL, &other) != 0)
			reason_append(&why, "; and %s", other.text);
		if (error)
			reason_append(reason, "%s%s", reason->text[0] ? "; " : "", why.text);
	}
	return error && !reason->text[0] ? refuse(record->root, &kernel, reason) : error;
}

static int make(struct record *record, const struct survey *survey, const struct monitor_wish *wish,
	struct reason *reason) {
	const struct survey_output *order[SURVEY_OUTPUTS];
	size_t count;
	int error = choose(record->root, survey, wish, order, &count, reason);
	if (error)
		return error;
	record_own(record, wish->stays);
	if (wish->screens[0].connector[0])
		return force_all(record, order, wish->screens, count, reason);
	error = force_any(record, order, count, &wish->screens[0], reason);
	if (!error || is_hopeless(error))
		return error;
	struct reason forcing = *reason;
	error = make_virtual(record, wish, reason);
	if (error && count)
		reason_append(reason, " (%s)", forcing.text);
	return error;
}

/* While udev works on its queue, cards may still get their drivers: soon after the start of the machine. */
static void await_drivers(const char *root) {
	enum { LIMIT_MS = 10000, POLL_MS = 50 };
	for (unsigned waited = 0; waited < LIMIT_MS && attribute_exists(root, "/run/udev/queue");
		waited += POLL_MS)
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
}

/* Takes over the virtual card of a process that was killed. Another one would be no better, and the kernel
 * may not let go of this one. */
static int adopt(struct record *record, const struct monitor_wish *wish, struct monitor *result,
	struct reason *reason) {
	record_own(record, wish->stays);
	int error = record_resize(record, 0, wish->screens[0].width, wish->screens[0].height, reason);
	made_find(record, result);
	return error;
}

/* With the record open. */
static int plug(struct record *record, const struct monitor_wish *wish, struct monitor *result,
	struct reason *reason) {
	struct survey survey;
	if (record->count && !record_is_orphan(record) && made_find(record, result))
		return 0;
	if (record->count && made_find(record, result) && result->kind == MONITOR_VIRTUAL)
		return adopt(record, wish, result, reason);
	int error = undo_all(record, NULL, reason);
	if (error)
		return error;
	survey_take(record->root, &survey);
	if (!survey_display(&survey)) {
		await_drivers(record->root);
		survey_take(record->root, &survey);
	}
	error = find_present(record->root, &survey, wish, result, reason);
	if (error != -ENOENT)
		return error;
	error = make(record, &survey, wish, reason);
	if (error)
		return error;
	if (made_find(record, result))
		return 0;
	return reason_set(reason, -EIO, "the monitor that was made is gone at once");
}

static struct monitor_wish complete(const struct monitor_wish *wish) {
	struct monitor_wish whole = *wish;
	if (!whole.count)
		whole.count = 1;
	for (size_t i = 0; i < whole.count; i++) {
		struct monitor_screen *screen = &whole.screens[i];
		if (screen->width && screen->height)
			continue;
		screen->width = MONITOR_WIDTH;
		screen->height = MONITOR_HEIGHT;
	}
	return whole;
}

int monitor_plug(
	const char *root, const struct monitor_wish *wish, struct monitor *result, struct reason *reason) {
	struct record record;
	struct monitor_wish whole = complete(wish);
	/* Where nothing has to be done, nobody needs the right to do it. */
	struct survey survey;
	survey_take(root, &survey);
	if (!record_peek(&record, root) && survey_display(&survey))
		return find_present(root, &survey, &whole, result, reason);
	if (record.count && !record_is_orphan(&record) && made_find(&record, result))
		return 0;
	int error = record_open(&record, root, reason);
	if (error)
		return error;
	error = plug(&record, &whole, result, reason);
	record_close(&record);
	return error;
}

int monitor_made(const char *root, struct monitor *result) {
	struct record record;
	return record_peek(&record, root) && made_find(&record, result) ? 0 : -ENOENT;
}

int monitor_resize(const char *root, const struct monitor_screen *sizes, size_t count, struct monitor *result,
	struct reason *reason) {
	struct record record;
	memset(result, 0, sizeof *result);
	if (!record_peek(&record, root)) /* no lock, which only root can have, to find that out */
		return change_screens(&record, sizes, count, result, reason);
	int error = record_open(&record, root, reason);
	if (error)
		return error;
	error = change_screens(&record, sizes, count, result, reason);
	record_close(&record);
	return error;
}

/* --- the end --- */

int monitor_unplug(const char *root, struct reason *words, struct reason *reason) {
	struct record record;
	reason_set(words, 0, "%s", "");
	if (!attribute_exists(root, RECORD_FOLDER))
		return 0;
	int error = record_open(&record, root, reason);
	if (error)
		return error;
	error = undo_all(&record, words, reason);
	record_close(&record);
	return error;
}

int monitor_sweep(const char *root, struct reason *words, struct reason *reason) {
	struct record record;
	reason_set(words, 0, "%s", "");
	return record_peek(&record, root) && record_is_orphan(&record) ? monitor_unplug(root, words, reason)
								       : 0;
}

/* --- what would be done --- */

/* Says who may do it. 0, or -EACCES with a reason. */
static int check_rights(const char *root, const char *path, struct reason *words) {
	char full[ATTRIBUTE_PATH];
	attribute_path(full, root, path);
	if (access(full, W_OK) == 0)
		return 0;
	if (errno == EROFS)
		return reason_set(words, -EACCES,
			"no monitor is connected, and none can be made from here: /sys cannot be written to in this container or sandbox");
	reason_append(words, ", which takes root");
	return 0;
}

static int describe_making(const char *root, const struct survey *survey, const struct monitor_wish *wish,
	struct reason *words) {
	const struct survey_output *order[SURVEY_OUTPUTS];
	struct survey_kernel kernel;
	size_t count;
	survey_kernel(root, &kernel);
	int error = choose(root, survey, wish, order, &count, words);
	if (error)
		return error;
	if (count && kernel.overrides) {
		reason_set(words, 0, "no monitor is connected: ");
		for (size_t i = 0; i < wish->count; i++)
			reason_append(words, "%s%s would be forced on, as a monitor of %ux%u",
				i ? ", and " : "", order[i]->folder, wish->screens[i].width,
				wish->screens[i].height);
		return check_rights(root, "/sys/module/drm/parameters/edid_firmware", words);
	}
	if ((!kernel.vkms && !kernel.evdi) || kernel.container)
		return refuse(root, &kernel, words);
	reason_set(words, 0,
		"no monitor is connected, and no card has a connector that can be forced on: a virtual card would be made (%s)",
		kernel.vkms ? "vkms" : "evdi");
	return check_rights(root, "/sys/kernel", words);
}

int monitor_describe(const char *root, const struct monitor_wish *wish, struct reason *words) {
	struct survey survey;
	struct record record;
	struct monitor monitor;
	struct monitor_wish whole = complete(wish);
	if (record_peek(&record, root) && !record_is_orphan(&record) && made_find(&record, &monitor))
		return reason_set(words, 0, "%s", monitor.words.text);
	survey_take(root, &survey);
	int error = find_present(root, &survey, &whole, &monitor, words);
	if (error == -ENOENT)
		return describe_making(root, &survey, &whole, words);
	return error ? error : reason_set(words, 0, "%s: nothing has to be done", monitor.words.text);
}
