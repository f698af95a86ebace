/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/first_line.h"

#include <stdio.h>
#include <string.h>

bool first_line_read(const char *path, char *line, size_t size) {
	FILE *file = fopen(path, "re");
	bool good = file && fgets(line, (int)size, file);
	if (file)
		fclose(file);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	return good;
}
