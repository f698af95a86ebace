/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <virtgpu_drm.h>
#include <xf86drm.h>

#include "capture/base/array.h"
#include "capture/base/word.h"

/* Since Linux 6.6. libdrm's header in Debian 12 does not have it yet. */
#ifndef DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT
#define DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT 6
#endif

/* Drivers that only display. Their framebuffers are plain rows in system memory or a BAR. */
static const char *const linear_drivers[] = {"ast", "bochs-drm", "cirrus", "cirrus-qemu", "efidrm", "evdi",
	"gm12u320", "gud", "hibmc", "hyperv_drm", "mgag200", "ofdrm", "qxl", "simpledrm", "udl", "vboxvideo",
	"vesadrm", "virtio_gpu", "vkms"};

/* Whether this driver's scanouts are linear though it has no modifiers. */
static bool driver_is_linear(const char *driver) {
	for (size_t i = 0; i < ARRAY_LEN(linear_drivers); i++)
		if (strcmp(driver, linear_drivers[i]) == 0)
			return true;
	return false;
}

/* With 3D the pixels are in the host, and the guest's memory behind a framebuffer stays black. */
static bool virtio_has_3d(int fd) {
	int value = 0;
	struct drm_virtgpu_getparam query = {.param = VIRTGPU_PARAM_3D_FEATURES, .value = (uintptr_t)&value};
	return drmIoctl(fd, DRM_IOCTL_VIRTGPU_GETPARAM, &query) == 0 && value;
}

static void ask_driver(struct kms_device *device) {
	drmVersion *version = drmGetVersion(device->fd);
	snprintf(device->driver, sizeof device->driver, "%s", version ? version->name : "unknown");
	drmFreeVersion(version);
	device->linear = driver_is_linear(device->driver);
	if (strcmp(device->driver, "virtio_gpu") == 0 && virtio_has_3d(device->fd))
		device->linear = false;
}

/* --- what takes CAP_SYS_ADMIN --- */

static const struct kms_delegate *delegate; /* NULL: this process itself */

void kms_device_delegate(const struct kms_delegate *other) {
	delegate = other;
}

int kms_device_ask(int fd, unsigned long request, void *argument) {
	if (delegate)
		return delegate->ask(fd, request, argument);
	return drmIoctl(fd, request, argument) == 0 ? 0 : -errno;
}

static bool has_capability(void) {
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	if (syscall(SYS_capget, &header, data) != 0)
		return geteuid() == 0;
	return data[CAP_SYS_ADMIN / 32].effective & 1u << CAP_SYS_ADMIN % 32;
}

bool kms_device_may_capture(void) {
	return delegate ? delegate->may_capture : has_capability();
}

const char *kms_device_capture_remedy(void) {
	return "run as root, or by the systemd unit (a container's root does not count)";
}

/* The first to open a card becomes its master. Give that up, or a compositor that starts later cannot become
 * master. This fails harmlessly if we are not. Before Linux 5.8 it takes the capability; since then, only if
 * somebody else opened the card. */
static void give_up_master(int fd) {
	if (drmIoctl(fd, DRM_IOCTL_DROP_MASTER, NULL) != 0 && errno == EACCES && delegate)
		delegate->ask(fd, DRM_IOCTL_DROP_MASTER, NULL);
}

/* --- one card --- */

static int open_node(const char *node, struct reason *reason) {
	int fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return fd;
	int error = -errno;
	if (error == -EACCES || error == -EPERM)
		return reason_set(reason, error,
			"no permission to open %s: run as root, or add the user to the group that owns it (video)",
			node);
	return reason_set(reason, error, "cannot open %s: %s", node, strerror(-error));
}

int kms_device_open(const char *node, struct kms_device *device, struct reason *reason) {
	memset(device, 0, sizeof *device);
	device->fd = -1;
	int fd = open_node(node, reason);
	if (fd < 0)
		return fd;
	give_up_master(fd);
	if (drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) != 0) {
		int error = -errno;
		close(fd);
		return reason_set(reason, error == -EOPNOTSUPP || error == -EINVAL ? -ENODEV : error,
			"%s is no card that drives displays (%s)", node, strerror(-error));
	}
	device->fd = fd;
	/* The kernel refuses atomic to processes whose name begins with X. */
	device->atomic = drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0;
	device->hotspot = device->atomic && drmSetClientCap(fd, DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT, 1) == 0;
	snprintf(device->node, sizeof device->node, "%s", node);
	snprintf(device->name, sizeof device->name, "%s", word_last_in(node));
	struct stat status;
	device->node_inode = fstat(fd, &status) == 0 ? status.st_ino : 0;
	ask_driver(device);
	return 0;
}

/* The kernel reserves the minor number for as long as we have the card open. */
bool kms_device_is_removed(const struct kms_device *device) {
	struct stat status;
	char path[64];
	if (fstat(device->fd, &status) != 0 || !S_ISCHR(status.st_mode))
		return false;
	snprintf(path, sizeof path, "/sys/dev/char/%u:%u", major(status.st_rdev), minor(status.st_rdev));
	return access(path, F_OK) != 0 && access("/sys/dev/char", F_OK) == 0;
}

void kms_device_close(struct kms_device *device) {
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

static int by_number(const void *a, const void *b) {
	long left = strtol((const char *)a + strlen("/dev/dri/card"), NULL, 10);
	long right = strtol((const char *)b + strlen("/dev/dri/card"), NULL, 10);
	return (left > right) - (left < right);
}

size_t kms_device_list(char nodes[KMS_MAX_CARDS][64]) {
	DIR *folder = opendir("/dev/dri");
	if (!folder)
		return 0;
	size_t count = 0;
	for (struct dirent *entry; count < KMS_MAX_CARDS && (entry = readdir(folder));) {
		unsigned number;
		char end;
		if (sscanf(entry->d_name, "card%u%c", &number, &end) == 1)
			snprintf(nodes[count++], 64, "/dev/dri/card%u", number);
	}
	closedir(folder);
	qsort(nodes, count, sizeof *nodes, by_number);
	return count;
}
