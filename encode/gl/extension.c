/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/extension.h"

#include <stddef.h>
#include <string.h>

bool extension_is_listed(const char *list, const char *extension) {
	size_t length = strlen(extension);
	for (const char *at = list; at && (at = strstr(at, extension)); at += length) {
		bool starts = at == list || at[-1] == ' ';
		if (starts && (at[length] == '\0' || at[length] == ' '))
			return true;
	}
	return false;
}
