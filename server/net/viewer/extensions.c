/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/extensions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "encode/rfb/rectangle.h"

const int32_t extensions_cursor_shapes[] = {
	ENCODING_CURSOR_WITH_ALPHA, ENCODING_VMWARE_CURSOR, ENCODING_RICH_CURSOR, 0};
const int32_t extensions_cursor_places[] = {ENCODING_POINTER_POSITION, ENCODING_VMWARE_POSITION, 0};

enum { KEYS = 1, BUTTONS = 2, NAME = 4, MOTION = 8 };

/* What an update announces, in this order. */
static const struct {
	int32_t encoding;
	unsigned bit;
} rows[] = {
	{ENCODING_QEMU_KEYS, KEYS},
	{ENCODING_EXTENDED_BUTTONS, BUTTONS},
	{ENCODING_QEMU_MOTION, MOTION}, /* x is 0: please send relative motion */
	{ENCODING_DESKTOP_NAME, NAME},
};

void extensions_finish(struct extensions *extensions) {
	free(extensions->list);
	extensions->list = NULL;
}

bool extensions_has(const struct extensions *extensions, int32_t encoding) {
	for (size_t i = 0; i < extensions->count; i++)
		if (extensions->list[i] == encoding)
			return true;
	return false;
}

int32_t extensions_choose(const struct extensions *extensions, const int32_t *choices) {
	while (*choices && !extensions_has(extensions, *choices))
		choices++;
	return *choices;
}

static int read_list(struct extensions *extensions, const uint8_t *numbers, size_t count) {
	int32_t *list = malloc(count * sizeof *list + 1);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		list[i] = (int32_t)bytes_get32(numbers + 4 * i);
	free(extensions->list);
	extensions->list = list;
	extensions->count = count;
	return 0;
}

/* Two of them end when the viewer names them no more, and are announced anew when it does. */
static void find_due(struct extensions *extensions, bool motion) {
	unsigned unwanted = motion ? 0 : MOTION;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (extensions_has(extensions, rows[i].encoding) &&
			!((extensions->announced | unwanted) & rows[i].bit))
			extensions->due |= rows[i].bit;
	extensions->announced |= extensions->due;
	if (!extensions_has(extensions, ENCODING_EXTENDED_BUTTONS)) {
		extensions->extended_buttons = false;
		extensions->announced &= ~(unsigned)BUTTONS;
	}
	if (!extensions_has(extensions, ENCODING_QEMU_MOTION)) {
		extensions->sends_motion = false;
		extensions->announced &= ~(unsigned)MOTION;
	}
}

int extensions_set(struct extensions *extensions, const uint8_t *numbers, size_t count, bool motion,
	struct extensions_begin *begin) {
	int error = read_list(extensions, numbers, count);
	if (error)
		return error;
	bool continuous = extensions_has(extensions, ENCODING_CONTINUOUS_UPDATES);
	bool fences = extensions_has(extensions, ENCODING_FENCE);
	begin->continuous = continuous && !extensions->knows_continuous;
	begin->fences = fences && !extensions->fences;
	extensions->knows_continuous |= continuous;
	extensions->fences = fences;
	find_due(extensions, motion);
	return 0;
}

void extensions_renew_name(struct extensions *extensions) {
	if (extensions_has(extensions, ENCODING_DESKTOP_NAME))
		extensions->due |= NAME;
}

static size_t write_name(uint8_t *to, const char *name) {
	size_t length = strnlen(name, EXTENSIONS_NAME_MAX);
	bytes_put32(to, (uint32_t)length);
	memcpy(to + 4, name, length);
	return 4 + length;
}

size_t extensions_announce(struct extensions *extensions, const char *desktop_name, uint8_t *to) {
	size_t used = UPDATE_HEADER_SIZE;
	unsigned count = 0;
	if (!extensions->due)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!(extensions->due & rows[i].bit))
			continue;
		used += rectangle_write(to + used, 0, 0, 0, 0, rows[i].encoding);
		if (rows[i].bit == NAME)
			used += write_name(to + used, desktop_name);
		count++;
	}
	extensions->extended_buttons |= (extensions->due & BUTTONS) != 0;
	extensions->sends_motion |= (extensions->due & MOTION) != 0;
	extensions->due = 0;
	rectangle_write_update(to, count);
	return used;
}
