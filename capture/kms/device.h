/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_device: one open card node, prepared for everything here: planes of all types are visible, atomic
 * properties and cursor hotspots too if the driver has them, and we are never DRM master.
 *
 * The open file is private to capture and must not be handed to GBM or EGL: an import on the same open file
 * would get the GEM handle that we close after each frame.
 */
#ifndef ZEROVNC_KMS_DEVICE_H
#define ZEROVNC_KMS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"

enum { KMS_MAX_CARDS = 64 }; /* DRM has as many primary minors */

struct kms_device {
	int fd;              /* owned, non-blocking; DRM events are read from it */
	char node[64];       /* "/dev/dri/card0" */
	char name[32];       /* "card0" */
	char driver[32];     /* "virtio_gpu" */
	bool atomic;         /* plane properties can be read; without them only GETPLANE tells about planes */
	bool hotspot;        /* cursor planes of virtual cards are visible and have HOTSPOT_X/Y */
	bool linear;         /* scanouts of this driver are linear though it names no modifier */
	uint64_t node_inode; /* of the node; it differs after the card was removed and another was added */
};

/* 0, or -errno with a reason. On failure nothing is open (fd -1). */
int kms_device_open(const char *node, struct kms_device *device, struct reason *reason);
/* A device whose fd is -1 may be closed. */
void kms_device_close(struct kms_device *device);

/* Whether the card was removed even though its driver does not say so. Some drivers then answer as if the
 * output were switched off. */
bool kms_device_is_removed(const struct kms_device *device);

/* The paths of all card nodes under /dev/dri, by number. Returns how many there are. */
size_t kms_device_list(char nodes[KMS_MAX_CARDS][64]);

/*
 * Asks a card for what the kernel grants only with CAP_SYS_ADMIN: which buffers a framebuffer has (GETFB2,
 * GETFB), and on kernels before 5.8 to give up being master (DROP_MASTER). 0 or -errno. Any thread, if what
 * kms_device_delegate() names may be called by any.
 */
int kms_device_ask(int fd, unsigned long request, void *argument);

/* Another process that has the capability. Both processes then share the open file of the card, to which what
 * it answers belongs. */
struct kms_delegate {
	int (*ask)(int fd, unsigned long request, void *argument); /* as kms_device_ask() */
	bool may_capture;                                          /* it has CAP_SYS_ADMIN */
};

/* From now on, this process does not ask for such things itself. To be called before there are threads. The
 * delegate is borrowed for ever. */
void kms_device_delegate(const struct kms_delegate *delegate);

/* Whether framebuffers of other programs can be read: CAP_SYS_ADMIN is effective, here or at the delegate. */
bool kms_device_may_capture(void);
/* What to do if it may not, in words. Static. */
const char *kms_device_capture_remedy(void);

#endif
