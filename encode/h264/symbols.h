/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols: functions of a library that was loaded at run time. No folder but this one includes it. */
#ifndef ZEROVNC_H264_SYMBOLS_H
#define ZEROVNC_H264_SYMBOLS_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct symbol {
	const char *name;
	void *to; /* a pointer to the function, which is written */
};

/* False: the library lacks one of them. */
static inline bool symbols_find(void *library, const struct symbol *symbols, size_t count) {
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, symbols[i].name);
		if (!function)
			return false;
		memcpy(symbols[i].to, &function, sizeof function);
	}
	return true;
}

#endif
