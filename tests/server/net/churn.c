/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers join and leave, some in the middle of an update, while the picture changes its size all the time.
 * Viewers that can follow a new size see pictures of one moment, and in the end no thread and no file
 * descriptor is left.
 */
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/server/net/desk.h"
#include "tests/test.h"

enum { VIEWERS = 6, VISITS = 12, UPDATES = 8, DESKTOP_SIZE = -223, EXTENDED_DESKTOP_SIZE = -308 };

static struct desk desk;
static _Atomic bool over;
static _Atomic unsigned resized, most_files;

static unsigned count(const char *folder) {
	unsigned entries = 0;
	DIR *directory = opendir(folder);
	CHECK(directory);
	while (readdir(directory))
		entries++;
	closedir(directory);
	return entries;
}

static void *paint(void *unused) {
	(void)unused;
	static const uint32_t sizes[][2] = {{64, 48}, {300, 200}, {300, 201}, {130, 500}};
	for (uint32_t i = 0; !over; i++) {
		const uint32_t *size = sizes[i / 5 % 4];
		desk_paint(&desk, size[0], size[1], 0x010203 * (i % 80 + 1));
		usleep(2000);
	}
	return NULL;
}

static void check_one_moment(const struct seen *seen) {
	for (size_t i = 1; i < (size_t)seen->width * seen->height; i++)
		CHECK_SAY(seen->pixels[i] == seen->pixels[0], "%06x at %zu, %06x before", seen->pixels[i], i,
			seen->pixels[0]);
}

static void visit(unsigned number) {
	struct seen seen;
	int32_t encodings[] = {0, number % 2 ? DESKTOP_SIZE : EXTENDED_DESKTOP_SIZE};
	bool follows = number % 3;
	seen_join(&desk, &seen);
	seen_encodings(&seen, encodings, follows ? 2 : 1);
	for (unsigned update = 0; update < UPDATES; update++) {
		uint32_t width = seen.width, height = seen.height;
		seen_request(&seen, update > 0, 0, 0, (uint16_t)width, (uint16_t)height);
		seen_update(&seen);
		if (follows)
			check_one_moment(&seen);
		resized += seen.width != width || seen.height != height;
	}
	unsigned files = count("/proc/self/fd");
	most_files = files > most_files ? files : most_files;
	if (number % 4 == 0) /* this viewer leaves while an answer is under way */
		seen_request(&seen, false, 0, 0, (uint16_t)seen.width, (uint16_t)seen.height);
	seen_leave(&seen);
}

static void *come_and_go(void *argument) {
	for (unsigned i = 0; i < VISITS; i++)
		visit((unsigned)(size_t)argument + i);
	return NULL;
}

static bool falls_to(const char *folder, unsigned before) {
	for (int i = 0; i < 2000 && count(folder) > before; i++)
		usleep(10000);
	return count(folder) <= before;
}

int main(void) {
	pthread_t painter, viewers[VIEWERS];
	desk.options.security = "none";
	desk_start(&desk);
	CHECK(pthread_create(&painter, NULL, paint, NULL) == 0);
	unsigned files = count("/proc/self/fd"), threads = count("/proc/self/task");
	for (size_t i = 0; i < VIEWERS; i++)
		CHECK(pthread_create(&viewers[i], NULL, come_and_go, (void *)i) == 0);
	for (size_t i = 0; i < VIEWERS; i++)
		pthread_join(viewers[i], NULL);
	CHECK(desk.joined == VIEWERS * VISITS && resized > VISITS);
	CHECK_SAY(falls_to("/proc/self/task", threads), "%u threads, %u before", count("/proc/self/task"),
		threads);
	CHECK_SAY(falls_to("/proc/self/fd", files), "%u files, %u before", count("/proc/self/fd"), files);
	CHECK_SAY(most_files <= files + VIEWERS * 8, "%u files for %d viewers", most_files - files, VIEWERS);
	over = true;
	pthread_join(painter, NULL);
	desk_stop(&desk);
	return 0;
}
