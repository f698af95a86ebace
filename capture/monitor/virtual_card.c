/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/virtual_card.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/monitor/attribute.h"
#include "capture/monitor/module.h"

#define CONFIGFS     "/sys/kernel/config"
#define CARDS        CONFIGFS "/vkms"
#define NAME         "zerovnc"
#define MODULE       "vkms"
#define DEFAULT_CARD "create_default_dev" /* the module's parameter, which came with configfs */

enum { APPEAR_MS = 10000, POLL_MS = 20 };

static int load_module(struct record *record, struct reason *reason) {
	int error = record_add(record, RECORD_MODULE, MODULE, reason);
	return error ? error : module_load(record->root, MODULE, DEFAULT_CARD "=0", reason);
}

/* --- configfs --- */

static bool is_mounted(void) {
	enum { CONFIGFS_MAGIC = 0x62656570 };
	struct statfs status;
	return statfs(CONFIGFS, &status) == 0 && status.f_type == CONFIGFS_MAGIC;
}

/* A tree of a test has no mounts. */
static int mount_configfs(struct record *record, struct reason *reason) {
	if (*record->root || is_mounted())
		return 0;
	int error = record_add(record, RECORD_CONFIGFS, "", reason);
	if (error)
		return error;
	if (mount("none", CONFIGFS, "configfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	return reason_set(reason, -errno, "%s cannot be mounted: %s", CONFIGFS, strerror(errno));
}

/* Others may use it by now. Then it stays. */
int virtual_card_undo_configfs(const char *root, const char *nothing) {
	(void)nothing;
	if (!*root)
		umount2(CONFIGFS, UMOUNT_NOFOLLOW);
	return 0;
}

/* The parts of a card: one output, with a cursor. In configfs, making a folder makes the thing. */
static const char *const folders[] = {
	"", "/planes/primary", "/planes/cursor", "/crtcs/crtc", "/encoders/encoder", "/connectors/connector"};
static const struct {
	const char *file, *text;
} settings[] = {{"/planes/primary/type", "1"}, {"/planes/cursor/type", "2"}};
static const struct {
	const char *link, *to;
} links[] = {
	{"/planes/primary/possible_crtcs/crtc", "/crtcs/crtc"},
	{"/planes/cursor/possible_crtcs/crtc", "/crtcs/crtc"},
	{"/encoders/encoder/possible_crtcs/crtc", "/crtcs/crtc"},
	{"/connectors/connector/possible_encoders/encoder", "/encoders/encoder"},
};

static void card_path(char path[ATTRIBUTE_PATH], const char *root, const char *name, const char *part) {
	snprintf(path, ATTRIBUTE_PATH, "%s%s/%s%s", root, CARDS, name, part);
}

static int build_card(const char *root, struct reason *reason) {
	char path[ATTRIBUTE_PATH], to[ATTRIBUTE_PATH];
	int error = 0;
	for (size_t i = 0; i < ARRAY_LEN(folders) && !error; i++) {
		card_path(path, root, NAME, folders[i]);
		error = mkdir(path, 0755) == 0 ? 0 : -errno;
	}
	for (size_t i = 0; i < ARRAY_LEN(settings) && !error; i++) {
		card_path(path, "", NAME, settings[i].file);
		error = attribute_write(root, path, settings[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(links) && !error; i++) {
		card_path(path, root, NAME, links[i].link);
		card_path(to, root, NAME, links[i].to);
		error = symlink(to, path) == 0 ? 0 : -errno;
	}
	if (!error) {
		card_path(path, "", NAME, "/enabled");
		error = attribute_write(root, path, "1");
	}
	return error ? reason_set(
			       reason, error, "a virtual card cannot be made: %s: %s", path, strerror(-error))
		     : 0;
}

static int make_card(struct record *record, struct reason *reason) {
	if (attribute_exists(record->root, CARDS "/" NAME))
		return reason_set(reason, -EEXIST, "somebody else has made %s", CARDS "/" NAME);
	int error = record_add(record, RECORD_CARD, NAME, reason);
	return error ? error : build_card(record->root, reason);
}

int virtual_card_undo_card(const char *root, const char *name) {
	char path[ATTRIBUTE_PATH];
	card_path(path, "", name, "");
	if (!attribute_exists(root, path))
		return 0;
	card_path(path, "", name, "/enabled");
	attribute_write(root, path, "0"); /* refused if it was not enabled */
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		card_path(path, root, name, links[i].link);
		unlink(path);
	}
	int error = 0;
	for (size_t i = ARRAY_LEN(folders); i-- > 0;) {
		card_path(path, root, name, folders[i]);
		if (rmdir(path) != 0 && errno != ENOENT)
			error = -errno;
	}
	return error;
}

/* --- both --- */

/* The first output that is connected and was not there before. */
static const struct survey_output *find_new(const struct survey *before, const struct survey *now) {
	for (size_t i = 0; i < now->count; i++)
		if (now->outputs[i].connected && !survey_find(before, now->outputs[i].folder))
			return &now->outputs[i];
	return NULL;
}

static int await_output(struct record *record, const struct survey *before, unsigned width, unsigned height,
	struct reason *reason) {
	struct survey now;
	for (unsigned waited = 0; waited < APPEAR_MS; waited += POLL_MS) {
		survey_take(record->root, &now);
		const struct survey_output *output = find_new(before, &now);
		if (output) {
			struct record_output made = {.width = width, .height = height};
			snprintf(made.folder, sizeof made.folder, "%s", output->folder);
			return record_output(record, MONITOR_VIRTUAL, &made, reason);
		}
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
	}
	return reason_set(reason, -ENODEV, "the module %s was loaded, but no card of it came", MODULE);
}

/* A kernel with the parameter but without vkms's configfs can only make the module's own card. */
static int load_again(struct record *record, struct reason *reason) {
	int error = module_unload(record->root, MODULE);
	if (error)
		return reason_set(reason, error, "the module %s cannot be loaded again", MODULE);
	return module_load(record->root, MODULE, NULL, reason);
}

static int make_any(struct record *record, struct reason *reason) {
	bool loaded = module_is_loaded(record->root, MODULE);
	int error = loaded ? 0 : load_module(record, reason);
	if (error)
		return error;
	/* An older kernel's module has made its card. */
	if (!attribute_exists(record->root, "/sys/module/" MODULE "/parameters/" DEFAULT_CARD))
		return 0;
	error = mount_configfs(record, reason);
	if (error)
		return error;
	if (attribute_exists(record->root, CARDS))
		return make_card(record, reason);
	return loaded ? 0 : load_again(record, reason);
}

int virtual_card_make(struct record *record, unsigned width, unsigned height, struct reason *reason) {
	struct survey before;
	survey_take(record->root, &before);
	int error = make_any(record, reason);
	return error ? error : await_output(record, &before, width, height, reason);
}
