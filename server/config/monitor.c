/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/monitor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "server/config/config.h"

enum { ITEM = 96 };

/* Copies what is in front of the next comma. Returns what follows it, NULL if nothing does. False in `*fits`
 * if there is no room. */
static const char *next_item(const char *list, char item[ITEM], bool *fits) {
	size_t length = strcspn(list, ",");
	*fits = snprintf(item, ITEM, "%.*s", (int)length, list) < ITEM;
	return list[length] ? list + length + 1 : NULL;
}

static bool is_twice(const struct monitor_wish *wish) {
	const char *last = wish->screens[wish->count].connector;
	for (size_t i = 0; i < wish->count; i++)
		if (strcmp(wish->screens[i].connector, last) == 0)
			return true;
	return false;
}

/* Reads "HDMI-A-1" or "HDMI-A-1:1600x900". "auto" stands alone, and is a screen without a name. */
static bool read_screen(const char *item, bool alone, struct monitor_wish *wish) {
	struct monitor_screen *screen = &wish->screens[wish->count];
	size_t length = strcspn(item, ":");
	if (!length || length >= sizeof screen->connector || strchr(item, '/') ||
		(item[length] && !config_parse_size(item + length + 1, &screen->width, &screen->height)))
		return false;
	snprintf(screen->connector, sizeof screen->connector, "%.*s", (int)length, item);
	if (is_twice(wish))
		return false;
	wish->count++;
	if (strcmp(screen->connector, "auto") != 0)
		return strcmp(screen->connector, "no") != 0;
	screen->connector[0] = '\0';
	return alone;
}

int config_monitor(const char *value, struct monitor_wish *wish, struct reason *reason) {
	*wish = (struct monitor_wish){.count = 0};
	if (!value || strcmp(value, "no") == 0)
		return 0;
	for (const char *rest = value; rest;) {
		char item[ITEM];
		bool fits;
		rest = next_item(rest, item, &fits);
		if (wish->count == MONITOR_SCREENS)
			return reason_set(reason, -EINVAL, "--monitor: '%s' names more than %d connectors",
				value, MONITOR_SCREENS);
		if (!fits || !read_screen(item, !wish->count && !rest, wish))
			return reason_set(reason, -EINVAL,
				"--monitor: '%s' is not auto, no or the names of connectors (HDMI-A-1,DP-1), perhaps with sizes (auto:1600x900)",
				value);
	}
	return 1;
}

size_t config_screens(const char *value, struct monitor_screen screens[MONITOR_SCREENS]) {
	size_t count = 0;
	memset(screens, 0, MONITOR_SCREENS * sizeof *screens);
	while (value) {
		char item[ITEM];
		bool fits;
		value = next_item(value, item, &fits);
		if (!fits || count == MONITOR_SCREENS ||
			!config_parse_size(item, &screens[count].width, &screens[count].height))
			return 0;
		count++;
	}
	return count;
}
