/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/capture/monitor/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/test.h"

#define EVDI        "/sys/devices/evdi"
#define EVDI_OUTPUT "card3-DVI-I-1"

struct kernel kernel;

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_attribute_write(const char *root, const char *path, const char *text);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_rmdir(const char *path);
int __wrap_symlink(const char *target, const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_nanosleep(const struct timespec *wait, struct timespec *rest);
int __real_mkdir(const char *path, mode_t mode);
int __real_symlink(const char *target, const char *path);
int __real_rename(const char *from, const char *to);

static void count_change(void) {
	if (++kernel.changes == kernel.kill_at)
		_exit(9);
}

static void put(const char *path, const char *text) {
	char full[512];
	snprintf(full, sizeof full, "%s%s", kernel.root, path);
	for (char *slash = strchr(full + strlen(kernel.root) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		CHECK(__real_mkdir(full, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	CHECK(file && fprintf(file, "%s\n", text) >= 0 && fclose(file) == 0);
}

static bool get(const char *path, char *text, size_t size) {
	char full[512];
	snprintf(full, sizeof full, "%s%s", kernel.root, path);
	FILE *file = fopen(full, "r");
	bool good = file && fgets(text, (int)size, file);
	if (file)
		CHECK(fclose(file) == 0);
	if (good)
		text[strcspn(text, "\n")] = '\0';
	return good;
}

/* --- connectors --- */

/* Finds the entry of a connector as drm_edid_load.c does, and the file as firmware_loader does. */
static void find_mode(const char *connector, char mode[32]) {
	char entries[4096] = "", folder[256] = "", path[600], *rest = entries;
	uint8_t edid[128];
	snprintf(mode, 32, "%s", kernel.fixed ? kernel.fixed : "1024x768");
	get("/sys/module/drm/parameters/edid_firmware", entries, sizeof entries);
	get("/sys/module/firmware_class/parameters/path", folder, sizeof folder);
	for (char *entry; !kernel.fixed && (entry = strsep(&rest, ","));) {
		size_t length = strlen(connector);
		if (strncmp(entry, connector, length) != 0 || entry[length] != ':')
			continue;
		snprintf(path, sizeof path, "%s%s/%s", kernel.root, folder, entry + length + 1);
		int fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, edid, sizeof edid) == sizeof edid)
			snprintf(mode, 32, "%ux%u", edid[56] | (edid[58] & 0xf0U) << 4,
				edid[59] | (edid[61] & 0xf0U) << 4);
		if (fd >= 0)
			close(fd);
		return;
	}
}

/* A card of evdi has the EDID of whoever holds it, and reads it when it is asked to. */
static void detect_evdi(const char *folder) {
	char path[300], mode[32] = "";
	snprintf(path, sizeof path, "%s/edid", folder);
	get(path, mode, sizeof mode);
	snprintf(path, sizeof path, "%s/modes", folder);
	put(path, mode);
}

static void set_status(const char *path, const char *text) {
	char folder[256], file[300], mode[32] = "";
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (strstr(path, EVDI_OUTPUT)) {
		CHECK(strcmp(text, "detect") == 0);
		detect_evdi(folder);
		return;
	}
	bool on = strcmp(text, "on") == 0 && !(kernel.stuck && strstr(folder, kernel.stuck));
	put(path, on ? "connected" : "disconnected");
	if (on)
		find_mode(strchr(strrchr(folder, '/'), '-') + 1, mode);
	snprintf(file, sizeof file, "%s/modes", folder);
	put(file, mode);
}

void kernel_add_output(const char *folder) {
	char path[256];
	static const char *const files[][2] = {
		{"status", "disconnected"}, {"enabled", "disabled"}, {"modes", ""}};
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "/sys/class/drm/%s/%s", folder, files[i][0]);
		put(path, files[i][1]);
	}
}

/* --- vkms --- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void set_enabled(const char *text) {
	char folder[512];
	snprintf(folder, sizeof folder, "%s/sys/class/drm/card7-Virtual-1", kernel.root);
	if (*text == '0') {
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		return;
	}
	/* the kernel wants all parts to be joined */
	static const char *const links[] = {"planes/primary/possible_crtcs/crtc",
		"planes/cursor/possible_crtcs/crtc", "encoders/encoder/possible_crtcs/crtc",
		"connectors/connector/possible_encoders/encoder"};
	for (size_t i = 0; i < 4; i++) {
		char path[512];
		snprintf(path, sizeof path, "%s/sys/kernel/config/vkms/zerovnc/%s", kernel.root, links[i]);
		CHECK_SAY(access(path, F_OK) == 0, "%s", path);
	}
	kernel_add_output("card7-Virtual-1");
	put("/sys/class/drm/card7-Virtual-1/status", "connected");
	put("/sys/class/drm/card7-Virtual-1/modes", "1024x768");
}

/* What configfs makes by itself in a folder that somebody makes. */
static void fill(const char *path) {
	static const struct {
		const char *in, *made;
	} parts[] = {{"/vkms/zerovnc", "/planes"}, {"/vkms/zerovnc", "/crtcs"},
		{"/vkms/zerovnc", "/encoders"}, {"/vkms/zerovnc", "/connectors"},
		{"/planes/primary", "/possible_crtcs"}, {"/planes/cursor", "/possible_crtcs"},
		{"/encoders/encoder", "/possible_crtcs"}, {"/connectors/connector", "/possible_encoders"}};
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char made[512];
		size_t ends = strlen(parts[i].in);
		snprintf(made, sizeof made, "%s%s", path, parts[i].made);
		if (length > ends && strcmp(path + length - ends, parts[i].in) == 0)
			CHECK(__real_mkdir(made, 0755) == 0);
	}
}

static int has_links;

static int look_for_link(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)path;
	(void)status;
	(void)walk;
	has_links += type == FTW_SL || type == FTW_SLN;
	return 0;
}

/* Loads and unloads vkms, and evdi. The module of an older kernel makes its own card; that of a newer one
 * only if it is not told otherwise, and it brings a folder in configfs. */
static const char modprobe[] = "#!/bin/sh\n"
			       "drm=$root/sys/class/drm/card6-Virtual-1 module=$root/sys/module/vkms\n"
			       "case $* in\n"
			       "*' -r evdi')\n"
			       "	[ ! -e $root/sys/class/drm/card3 ] || exit 1\n"
			       "	rm -r $root/sys/devices/evdi $root/sys/module/evdi\n"
			       "	exit ;;\n"
			       "*' evdi')\n"
			       "	[ -e $root/evdi-version ] || exit 1\n"
			       "	mkdir -p $root/sys/devices/evdi $root/sys/module/evdi\n"
			       "	cp $root/evdi-version $root/sys/devices/evdi/version\n"
			       "	touch $root/sys/devices/evdi/add $root/sys/devices/evdi/remove_all\n"
			       "	exit ;;\n"
			       "*' -r vkms')\n"
			       "	[ ! -e $root/sys/kernel/config/vkms/zerovnc ] || exit 1\n"
			       "	rm -rf $drm $module $root/sys/kernel/config/vkms\n"
			       "	exit ;;\n"
			       "*' vkms'* ) [ $kind != none ] || exit 1 ;;\n"
			       "*) exit 1 ;;\n"
			       "esac\n"
			       "[ ! -e $module ] || exit 0\n"
			       "mkdir -p $module/parameters\n"
			       "[ $kind = old ] || touch $module/parameters/create_default_dev\n"
			       "[ $kind != new ] || mkdir $root/sys/kernel/config/vkms\n"
			       "case $kind:$* in new:*=0 | between:*=0) exit ;; esac\n"
			       "mkdir $drm\n"
			       "echo connected >$drm/status\n"
			       "echo disabled >$drm/enabled\n"
			       "echo 1024x768 >$drm/modes\n";

void kernel_begin(enum kernel_vkms vkms) {
	static const char *const kinds[] = {[KERNEL_EVDI] = "none",
		[KERNEL_VKMS_OLD] = "old",
		[KERNEL_VKMS_BETWEEN] = "between",
		[KERNEL_VKMS_NEW] = "new"};
	char script[sizeof modprobe + 256], full[512];
	kernel = (struct kernel){.root = kernel.root};
	put("/sys/module/drm/parameters/edid_firmware", "");
	put("/sys/module/firmware_class/parameters/path", "");
	put("/proc/cmdline", "quiet");
	put("/proc/sys/kernel/osrelease", "6.12");
	put("/sys/class/drm/version", "drm 1.1.0 20060810");
	put("/sys/kernel/config/usb_gadget/none", "");
	put("/run/others", "theirs");
	put("/sys/devices/others", "");
	put("/dev/dri/others", "");
	if (vkms == KERNEL_VKMS_NONE)
		return;
	put("/lib/modules/6.12/modules.dep",
		vkms == KERNEL_EVDI ? "updates/dkms/evdi.ko:" : "kernel/drivers/gpu/drm/vkms/vkms.ko:");
	put("/evdi-version", "1.13.0");
	snprintf(script, sizeof script, "%.*sroot=%s kind=%s\n%s", (int)strcspn(modprobe, "\n") + 1, modprobe,
		kernel.root, kinds[vkms], modprobe + strcspn(modprobe, "\n") + 1);
	put("/usr/sbin/modprobe", script);
	snprintf(full, sizeof full, "%s/usr/sbin/modprobe", kernel.root);
	CHECK(chmod(full, 0755) == 0);
}

/* --- evdi --- */

static void add_evdi(void) {
	char card[512];
	kernel_add_output(EVDI_OUTPUT);
	put("/sys/class/drm/" EVDI_OUTPUT "/edid", "");
	put("/sys/class/drm/card3/device/modalias", "platform:evdi");
	snprintf(card, sizeof card, "%s/dev/dri/card3", kernel.root);
	CHECK(mkfifo(card, 0600) == 0); /* nothing is to be read there */
}

static void remove_evdi(void) {
	static const char *const paths[] = {
		"/sys/class/drm/" EVDI_OUTPUT, "/sys/class/drm/card3", "/dev/dri/card3"};
	char full[512];
	for (size_t i = 0; i < 3; i++) {
		snprintf(full, sizeof full, "%s%s", kernel.root, paths[i]);
		nftw(full, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
}

static void put_evdi(const char *status, const char *edid) {
	put("/sys/class/drm/" EVDI_OUTPUT "/status", status);
	put("/sys/class/drm/" EVDI_OUTPUT "/edid", edid);
	if (!*edid)
		put("/sys/class/drm/" EVDI_OUTPUT "/modes", "");
}

/* What the kernel does when the process ends that holds the card. */
static void on_end(int number) {
	(void)number;
	put_evdi("disconnected", "");
	_exit(0);
}

/* As evdi_drm.h has it. */
struct connect {
	int32_t connected, index;
	const uint8_t *edid;
	uint32_t length, area, rate;
};

static int plug_evdi(const struct connect *connect) {
	char mode[32];
	if (!connect->connected) {
		put_evdi("disconnected", "");
		return 0;
	}
	const uint8_t *edid = connect->edid;
	CHECK(connect->length == 256 && edid[126] == 1 && connect->area == UINT32_MAX);
	snprintf(mode, sizeof mode, "%ux%u", edid[56] | (edid[58] & 0xf0U) << 4,
		edid[59] | (edid[61] & 0xf0U) << 4);
	signal(SIGTERM, on_end);
	put_evdi("connected", mode);
	return 0;
}

/* --- system calls --- */

int __wrap_ioctl(int fd, unsigned long request, void *argument) {
	char link[64], target[512] = "", card[512];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	snprintf(card, sizeof card, "%s/dev/dri/card3", kernel.root);
	CHECK(readlink(link, target, sizeof target - 1) > 0 && strcmp(target, card) == 0);
	if (kernel.refused) {
		errno = kernel.refused;
		return -1;
	}
	switch (request & 0xff) {
	case 0x1f: /* DRM_IOCTL_DROP_MASTER */
	case 0x41: /* nothing has changed */
		return 0;
	case 0x40:
		return plug_evdi(argument);
	default:
		errno = EINVAL;
		return -1;
	}
}

int __wrap_attribute_write(const char *root, const char *path, const char *text) {
	CHECK(strcmp(root, kernel.root) == 0);
	count_change();
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	if (kernel.busy && strstr(path, kernel.busy))
		return -EBUSY;
	if (access(full, F_OK) != 0 && !strstr(path, "/vkms/"))
		return -ENOENT;
	if (strstr(path, "/status"))
		set_status(path, text);
	else if (strstr(path, "/vkms/zerovnc/enabled"))
		set_enabled(text);
	else if (strcmp(path, EVDI "/add") == 0)
		add_evdi();
	else if (strcmp(path, EVDI "/remove_all") == 0)
		remove_evdi();
	else
		put(path, text);
	return 0;
}

int __wrap_mkdir(const char *path, mode_t mode) {
	count_change();
	int error = __real_mkdir(path, mode);
	if (error == 0 && strstr(path, "/config/vkms/"))
		fill(path);
	return error;
}

int __wrap_rmdir(const char *path) {
	count_change();
	has_links = 0;
	if (access(path, F_OK) != 0) {
		errno = ENOENT;
		return -1;
	}
	nftw(path, look_for_link, 8, FTW_PHYS);
	if (has_links) {
		errno = EBUSY;
		return -1;
	}
	return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int __wrap_symlink(const char *target, const char *path) {
	count_change();
	return __real_symlink(target, path);
}

int __wrap_rename(const char *from, const char *to) {
	count_change();
	return __real_rename(from, to);
}

/* Nobody waits here. */
int __wrap_nanosleep(const struct timespec *wait, struct timespec *rest) {
	(void)wait;
	(void)rest;
	return 0;
}
