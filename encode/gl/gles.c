/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/gles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/utf8.h"

static bool list_has(const char *list, const char *word, char separator) {
	size_t length = strlen(word);
	for (const char *at = list; at && (at = strstr(at, word)); at += length) {
		bool starts = at == list || at[-1] == separator;
		if (starts && (at[length] == '\0' || at[length] == separator))
			return true;
	}
	return false;
}

bool gles_has_extension(const char *list, const char *extension, const char *hidden) {
	return list_has(list, extension, ' ') && !list_has(hidden, extension, ',');
}

bool gles_is_software(const char *renderer) {
	static const char *const names[] = {
		"llvmpipe", "softpipe", "swrast", "SwiftShader", "Software Rasterizer"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
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
		"%s has textures of %u pixels a side at the most, and %ux%u are needed", gles->renderer,
		largest, width, height);
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

/* ---- a lost context ---- */

static GLenum lost_status(void) {
	return GL_UNKNOWN_CONTEXT_RESET_EXT;
}
static GLenum lost_error(void) {
	return GL_CONTEXT_LOST;
}
static GLenum lost_wait(GLsync sync, GLbitfield flags, GLuint64 timeout) {
	return GL_WAIT_FAILED;
}
static void lost_dispatch(GLuint x, GLuint y, GLuint z) {
}
static void lost_draw(GLenum mode, GLint first, GLsizei count) {
}
static void lost_read(GLint x, GLint y, GLsizei width, GLsizei height, GLenum format, GLenum type, void *to) {
}
static void *lost_map(GLenum target, GLintptr offset, GLsizeiptr length, GLbitfield access) {
	return NULL;
}

void gles_lose(struct gles *gles) {
	gles->robustness = true;
	gles->GetGraphicsResetStatus = lost_status;
	gles->GetError = lost_error;
	gles->ClientWaitSync = lost_wait;
	gles->DispatchCompute = lost_dispatch;
	gles->DrawArrays = lost_draw;
	gles->ReadPixels = lost_read;
	gles->MapBufferRange = lost_map;
}

static int parse_version(const char *text) {
	int major, minor;
	if (!text || sscanf(text, "OpenGL ES %d.%d", &major, &minor) != 2)
		return 0;
	return major * 10 + minor;
}

static void find_extensions(struct gles *gles, const char *list, const char *hidden) {
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
		{"GL_EXT_read_format_bgra", &gles->read_format_bgra, true},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].callable && gles_has_extension(list, table[i].name, hidden))
			*table[i].flag = true;
	}
}

int gles_init(struct gles *gles, gles_function (*lookup)(const char *name), const char *hidden,
	struct reason *reason) {
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
	find_extensions(gles, extensions, hidden);
	return 0;
}
