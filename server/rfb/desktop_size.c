/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb/desktop_size.h"

#include <stdbool.h>

#include "server/rfb/bytes.h"
#include "server/rfb/rectangle.h"

enum { SCREENS = 8 /* offset in the message */ };

struct screen {
	uint32_t id;
	unsigned x, y, width, height;
};

static struct screen get_screen(const uint8_t *message, unsigned index) {
	const uint8_t *at = message + SCREENS + DESKTOP_SIZE_SCREEN * index;
	return (struct screen){bytes_get32(at), bytes_get16(at + 4), bytes_get16(at + 6), bytes_get16(at + 8),
		bytes_get16(at + 10)};
}

static bool same_id_before(const uint8_t *message, unsigned index, uint32_t id) {
	for (unsigned i = 0; i < index; i++)
		if (get_screen(message, i).id == id)
			return true;
	return false;
}

enum desktop_size_status desktop_size_judge(const uint8_t *message) {
	unsigned width = bytes_get16(message + 2), height = bytes_get16(message + 4), count = message[6];
	for (unsigned i = 0; i < count; i++) {
		struct screen screen = get_screen(message, i);
		if (!screen.width || !screen.height || screen.x + screen.width > width ||
			screen.y + screen.height > height || same_id_before(message, i, screen.id))
			return DESKTOP_SIZE_INVALID;
	}
	return count ? DESKTOP_SIZE_PROHIBITED : DESKTOP_SIZE_INVALID;
}

static size_t put_screen(uint8_t *to, const struct picture_screen *screen) {
	bytes_put32(to, screen->id);
	bytes_put16(to + 4, (uint16_t)screen->place.x);
	bytes_put16(to + 6, (uint16_t)screen->place.y);
	bytes_put16(to + 8, (uint16_t)screen->place.width);
	bytes_put16(to + 10, (uint16_t)screen->place.height);
	bytes_put32(to + 12, 0); /* flags */
	return DESKTOP_SIZE_SCREEN;
}

size_t desktop_size_bytes(const struct encoder_desktop *desktop) {
	return RECTANGLE_HEADER_SIZE + DESKTOP_SIZE_SCREENS +
	       (size_t)desktop->screen_count * DESKTOP_SIZE_SCREEN;
}

size_t desktop_size_write(
	uint8_t *to, enum desktop_size_status status, const struct encoder_desktop *desktop) {
	size_t used = rectangle_write(to, DESKTOP_SIZE_BY_THIS_CLIENT, (uint16_t)status,
		(uint16_t)desktop->width, (uint16_t)desktop->height, ENCODING_EXTENDED_DESKTOP_SIZE);
	bytes_put32(to + used, desktop->screen_count << 24); /* and three bytes of padding */
	used += DESKTOP_SIZE_SCREENS;
	for (unsigned i = 0; i < desktop->screen_count; i++)
		used += put_screen(to + used, &desktop->screens[i]);
	return used;
}
