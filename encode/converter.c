/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/converter.h"

#include <stddef.h>

#include "capture/base/array.h"

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
