/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process: what the running test or probe uses, to be compared with what it used before. */
#ifndef ZEROVNC_TESTS_PROCESS_H
#define ZEROVNC_TESTS_PROCESS_H

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

/* Returns how many file descriptors are open (and a constant few more); 0 if /proc cannot be read. */
static inline unsigned process_open_fds(void) {
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Returns how many threads there are; 0 if /proc cannot be read. */
static inline unsigned process_threads(void) {
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/task");
	if (!folder)
		return 0;
	for (struct dirent *entry; (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

/* Returns the process's memory in RAM, in KiB; 0 if /proc cannot be read. */
static inline long process_resident_kib(void) {
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

#endif
