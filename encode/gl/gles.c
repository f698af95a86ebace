/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/gles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"
#include "encode/gl/extension.h"

bool gles_is_software(const char *renderer) {
	static const char *const names[] = {
		"llvmpipe", "softpipe", "swrast", "SwiftShader", "Software Rasterizer"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strstr(renderer, names[i]))
			return true;
	}
	return false;
}

int gles_check_size(const struct gles *gles, uint32_t width, uint32_t height, struct reason *reason) {
	uint32_t largest = (uint32_t)gles->largest_texture;
	if (!largest || (width <= largest && height <= largest))
		return 0;
	return reason_set(reason, -ENOTSUP,
		"%s supports textures of at most %u pixels a side, and %ux%u are needed", gles->renderer,
		largest, width, height);
}

void gles_sample_texels(const struct gles *gles, GLenum target) {
	gles->TexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	gles->TexParameteri(target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	gles->TexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	gles->TexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

const char *gles_error(const struct gles *gles) {
	const char *name = NULL;
	GLenum error;
	/* A lost context reports one error for ever: stop after a few. */
	for (int i = 0; i < 8 && (error = gles->GetError()) != GL_NO_ERROR; i++) {
		name = error == GL_INVALID_ENUM                    ? "GL_INVALID_ENUM"
		       : error == GL_INVALID_VALUE                 ? "GL_INVALID_VALUE"
		       : error == GL_INVALID_OPERATION             ? "GL_INVALID_OPERATION"
		       : error == GL_INVALID_FRAMEBUFFER_OPERATION ? "GL_INVALID_FRAMEBUFFER_OPERATION"
		       : error == GL_OUT_OF_MEMORY                 ? "GL_OUT_OF_MEMORY"
		       : error == GL_CONTEXT_LOST                  ? "GL_CONTEXT_LOST"
								   : "an unknown GL error";
	}
	return name;
}

static int parse_version(const char *text) {
	int major, minor;
	if (!text || sscanf(text, "OpenGL ES %d.%d", &major, &minor) != 2)
		return 0;
	return major * 10 + minor;
}

static void find_extensions(struct gles *gles, const char *extensions) {
	const struct {
		const char *name;
		bool *flag;
		bool callable;
	} table[] = {
		{"GL_EXT_buffer_storage", &gles->buffer_storage, gles->BufferStorage != NULL},
		{"GL_EXT_robustness", &gles->robustness, gles->GetGraphicsResetStatus != NULL},
		{"GL_KHR_robustness", &gles->robustness, gles->GetGraphicsResetStatus != NULL},
		{"GL_KHR_debug", &gles->debug, gles->DebugMessageCallback != NULL},
		{"GL_OES_EGL_image", &gles->image, gles->ImageTargetTexture2D != NULL},
		{"GL_OES_EGL_image_external", &gles->image_external, gles->ImageTargetTexture2D != NULL},
		{"GL_OES_EGL_image_external_essl3", &gles->image_external_essl3, true},
		{"GL_EXT_EGL_image_storage", &gles->image_storage, gles->ImageTargetTexStorage != NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].callable && extension_is_listed(extensions, table[i].name))
			*table[i].flag = true;
	}
}

int gles_init(struct gles *gles, gles_function (*lookup)(const char *name), struct reason *reason) {
	memset(gles, 0, sizeof *gles);
#define LOAD(name, type)                                                                                     \
	if (!(gles->name = (type)lookup("gl" #name)))                                                        \
		return reason_set(reason, -ENOSYS, "the GL library has no gl" #name);
	GLES_2_0(LOAD)
#undef LOAD
#define LOAD(name, type, symbol) gles->name = (type)lookup(symbol);
	GLES_LATER(LOAD)
#undef LOAD
	if (!gles->GetGraphicsResetStatus)
		gles->GetGraphicsResetStatus =
			(PFNGLGETGRAPHICSRESETSTATUSEXTPROC)lookup("glGetGraphicsResetStatusKHR");

	const char *version = (const char *)gles->GetString(GL_VERSION);
	const char *renderer = (const char *)gles->GetString(GL_RENDERER);
	const char *extensions = (const char *)gles->GetString(GL_EXTENSIONS);
	gles->version = parse_version(version);
	if (gles->version < 20 || !renderer || !extensions)
		return reason_set(reason, -ENOSYS, "the context is no OpenGL ES (\"%s\")",
			version ? version : "no version at all");
	utf8_copy(gles->renderer, sizeof gles->renderer, renderer);
	gles->GetIntegerv(GL_MAX_TEXTURE_SIZE, &gles->largest_texture);
	find_extensions(gles, extensions);
	return 0;
}
