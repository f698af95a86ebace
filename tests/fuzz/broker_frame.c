/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a broker that was taken over tells the server of a frame, with any descriptors. What is accepted can
 * be read to its last byte. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/broker/wire_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void add(struct wire_fds *fds, uint8_t choice) {
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, choice * 97) != 0)
		abort();
	if (choice % 4)
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	fds->at[fds->count++] = fd;
}

static void read_all(const struct frame *frame) {
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		if (layer->blend > FRAME_BLEND_NONE || layer->encoding > FRAME_ENCODING_BT2020 ||
			layer->range > FRAME_RANGE_FULL || layer->plane_count < 1 ||
			layer->plane_count > FRAME_MAX_PLANES || !layer->width || !layer->height)
			abort();
		if (layer->memory)
			for (size_t at = 0; at < layer->memory_size; at++)
				seen ^= layer->memory[at];
		else if (layer->planes[0].fd < 0)
			abort();
		if (layer->palette)
			seen ^= (uint8_t)layer->palette->colours[255];
	}
	for (uint32_t i = 0; frame->colour && i < frame->colour->gamma.count; i++)
		seen ^= (uint8_t)frame->colour->gamma.at[i][0];
	for (uint32_t i = 0; frame->colour && i < frame->colour->degamma.count; i++)
		seen ^= (uint8_t)frame->colour->degamma.at[i][3];
}

/* Twice with the same views, as a screen does it again and again. The first bytes choose the descriptors. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct wire_views views;
	memset(&views, 0, sizeof views);
	for (int round = 0; round < 2; round++) {
		struct wire_frame wire;
		struct wire_fds fds = {.count = 0};
		struct frame frame;
		struct reason reason;
		memset(&wire, 0, sizeof wire);
		for (size_t i = 0; i < 6 && i < size; i++)
			add(&fds, data[i]);
		size_t skip = size < 6 ? size : 6, length = size - skip;
		memcpy(&wire, data + skip, length < sizeof wire ? length : sizeof wire);
		if (wire_frame_unpack(&wire, &fds, &views, &frame, &reason) == 0)
			read_all(&frame);
		frame_finish(&frame);
		wire_close(&fds);
	}
	wire_views_finish(&views);
	return 0;
}
