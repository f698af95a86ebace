/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/console.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const uint64_t patience_ns = 1000000000, longest_pause_ns = 60 * 1000000000ull;

/* The framebuffer device of the card. */
static bool find_device(const char *card_name, char path[32]) {
	DIR *folder = opendir("/sys/class/graphics");
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		char card[400], end;
		unsigned number;
		if (sscanf(entry->d_name, "fb%u%c", &number, &end) != 1)
			continue;
		snprintf(card, sizeof card, "/sys/class/graphics/fb%u/device/drm/%s", number, card_name);
		found = access(card, F_OK) == 0;
		snprintf(path, 32, "/dev/fb%u", number);
	}
	if (folder)
		closedir(folder);
	return found;
}

/*
 * While the card has a master, the kernel answers every ioctl of its own on the framebuffer device
 * (drm_fb_helper_ioctl) with EBUSY, before it looks at the request. Otherwise it answers an unknown request
 * with ENOTTY. Trying to become master instead would get in the way of a compositor that does so at this
 * moment.
 */
enum kms_console_right kms_console_ask(const char *card_name) {
	char path[32];
	int fd = find_device(card_name, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return KMS_CONSOLE_UNKNOWN;
	int error = ioctl(fd, _IO('F', 0xff)) == 0 ? 0 : errno;
	close(fd);
	return error == ENOTTY ? KMS_CONSOLE_FREE : error == EBUSY ? KMS_CONSOLE_BARRED : KMS_CONSOLE_UNKNOWN;
}

void kms_console_drawn(struct kms_console *console) {
	*console = (struct kms_console){0};
}

static void begin(struct kms_console *console, uint64_t now_ns) {
	*console = (struct kms_console){now_ns + patience_ns, patience_ns};
}

bool kms_console_is_due(struct kms_console *console, uint64_t now_ns) {
	if (!console->due_ns)
		begin(console, now_ns);
	return now_ns >= console->due_ns;
}

bool kms_console_asked(struct kms_console *console, enum kms_console_right right, uint64_t now_ns) {
	if (right == KMS_CONSOLE_BARRED) {
		begin(console, now_ns);
		return false;
	}
	console->due_ns = now_ns + console->pause_ns;
	console->pause_ns *= 2;
	if (console->pause_ns > longest_pause_ns)
		console->pause_ns = longest_pause_ns;
	return true;
}
