/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/record.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/file.h"
#include "capture/base/first_line.h"
#include "capture/monitor/attribute.h"

static const char *const kinds[RECORD_KINDS] = {
	[RECORD_FIRMWARE] = "firmware",
	[RECORD_EDID] = "edid",
	[RECORD_STATUS] = "status",
	[RECORD_MODULE] = "module",
	[RECORD_CONFIGFS] = "configfs",
	[RECORD_CARD] = "card",
	[RECORD_EVDI] = "evdi",
	[RECORD_HOLDER] = "holder",
};

/* --- the owner --- */

/* When a process began, in the kernel's ticks since the start of the machine; 0: there is no such process. */
static unsigned long long began(pid_t pid) {
	char path[64], line[1024];
	unsigned long long ticks = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	/* The second word is the program's name in parentheses, which can itself have spaces and parentheses.
	 */
	const char *after = first_line_read(path, line, sizeof line) ? strrchr(line, ')') : NULL;
	if (after)
		sscanf(after,
			") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			&ticks);
	return ticks;
}

void record_own(struct record *record, bool stays) {
	record->owner = stays ? 0 : getpid();
	record->owner_began = stays ? 0 : began(record->owner);
}

bool record_is_orphan(const struct record *record) {
	return record->owner && began(record->owner) != record->owner_began;
}

bool record_is_mine(const struct record *record) {
	return record->owner == getpid() && !record_is_orphan(record);
}

/* --- reading --- */

static void parse_step(struct record *record, const char *word, const char *text) {
	for (size_t i = 0; i < RECORD_KINDS && record->count < RECORD_STEPS; i++) {
		if (strcmp(kinds[i], word) != 0)
			continue;
		record->steps[record->count].kind = (enum record_kind)i;
		snprintf(record->steps[record->count].text, RECORD_TEXT, "%s", text);
		record->count++;
	}
}

static void parse_output(struct record *record, const char *text) {
	struct record_output output = {.width = 0};
	int kind, added = 0;
	if (record->output_count == MONITOR_SCREENS || sscanf(text, "%d %63s %u %u %d", &kind, output.folder,
							       &output.width, &output.height, &added) < 4)
		return;
	output.added = added;
	record->kind = (enum monitor_kind)kind;
	record->outputs[record->output_count++] = output;
}

/* A line is a word and a text, which may be empty. */
static void parse_line(struct record *record, char *line) {
	line[strcspn(line, "\n")] = '\0';
	char *text = strchr(line, ' ');
	if (!text)
		return;
	*text++ = '\0';
	int owner;
	if (strcmp(line, "owner") == 0 && sscanf(text, "%d %llu", &owner, &record->owner_began) == 2)
		record->owner = owner;
	else if (strcmp(line, "output") == 0)
		parse_output(record, text);
	else
		parse_step(record, line, text);
}

static void read_record(struct record *record) {
	char full[ATTRIBUTE_PATH], line[RECORD_TEXT + 32];
	FILE *file = attribute_path(full, record->root, RECORD_FOLDER "/record") ? fopen(full, "re") : NULL;
	while (file && fgets(line, sizeof line, file))
		parse_line(record, line);
	if (file)
		fclose(file);
}

bool record_peek(struct record *record, const char *root) {
	*record = (struct record){.root = root, .lock = -1};
	read_record(record);
	return record->count > 0;
}

/* --- the lock: the folder itself, because a file would be left over --- */

static int take_lock(const char *folder) {
	for (;;) {
		struct stat locked, there;
		/* Others may read what is in there, but not take the lock, for which it must be opened. */
		if (mkdir(folder, 0711) != 0 && errno != EEXIST)
			return -errno;
		int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -errno;
		while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
			;
		/* Whoever had the lock before may have removed the folder in the end. */
		if (fd >= 0 && fstat(fd, &locked) == 0 && stat(folder, &there) == 0 &&
			locked.st_ino == there.st_ino && locked.st_dev == there.st_dev) {
			fchmod(fd, 0711); /* regardless of the umask */
			return fd;
		}
		if (fd >= 0)
			close(fd);
	}
}

int record_open(struct record *record, const char *root, struct reason *reason) {
	char folder[ATTRIBUTE_PATH];
	*record = (struct record){.root = root, .lock = -1};
	int error = attribute_path(folder, root, RECORD_FOLDER) ? take_lock(folder) : -ENAMETOOLONG;
	if (error == -EROFS || error == -EPERM)
		error = -EACCES;
	if (error < 0)
		return reason_set(reason, error, "%s cannot be made: %s%s", folder, strerror(-error),
			error == -EACCES
				? ": it takes root, and no sandbox around it, to change what is connected (zerovnc-monitor.service does it for zerovnc.service)"
				: "");
	record->lock = error;
	read_record(record);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void record_close(struct record *record) {
	char folder[ATTRIBUTE_PATH];
	if (record->lock < 0)
		return;
	if (!record->count && attribute_path(folder, record->root, RECORD_FOLDER))
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	close(record->lock);
	record->lock = -1;
}

/* --- writing --- */

static int save(const struct record *record, struct reason *reason) {
	char full[ATTRIBUTE_PATH], text[RECORD_STEPS * (RECORD_TEXT + 32) + MONITOR_SCREENS * 128 + 64];
	size_t used = (size_t)snprintf(
		text, sizeof text, "owner %d %llu\n", (int)record->owner, record->owner_began);
	for (size_t i = 0; i < record->output_count; i++) {
		const struct record_output *output = &record->outputs[i];
		used += (size_t)snprintf(text + used, sizeof text - used, "output %d %s %u %u %d\n",
			(int)record->kind, output->folder, output->width, output->height, output->added);
	}
	for (size_t i = 0; i < record->count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s %s\n",
			kinds[record->steps[i].kind], record->steps[i].text);
	int error = attribute_path(full, record->root, RECORD_FOLDER "/record")
			    ? file_replace(full, text, used, 0644, false)
			    : -ENAMETOOLONG;
	return error ? reason_set(reason, error, "%s cannot be written: %s", full, strerror(-error)) : 0;
}

int record_add(struct record *record, enum record_kind kind, const char *text, struct reason *reason) {
	if (record->count == RECORD_STEPS || strlen(text) >= RECORD_TEXT || strchr(text, '\n'))
		return reason_set(reason, -EOVERFLOW,
			"this cannot be put on record, so it is not done: %s %s", kinds[kind], text);
	record->steps[record->count].kind = kind;
	snprintf(record->steps[record->count].text, RECORD_TEXT, "%s", text);
	record->count++;
	int error = save(record, reason);
	if (error)
		record->count--;
	return error;
}

int record_drop(struct record *record, struct reason *reason) {
	record->count--;
	return save(record, reason);
}

int record_output(struct record *record, enum monitor_kind kind, const struct record_output *output,
	struct reason *reason) {
	if (record->output_count == MONITOR_SCREENS)
		return reason_set(reason, -ENOSPC, "no more than %d monitors are made", MONITOR_SCREENS);
	record->kind = kind;
	record->outputs[record->output_count++] = *output;
	return save(record, reason);
}

int record_drop_output(struct record *record, struct reason *reason) {
	record->output_count--;
	return save(record, reason);
}

int record_resize(
	struct record *record, size_t index, unsigned width, unsigned height, struct reason *reason) {
	record->outputs[index].width = width;
	record->outputs[index].height = height;
	return save(record, reason);
}
