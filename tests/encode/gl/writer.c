/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "tests/test.h"

/* linux/include/uapi/drm/vgem_drm.h, which libdrm does not install. */
struct vgem_fence_attach {
	uint32_t handle, flags, out_fence, pad;
};
struct vgem_fence_signal {
	uint32_t fence, flags;
};
#define VGEM_FENCE_WRITE  1
#define VGEM_FENCE_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_fence_attach)
#define VGEM_FENCE_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_fence_signal)

static bool is_vgem(int card) {
	drmVersionPtr version = drmGetVersion(card);
	bool is = version && !strcmp(version->name, "vgem");
	drmFreeVersion(version);
	return is;
}

void writer_init(struct writer *writer) {
	*writer = (struct writer){.card = -1};
	for (int i = 0; i < 8; i++) {
		char node[32];
		snprintf(node, sizeof node, "/dev/dri/card%d", i);
		int card = open(node, O_RDWR | O_CLOEXEC);
		if (card < 0)
			continue;
		drmDropMaster(card);
		if (is_vgem(card)) {
			writer->card = card;
			return;
		}
		close(card);
	}
	SKIP("no vgem, whose fences a writer is made of (modprobe vgem)");
}

void writer_finish(struct writer *writer) {
	close(writer->card);
}

void writer_begin(struct writer *writer, int buffer) {
	struct vgem_fence_attach attach = {.flags = VGEM_FENCE_WRITE};
	CHECK_SAY(!drmPrimeFDToHandle(writer->card, buffer, &attach.handle), "vgem imports nothing: %s",
		strerror(errno));
	CHECK_SAY(!drmIoctl(writer->card, VGEM_FENCE_ATTACH, &attach), "VGEM_FENCE_ATTACH: %s",
		strerror(errno));
	drmCloseBufferHandle(writer->card, attach.handle);
	writer->fence = attach.out_fence;
}

void writer_end(struct writer *writer) {
	struct vgem_fence_signal signal = {.fence = writer->fence};
	CHECK_SAY(!drmIoctl(writer->card, VGEM_FENCE_SIGNAL, &signal), "VGEM_FENCE_SIGNAL: %s",
		strerror(errno));
	writer->fence = 0;
}
