/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monitors are made and taken away, in trees of files whose kernel is tests/capture/monitor/kernel. */
#include "capture/monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "capture/monitor/holder.h"
#include "tests/capture/monitor/kernel.h"
#include "tests/tree.h"

#define EDIDS    "/sys/module/drm/parameters/edid_firmware"
#define FIRMWARE "/sys/module/firmware_class/parameters/path"
#define OURS     "HDMI-A-1:zerovnc/HDMI-A-1.bin"
#define SECOND   "DP-1:zerovnc/DP-1.bin"

static struct monitor result;
static struct reason reason, words;

/* --- the whole tree, as sorted lines --- */

enum { LINES = 256 };

struct snapshot {
	char *lines[LINES];
	int count;
};

static struct snapshot *taken;

static int take_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)status;
	(void)walk;
	char line[8192];
	size_t used = (size_t)snprintf(line, sizeof line, "%s: ", path);
	int fd = type == FTW_F ? open(path, O_RDONLY | O_NONBLOCK) : -1; /* a FIFO, too */
	ssize_t length = fd >= 0 ? read(fd, line + used, sizeof line - used - 1) : 0;
	if (fd >= 0)
		close(fd);
	CHECK(length >= 0 && taken->count < LINES);
	line[used + (size_t)length] = '\0';
	taken->lines[taken->count++] = strdup(line);
	return 0;
}

static int by_text(const void *one, const void *other) {
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void snapshot_take(struct snapshot *snapshot) {
	*snapshot = (struct snapshot){0};
	taken = snapshot;
	CHECK(nftw(tree_root, take_one, 16, FTW_PHYS) == 0);
	qsort(snapshot->lines, (size_t)snapshot->count, sizeof *snapshot->lines, by_text);
}

static void snapshot_free(struct snapshot *snapshot) {
	for (int i = 0; i < snapshot->count; i++)
		free(snapshot->lines[i]);
}

/* The tree is as it was. */
static void check_same(const struct snapshot *before) {
	struct snapshot now;
	snapshot_take(&now);
	for (int i = 0; i < before->count && i < now.count; i++)
		CHECK_SAY(strcmp(before->lines[i], now.lines[i]) == 0, "was '%s', is '%s'", before->lines[i],
			now.lines[i]);
	CHECK(before->count == now.count);
	snapshot_free(&now);
}

/* --- */

static void check_file(const char *path, const char *text) {
	char full[512], line[512] = "";
	snprintf(full, sizeof full, "%s%s", tree_root, path);
	FILE *file = fopen(full, "r");
	CHECK_SAY(file && fgets(line, sizeof line, file), "%s", path);
	CHECK(fclose(file) == 0);
	line[strcspn(line, "\n")] = '\0';
	CHECK_SAY(strcmp(line, text) == 0, "%s: '%s' instead of '%s'", path, line, text);
}

/* Others may read what is on record, but not take the lock, for which the folder must be opened. */
static void check_lock_is_private(void) {
	char full[512];
	struct stat status;
	snprintf(full, sizeof full, "%s/run/zerovnc-monitor", tree_root);
	CHECK(stat(full, &status) == 0 && (status.st_mode & 0777) == 0711);
	snprintf(full, sizeof full, "%s/run/zerovnc-monitor/record", tree_root);
	CHECK(stat(full, &status) == 0 && (status.st_mode & 0777) == 0644);
}

static int plug(const char *connector, unsigned width, unsigned height) {
	struct monitor_wish wish = {.screens = {{"", width, height}}, .count = 1};
	if (connector)
		snprintf(wish.screens[0].connector, sizeof wish.screens[0].connector, "%s", connector);
	reason.text[0] = '\0';
	return monitor_plug(tree_root, &wish, &result, &reason);
}

static void check_screen(size_t index, const char *connector, unsigned width, unsigned height) {
	const struct monitor_screen *screen = &result.screens[index];
	CHECK_SAY(index < result.count && strcmp(screen->connector, connector) == 0, "%s", result.words.text);
	CHECK_SAY(screen->width == width && screen->height == height, "%ux%u", screen->width, screen->height);
}

static void check_plugged(enum monitor_kind kind, const char *connector, unsigned width, unsigned height) {
	CHECK_SAY(result.kind == kind && result.count == 1, "%s", result.words.text);
	check_screen(0, connector, width, height);
}

static int resize(unsigned width, unsigned height) {
	const struct monitor_screen size = {"", width, height};
	return monitor_resize(tree_root, &size, 1, &result, &reason);
}

/* Two screens, the second one 800x600. */
static int resize_two(unsigned width, unsigned height) {
	const struct monitor_screen sizes[] = {{"", width, height}, {"", 800, 600}};
	return monitor_resize(tree_root, sizes, 2, &result, &reason);
}

static void check_refused(int error, int expected, const char *text) {
	CHECK_SAY(error == expected, "%d: %s", error, reason.text);
	CHECK_SAY(strstr(reason.text, text), "'%s' in: %s", text, reason.text);
}

static void check_describes(const char *text) {
	struct monitor_wish wish = {0};
	CHECK_SAY(monitor_describe(tree_root, &wish, &words) == 0, "%s", words.text);
	CHECK_SAY(strstr(words.text, text), "'%s' in: %s", text, words.text);
}

static void check_unplugged(const struct snapshot *before) {
	CHECK_SAY(monitor_unplug(tree_root, &words, &reason) == 0, "%s", reason.text);
	CHECK(monitor_made(tree_root, &result) == -ENOENT);
	check_same(before);
}

/* A machine with a card, and nothing plugged in. */
static void begin(enum kernel_vkms vkms) {
	tree_clear();
	kernel_begin(vkms);
	kernel_add_output("card1-DP-1");
	kernel_add_output("card1-DP-2");
	kernel_add_output("card1-HDMI-A-1");
	kernel_add_output("card1-Writeback-1");
}

static void test_force(void) {
	struct snapshot before;
	begin(KERNEL_VKMS_NEW);
	snapshot_take(&before);
	check_describes("card1-HDMI-A-1 would be forced on");
	check_same(&before);
	CHECK_SAY(plug(NULL, 1600, 900) == 0, "%s", reason.text);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1600, 900);
	CHECK(result.ours && strcmp(result.card, "/dev/dri/card1") == 0);
	check_file("/sys/class/drm/card1-HDMI-A-1/status", "connected");
	check_file(EDIDS, OURS);
	check_lock_is_private();
	check_describes("zerovnc has forced on");
	CHECK(monitor_made(tree_root, &result) == 0 && result.ours);

	/* it is there, and no other is made */
	CHECK(plug(NULL, 800, 600) == 0);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1600, 900);
	CHECK(result.ours);

	CHECK_SAY(resize(1234, 567) == 0, "%s", reason.text);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1234, 567);
	check_refused(resize(5000, 567), -EINVAL, "4095");
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1234, 567);
	check_unplugged(&before);
	CHECK(strstr(words.text, "card1-HDMI-A-1 is not forced on any more"));
	check_unplugged(&before); /* again */
	CHECK(!words.text[0]);
	check_refused(resize(800, 600), -ENOENT, "made no monitor");
	check_same(&before);

	/* a driver that does not care for EDIDs is said to be one */
	kernel.fixed = "1024x768";
	CHECK(plug("DP-2", 0, 0) == 0);
	check_plugged(MONITOR_FORCED, "DP-2", 1024, 768);
	CHECK_SAY(strstr(result.words.text, "1920x1080 was asked for"), "%s", result.words.text);
	check_unplugged(&before);
	snapshot_free(&before);
}

/* A viewer asks for a second screen, and for one again. Sizes are given in the kernel's order of connectors.
 */
static void test_several(void) {
	struct snapshot before, one;
	begin(KERNEL_VKMS_NONE);
	tree_put("/sys/class/drm/card1-DP-1/connector_id", "31\n");
	tree_put("/sys/class/drm/card1-DP-2/connector_id", "35\n");
	tree_put("/sys/class/drm/card1-HDMI-A-1/connector_id", "33\n");
	kernel_add_output("card0-DP-4"); /* no screen of another card is taken */
	tree_put("/proc/cmdline", "quiet video=card0-DP-4:d video=DP-4:d\n");
	snapshot_take(&before);
	CHECK_SAY(plug(NULL, 1600, 900) == 0, "%s", reason.text);
	snapshot_take(&one);
	CHECK_SAY(resize_two(1280, 720) == 0, "%s", reason.text);
	CHECK(result.kind == MONITOR_FORCED && result.count == 2 && result.ours);
	check_screen(0, "DP-1", 1280, 720);
	check_screen(1, "HDMI-A-1", 800, 600);
	CHECK_SAY(
		strstr(result.words.text, "DP-1 of /dev/dri/card1 is a monitor of 1280x720 that zerovnc has "
					  "forced on, and HDMI-A-1"),
		"%s", result.words.text);
	check_file(EDIDS, SECOND "," OURS);
	CHECK(monitor_made(tree_root, &result) == 0 && result.count == 2);

	/* nothing is unplugged whose size stays */
	kernel.busy = "card1-HDMI-A-1/status";
	CHECK_SAY(resize_two(640, 480) == 0, "%s", reason.text);
	check_screen(0, "DP-1", 640, 480);
	kernel.busy = NULL;

	/* one again: the one that was there first */
	CHECK_SAY(resize(1600, 900) == 0, "%s", reason.text);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1600, 900);
	check_file("/sys/class/drm/card1-DP-1/status", "disconnected");
	check_file(EDIDS, OURS);

	/* what cannot be leaves all as it is */
	const struct monitor_screen four[] = {{"", 640, 480}, {"", 640, 480}, {"", 640, 480}, {"", 640, 480}};
	check_refused(monitor_resize(tree_root, four, 4, &result, &reason), -ENOSPC, "connectors for 3");
	check_refused(resize_two(9999, 480), -EINVAL, "4095");
	kernel.stuck = "card1-DP-1";
	check_refused(resize_two(1280, 720), -EIO, "card1-DP-1");
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1600, 900);
	check_file("/sys/class/drm/card1-DP-1/status", "disconnected");
	check_file(EDIDS, OURS);
	kernel.stuck = NULL;

	CHECK(resize_two(1280, 720) == 0);
	check_unplugged(&before);
	CHECK_SAY(strstr(words.text, "the connector card1-DP-1 is not forced on any more, the connector "
				     "card1-HDMI-A-1"),
		"%s", words.text);
	snapshot_free(&one);
	snapshot_free(&before);
}

static int plug_two(const char *one, const char *other, unsigned width, unsigned height) {
	struct monitor_wish wish = {.screens = {{"", 1024, 768}, {"", width, height}}, .count = 2};
	snprintf(wish.screens[0].connector, sizeof wish.screens[0].connector, "%s", one);
	snprintf(wish.screens[1].connector, sizeof wish.screens[1].connector, "%s", other);
	return monitor_plug(tree_root, &wish, &result, &reason);
}

/* Of two cards, that by which the machine started comes first, with its best connector. */
static void test_cards(void) {
	begin(KERNEL_VKMS_NONE);
	kernel_add_output("card0-HDMI-A-2");
	check_describes("card0-HDMI-A-2 would be forced on");
	kernel_add_output("card2-DP-3");
	kernel_add_output("card2-DP-4");
	kernel_add_output("card2-VGA-1");
	tree_put("/sys/class/drm/card0/device/boot_vga", "0\n");
	tree_put("/sys/class/drm/card2/device/boot_vga", "1\n");
	check_describes("card2-DP-3 would be forced on");
}

/* Several connectors are asked for by name: all of them are forced on, or none. They stay. */
static void test_named(void) {
	struct snapshot before;
	begin(KERNEL_VKMS_NEW);
	kernel_add_output("card0-DP-1");
	kernel_add_output("card0-DP-5");
	snapshot_take(&before);
	check_refused(plug_two("HDMI-A-1", "DP-5", 800, 600), -EINVAL, "different cards");
	check_refused(plug_two("HDMI-A-1", "DP-9", 800, 600), -ENOENT, "no connector DP-9");
	check_refused(plug_two("HDMI-A-1", "DP-1", 9999, 600), -EINVAL, "4095");
	check_same(&before);
	kernel.stuck = "card1-DP-1";
	check_refused(plug_two("HDMI-A-1", "DP-1", 800, 600), -EIO, "card1-DP-1");
	check_unplugged(&before);
	kernel.stuck = NULL;

	CHECK_SAY(plug_two("HDMI-A-1", "DP-1", 0, 0) == 0, "%s", reason.text);
	CHECK(result.count == 2 && result.ours);
	check_screen(0, "HDMI-A-1", 1024, 768);
	check_screen(1, "DP-1", 1920, 1080);
	check_file("/sys/class/drm/card1-DP-1/status", "connected");
	check_refused(resize(800, 600), -EINVAL, "asks for 2, which stay");
	CHECK_SAY(resize_two(1280, 720) == 0, "%s", reason.text);
	check_screen(0, "HDMI-A-1", 1280, 720);
	check_screen(1, "DP-1", 800, 600);
	check_unplugged(&before);

	/* one of them has a monitor */
	tree_put("/sys/class/drm/card1-DP-1/status", "connected\n");
	check_refused(plug_two("HDMI-A-1", "DP-1", 0, 0), -EEXIST, "DP-1 of /dev/dri/card1 is connected");
	tree_put("/sys/class/drm/card1-DP-2/status", "connected\n");
	CHECK_SAY(plug_two("DP-2", "DP-1", 0, 0) == 0, "%s", reason.text);
	check_plugged(MONITOR_THERE, "DP-2", 0, 0);
	snapshot_free(&before);
}

/* What others have put there keeps working and stays. */
static void test_others(void) {
	struct snapshot before;
	begin(KERNEL_VKMS_NONE);
	tree_put(EDIDS, "DP-3:edid/theirs.bin,HDMI-A-1:edid/theirs.bin\n");
	tree_put(FIRMWARE, "/opt/firmware\n");
	tree_put("/opt/firmware/edid/theirs.bin", "an EDID\n");
	snapshot_take(&before);
	CHECK(plug(NULL, 1280, 720) == 0);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1280, 720);
	check_file(EDIDS, OURS ",DP-3:edid/theirs.bin,HDMI-A-1:edid/theirs.bin");
	char link[512], target[512] = "";
	snprintf(link, sizeof link, "%s/run/zerovnc-monitor/firmware/edid", tree_root);
	CHECK(readlink(link, target, sizeof target - 1) > 0 && strcmp(target, "/opt/firmware/edid") == 0);
	check_unplugged(&before);

	/* somebody changes both meanwhile */
	CHECK(plug(NULL, 1280, 720) == 0);
	tree_put(EDIDS, "DP-1:new.bin," OURS "\n");
	tree_put(FIRMWARE, "/new\n");
	CHECK(monitor_unplug(tree_root, &words, &reason) == 0);
	check_file(EDIDS, "DP-1:new.bin");
	check_file(FIRMWARE, "/new");
	snapshot_free(&before);
}

static void test_refusals(void) {
	struct snapshot before;
	begin(KERNEL_VKMS_NEW);
	snapshot_take(&before);
	check_refused(plug("HDMI-A-7", 0, 0), -ENOENT, "there are card1-DP-1, card1-DP-2, card1-HDMI-A-1");
	check_refused(plug(NULL, 100, 100), -EINVAL, "320x200");
	kernel.busy = "edid_firmware";
	kernel_begin(KERNEL_VKMS_NONE);
	kernel.busy = "edid_firmware";
	check_refused(plug("HDMI-A-1", 0, 0), -EBUSY, "edid_firmware");
	kernel.busy = NULL;
	tree_put("/proc/cmdline", "quiet video=HDMI-A-1:d video=DP-1:1024x768e\n");
	check_refused(plug("HDMI-A-1", 0, 0), -EPERM, "command line");
	CHECK(plug(NULL, 0, 0) == 0);
	check_plugged(MONITOR_FORCED, "DP-1", 1920, 1080);
	CHECK(monitor_unplug(tree_root, NULL, &reason) == 0);
	tree_put("/proc/cmdline", "quiet\n");

	/* the next one, if the driver does not take one for connected */
	kernel.stuck = "HDMI-A-1";
	CHECK(plug(NULL, 0, 0) == 0);
	check_plugged(MONITOR_FORCED, "DP-1", 1920, 1080);
	CHECK(monitor_unplug(tree_root, NULL, &reason) == 0);
	kernel.stuck = NULL;

	/* a monitor is there, whoever says so */
	tree_put("/sys/class/drm/card1-DP-2/status", "connected\n");
	CHECK(plug(NULL, 0, 0) == 0);
	check_plugged(MONITOR_THERE, "DP-2", 0, 0);
	CHECK(!result.ours);
	check_refused(plug("HDMI-A-1", 0, 0), -EEXIST, "DP-2 of /dev/dri/card1 is connected");
	CHECK(plug("card1-DP-2", 0, 0) == 0);
	tree_put("/sys/class/drm/card1-DP-2/status", "disconnected\n");

	kernel_add_output("card2-Virtual-1");
	check_refused(plug("Virtual-1", 0, 0), -EOPNOTSUPP, "virtual card");
	snapshot_free(&before);
}

static void test_virtual(enum kernel_vkms vkms, const char *card) {
	struct snapshot before;
	tree_clear();
	kernel_begin(vkms);
	snapshot_take(&before);
	check_describes("a virtual card would be made");
	CHECK_SAY(plug(NULL, 0, 0) == 0, "%s", reason.text);
	check_plugged(MONITOR_VIRTUAL, "Virtual-1", 1024, 768);
	CHECK_SAY(strcmp(result.card, card) == 0, "%s", result.card);
	check_refused(resize(800, 600), -EOPNOTSUPP, "list of modes");
	check_unplugged(&before);
	CHECK_SAY(strstr(words.text, "the module vkms is unloaded"), "%s", words.text);
	snapshot_free(&before);
}

static void test_no_virtual(void) {
	tree_clear();
	kernel_begin(KERNEL_VKMS_NONE);
	tree_put("/etc/os-release", "ID=ubuntu\n");
	check_refused(plug(NULL, 0, 0), -ENODEV, "install linux-modules-extra-6.12,");
	/* somebody else's card of that name */
	kernel_begin(KERNEL_VKMS_NEW);
	tree_put("/sys/module/vkms/parameters/create_default_dev", "N\n");
	tree_put("/sys/kernel/config/vkms/zerovnc/", "");
	struct snapshot before;
	snapshot_take(&before);
	check_refused(plug(NULL, 0, 0), -EEXIST, "somebody else has made");
	check_same(&before);
	snapshot_free(&before);
}

/* --- evdi --- */

static void begin_evdi(const char *version) {
	tree_clear();
	kernel_begin(KERNEL_EVDI);
	tree_put("/evdi-version", version);
}

/* A monitor with an EDID of ours, whose size can be changed. A process holds it. */
static void test_evdi(void) {
	struct snapshot before;
	begin_evdi("1.14.8");
	snapshot_take(&before);
	check_describes("a virtual card would be made (evdi)");
	CHECK_SAY(plug(NULL, 1600, 900) == 0, "%s", reason.text);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1600, 900);
	CHECK(result.ours && strcmp(result.card, "/dev/dri/card3") == 0);
	CHECK_SAY(strstr(result.words.text,
			  "DVI-I-1 of /dev/dri/card3 is a monitor of 1600x900 that zerovnc has "
			  "plugged into a virtual card (evdi)"),
		"%s", result.words.text);
	CHECK_SAY(resize(1280, 720) == 0, "%s", reason.text);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1280, 720);
	check_refused(resize_two(1280, 720), -ENOSPC, "a connector for one");
	check_refused(resize(9999, 720), -EINVAL, "4095");
	CHECK(monitor_made(tree_root, &result) == 0);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1280, 720);
	check_unplugged(&before);
	CHECK_SAY(strstr(words.text, "nothing is plugged into card3-DVI-I-1 any more"), "%s", words.text);

	/* somebody kills the process */
	CHECK(plug(NULL, 1600, 900) == 0);
	CHECK(holder_order(tree_root, HOLDER_END, &reason) == 0);
	check_refused(resize(800, 600), -ESRCH, "has ended");
	CHECK_SAY(plug(NULL, 1024, 768) == 0 && result.ours, "%s", reason.text);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1024, 768);
	check_unplugged(&before);

	/* what cannot be leaves all as it is */
	check_refused(plug(NULL, 9999, 900), -EINVAL, "4095");
	check_same(&before);
	kernel.refused = EIO;
	check_refused(plug(NULL, 1600, 900), -EIO, "evdi: ");
	check_same(&before);
	kernel.refused = 0;
	kernel.busy = "evdi/add";
	check_refused(plug(NULL, 1600, 900), -EBUSY, "evdi/add");
	check_same(&before);
	snapshot_free(&before);
}

/* Removing cards crashes an old evdi, and belongs to whoever uses another one. */
static void test_evdi_stays(void) {
	struct snapshot before, used;
	begin_evdi("1.12.0");
	CHECK(plug(NULL, 0, 0) == 0 && monitor_unplug(tree_root, &words, &reason) == 0);
	check_file("/sys/class/drm/card3-DVI-I-1/status", "disconnected");
	snapshot_take(&before);
	kernel.busy = "evdi/add"; /* no other card */
	CHECK_SAY(plug(NULL, 800, 600) == 0, "%s", reason.text);
	check_plugged(MONITOR_HELD, "DVI-I-1", 800, 600);
	/* what a program that ended left lit is no display */
	tree_put("/sys/class/drm/card3-DVI-I-1/enabled", "enabled\n");
	CHECK(monitor_unplug(tree_root, &words, &reason) == 0);
	CHECK(plug(NULL, 800, 600) == 0);
	check_plugged(MONITOR_HELD, "DVI-I-1", 800, 600);
	tree_put("/sys/class/drm/card3-DVI-I-1/enabled", "disabled\n");
	check_unplugged(&before);
	check_refused(plug("DVI-I-1", 0, 0), -EOPNOTSUPP, "virtual card");

	/* one that belongs to a device on USB is not taken */
	tree_put("/sys/class/drm/card3/device/device/idVendor", "17e9\n");
	check_refused(plug(NULL, 0, 0), -EBUSY, "evdi/add");

	/* and none is removed beside it */
	begin_evdi("1.13.0");
	CHECK(plug(NULL, 800, 600) == 0);
	kernel_add_output("card4-DVI-I-2");
	tree_put("/sys/class/drm/card4/device/modalias", "platform:evdi\n");
	tree_put("/sys/class/drm/card4-DVI-I-2/status", "connected\n");
	CHECK(monitor_unplug(tree_root, &words, &reason) == 0);
	check_file("/sys/class/drm/card3-DVI-I-1/status", "disconnected");
	CHECK(plug(NULL, 0, 0) == 0);
	check_plugged(MONITOR_THERE, "DVI-I-2", 0, 0);
	snapshot_take(&used);
	check_unplugged(&used);
	snapshot_free(&used);
	snapshot_free(&before);
}

/* If vkms is there but cannot be had, evdi is taken. */
static void test_evdi_instead(void) {
	tree_clear();
	kernel_begin(KERNEL_VKMS_NEW);
	tree_put("/lib/modules/6.12/modules.dep", "drm/vkms/vkms.ko:\nupdates/dkms/evdi.ko:\n");
	tree_put("/sys/module/vkms/parameters/create_default_dev", "N\n");
	tree_put("/sys/kernel/config/vkms/zerovnc/", "");
	CHECK_SAY(plug(NULL, 1600, 900) == 0, "%s", reason.text);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1600, 900);
	CHECK(monitor_unplug(tree_root, &words, &reason) == 0);
	kernel.refused = EIO;
	check_refused(plug(NULL, 1600, 900), -EIO, "somebody else has made");
	CHECK_SAY(strstr(reason.text, "; evdi: "), "%s", reason.text);
}

/* --- killed in the middle --- */

/* Runs monitor_plug() in a process that ends in front of change number `at`. Returns whether it was killed.
 */
static bool plug_and_die(int at) {
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		kernel.changes = 0;
		kernel.kill_at = at;
		int error = plug(NULL, 1600, 900);
		_exit(error ? 1 : 0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_SAY(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9, "status %d", status);
	return WEXITSTATUS(status) == 9;
}

/* The same for monitor_unplug(). */
static bool unplug_and_die(int at) {
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		kernel.changes = 0;
		kernel.kill_at = at;
		_exit(monitor_unplug(tree_root, NULL, &reason) ? 1 : 0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_SAY(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9, "status %d", status);
	return WEXITSTATUS(status) == 9;
}

/* The same for monitor_resize() to two screens of other sizes, or to one. */
static bool resize_and_die(int at, bool two) {
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		kernel.changes = 0;
		kernel.kill_at = at;
		_exit((two ? resize_two(1280, 720) : resize(1280, 720)) ? 1 : 0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_SAY(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9, "status %d", status);
	return WEXITSTATUS(status) == 9;
}

/* Whoever resizes is killed in front of each change. The next one does it all the same, and all is undone. */
static void test_killed_resizing(bool two) {
	struct snapshot before;
	int at = 0;
	begin(KERNEL_VKMS_NONE);
	snapshot_take(&before);
	for (bool killed = true; killed;) {
		CHECK(plug(NULL, 1600, 900) == 0 && (two || resize_two(1600, 900) == 0));
		killed = resize_and_die(++at, two);
		check_unplugged(&before);

		CHECK(plug(NULL, 1600, 900) == 0 && (two || resize_two(1600, 900) == 0));
		resize_and_die(at, two);
		CHECK_SAY((two ? resize_two(1024, 768) : resize(1024, 768)) == 0, "%d: %s", at, reason.text);
		CHECK_SAY(result.count == (two ? 2 : 1), "killed at %d: %s", at, result.words.text);
		check_screen(0, "HDMI-A-1", 1024, 768);
		if (two)
			check_screen(1, "DP-1", 800, 600);
		check_unplugged(&before);
	}
	CHECK_SAY(at > 8, "only %d changes", at);
	snapshot_free(&before);
}

/* Temporary files of writes that were cut off are removed with the folder. */
static void test_killed(bool card, enum kernel_vkms vkms, int least) {
	struct snapshot before;
	int at = 0;
	bool killed = true;
	begin(vkms);
	if (!card) {
		tree_clear();
		kernel_begin(vkms);
	}
	tree_put(EDIDS, "DP-3:edid/theirs.bin\n");
	tree_put(FIRMWARE, "/opt/firmware\n");
	tree_put("/opt/firmware/edid/theirs.bin", "an EDID\n");
	snapshot_take(&before);
	while (killed) {
		killed = plug_and_die(++at);
		check_unplugged(&before);

		/* or the next start finds what is left, and does it anew */
		plug_and_die(at);
		CHECK_SAY(plug(NULL, 1280, 720) == 0, "killed at %d: %s", at, reason.text);
		CHECK_SAY(result.ours, "killed at %d: %s", at, result.words.text);
		if (card)
			check_plugged(MONITOR_FORCED, "HDMI-A-1", 1280, 720);
		check_unplugged(&before);

		plug_and_die(at);
		CHECK(monitor_sweep(tree_root, &words, &reason) == 0);
		if (!killed)
			CHECK(words.text[0]);
		check_unplugged(&before);
	}
	CHECK_SAY(at > least, "only %d changes", at);
	for (at = 1, killed = true; killed; at++) {
		CHECK(plug(NULL, 1600, 900) == 0);
		killed = unplug_and_die(at);
		check_unplugged(&before);
	}
	CHECK_SAY(at > 2, "only %d changes", at);
	snapshot_free(&before);
}

/* --- whose it is --- */

/* A process that made a monitor and lives. It ends when it is told to. */
static pid_t start_owner(void) {
	int tell[2];
	char byte = 0;
	CHECK(pipe(tell) == 0);
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		CHECK(plug(NULL, 1600, 900) == 0 && result.ours);
		CHECK(write(tell[1], &byte, 1) == 1);
		for (;;)
			pause();
	}
	CHECK(read(tell[0], &byte, 1) == 1);
	close(tell[0]);
	close(tell[1]);
	return child;
}

static void test_owners(void) {
	struct snapshot before;
	begin(KERNEL_VKMS_NONE);
	snapshot_take(&before);
	pid_t owner = start_owner();
	CHECK(plug(NULL, 800, 600) == 0);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1600, 900);
	CHECK(!result.ours);
	CHECK(monitor_sweep(tree_root, &words, &reason) == 0 && !words.text[0]);
	CHECK(resize(1024, 768) == 0); /* whoever asks */
	CHECK(kill(owner, SIGKILL) == 0 && waitpid(owner, NULL, 0) == owner);
	CHECK(plug(NULL, 800, 600) == 0 && result.ours);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 800, 600);
	check_unplugged(&before);

	/* one that is to stay belongs to nobody */
	struct monitor_wish wish = {.screens = {{"", 1280, 800}}, .count = 1, .stays = true};
	CHECK(monitor_plug(tree_root, &wish, &result, &reason) == 0 && !result.ours);
	CHECK(monitor_sweep(tree_root, &words, &reason) == 0 && !words.text[0]);
	CHECK(plug(NULL, 800, 600) == 0 && !result.ours);
	check_plugged(MONITOR_FORCED, "HDMI-A-1", 1280, 800);
	check_unplugged(&before);
	snapshot_free(&before);
}

/* A monitor of evdi goes with the process that it belongs to, and stays if it is to stay. */
static void test_held(void) {
	struct snapshot before;
	begin_evdi("1.13.0");
	snapshot_take(&before);
	pid_t owner = start_owner();
	CHECK(resize(1024, 768) == 0); /* whoever asks */
	check_plugged(MONITOR_HELD, "DVI-I-1", 1024, 768);
	CHECK(kill(owner, SIGKILL) == 0 && waitpid(owner, NULL, 0) == owner);
	for (int i = 0; i < 500 && monitor_made(tree_root, &result) == 0; i++)
		usleep(10000);
	CHECK(monitor_made(tree_root, &result) == -ENOENT);
	CHECK(plug(NULL, 800, 600) == 0 && result.ours);
	check_plugged(MONITOR_HELD, "DVI-I-1", 800, 600);
	check_unplugged(&before);

	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		struct monitor_wish wish = {.screens = {{"", 1280, 800}}, .count = 1, .stays = true};
		_exit(monitor_plug(tree_root, &wish, &result, &reason) ? 1 : 0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(plug(NULL, 800, 600) == 0 && !result.ours);
	check_plugged(MONITOR_HELD, "DVI-I-1", 1280, 800);
	CHECK(resize(1024, 768) == 0);
	check_unplugged(&before);
	snapshot_free(&before);
}

int main(void) {
	tree_begin();
	kernel.root = tree_root;
	test_force();
	test_several();
	test_cards();
	test_named();
	test_others();
	test_refusals();
	test_virtual(KERNEL_VKMS_NEW, "/dev/dri/card7");
	test_virtual(KERNEL_VKMS_BETWEEN, "/dev/dri/card6");
	test_virtual(KERNEL_VKMS_OLD, "/dev/dri/card6");
	test_no_virtual();
	test_evdi();
	test_evdi_stays();
	test_evdi_instead();
	test_killed(true, KERNEL_VKMS_NONE, 10);
	test_killed(false, KERNEL_VKMS_NEW, 15);
	test_killed(false, KERNEL_VKMS_OLD, 3);
	test_killed(false, KERNEL_EVDI, 5);
	test_killed_resizing(true);
	test_killed_resizing(false);
	test_owners();
	test_held();
	tree_end();
	return 0;
}
