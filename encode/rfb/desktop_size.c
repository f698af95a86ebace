/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/desktop_size.h"

#include <stdbool.h>

#include "encode/rfb/bytes.h"
#include "encode/rfb/rectangle.h"

enum { SCREENS = 8 /* offset in the message */ };

static struct desktop_size_screen get_screen(const uint8_t *message, unsigned index) {
	const uint8_t *at = message + SCREENS + DESKTOP_SIZE_SCREEN * index;
	return (struct desktop_size_screen){bytes_get32(at), bytes_get16(at + 4), bytes_get16(at + 6),
		bytes_get16(at + 8), bytes_get16(at + 10)};
}

static bool same_id_before(const uint8_t *message, unsigned index, uint32_t id) {
	for (unsigned i = 0; i < index; i++)
		if (get_screen(message, i).id == id)
			return true;
	return false;
}

static void insert(struct desktop_size_wish *wish, const struct desktop_size_screen *screen, unsigned count) {
	unsigned at = count < PICTURE_MAX_SCREENS ? count : PICTURE_MAX_SCREENS - 1;
	for (; at > 0 && wish->screens[at - 1].x > screen->x; at--)
		wish->screens[at] = wish->screens[at - 1];
	wish->screens[at] = *screen;
}

static bool is_row(const struct desktop_size_wish *wish) {
	unsigned right = 0, height = 0;
	if (wish->count > PICTURE_MAX_SCREENS)
		return false;
	for (unsigned i = 0; i < wish->count; i++) {
		const struct desktop_size_screen *screen = &wish->screens[i];
		if (screen->x != right || screen->y != 0)
			return false;
		right += screen->width;
		height = screen->height > height ? screen->height : height;
	}
	return right == wish->width && height == wish->height;
}

struct desktop_size_wish desktop_size_read(const uint8_t *message) {
	struct desktop_size_wish wish = {
		.width = bytes_get16(message + 2), .height = bytes_get16(message + 4), .count = message[6]};
	for (unsigned i = 0; i < wish.count; i++) {
		struct desktop_size_screen screen = get_screen(message, i);
		if (!screen.width || !screen.height || screen.x + screen.width > wish.width ||
			screen.y + screen.height > wish.height || same_id_before(message, i, screen.id))
			return wish;
		insert(&wish, &screen, i);
	}
	wish.is_valid = wish.count > 0;
	wish.is_row = is_row(&wish);
	return wish;
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

size_t desktop_size_write(uint8_t *to, enum desktop_size_reason by, enum desktop_size_status status,
	const struct encoder_desktop *desktop) {
	size_t used = rectangle_write(to, (uint16_t)by, (uint16_t)status, (uint16_t)desktop->width,
		(uint16_t)desktop->height, ENCODING_EXTENDED_DESKTOP_SIZE);
	bytes_put32(to + used, desktop->screen_count << 24); /* and three bytes of padding */
	used += DESKTOP_SIZE_SCREENS;
	for (unsigned i = 0; i < desktop->screen_count; i++)
		used += put_screen(to + used, &desktop->screens[i]);
	return used;
}
