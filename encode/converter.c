/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/converter.h"

#include <errno.h>
#include <stddef.h>

#include "capture/base/array.h"

int converter_part(const struct conversion *conversion, struct rect *part) {
	const struct frame *frame = conversion->frame;
	const struct picture *picture = conversion->picture;
	const struct damage *damage = conversion->damage;
	bool fits = (uint64_t)conversion->x + frame->width <= picture->width &&
		    (uint64_t)conversion->y + frame->height <= picture->height &&
		    damage->width == picture->width && damage->height == picture->height;
	*part = (struct rect){(int32_t)conversion->x, (int32_t)conversion->y, frame->width, frame->height};
	if (fits)
		return 0;
	return reason_set(conversion->reason, -EINVAL,
		"a frame of %ux%u at %u,%u does not fit into a picture of %ux%u", frame->width, frame->height,
		conversion->x, conversion->y, picture->width, picture->height);
}

const char *converter_import_name(enum converter_import import) {
	static const char *const names[] = {
		[CONVERTER_IMPORT_NONE] = "none",
		[CONVERTER_IMPORT_DMABUF_EGL] = "dmabuf-egl",
		[CONVERTER_IMPORT_DMABUF_MMAP] = "dmabuf-mmap",
		[CONVERTER_IMPORT_DUMB_MAP] = "dumb-map",
		[CONVERTER_IMPORT_MEMORY] = "memory",
		[CONVERTER_IMPORT_TEXTURE] = "texture",
	};
	if ((size_t)import >= ARRAY_LEN(names))
		return "none";
	return names[import];
}

void converter_destroy(struct converter *converter) {
	if (converter)
		converter->impl->destroy(converter);
}
