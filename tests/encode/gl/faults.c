/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/faults.h"

#include <string.h>

#include "encode/gl/egl.h"
#include "encode/gl/extension.h"
#include "encode/gl/import.h"

struct faults faults;

static int frames; /* of the present context */

/* --- extensions --- */

static bool is_hidden(const char *extension) {
	size_t length = strlen(extension);
	for (const char *at = faults.hidden; at && (at = strstr(at, extension)); at += length) {
		bool starts = at == faults.hidden || at[-1] == ',';
		if (starts && (at[length] == '\0' || at[length] == ','))
			return true;
	}
	return false;
}

bool __real_extension_is_listed(const char *list, const char *extension);
bool __wrap_extension_is_listed(const char *list, const char *extension);
bool __wrap_extension_is_listed(const char *list, const char *extension) {
	return __real_extension_is_listed(list, extension) && !is_hidden(extension);
}

/* --- contexts --- */

int __real_egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason);
int __wrap_egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason);
int __wrap_egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason) {
	int error = __real_egl_init(egl, options, reason);
	frames = 0;
	faults.contexts += !error;
	return error;
}

/* A lost context by KHR_robustness: commands have no effect, waits end at once, and the reset status tells.
 */
static GLenum lost_status(void) {
	return GL_UNKNOWN_CONTEXT_RESET_EXT;
}
static GLenum lost_error(void) {
	return GL_CONTEXT_LOST;
}
static GLenum lost_wait(GLsync sync, GLbitfield flags, GLuint64 timeout) {
	(void)sync;
	(void)flags;
	(void)timeout;
	return GL_WAIT_FAILED;
}
static void lost_dispatch(GLuint x, GLuint y, GLuint z) {
	(void)x;
	(void)y;
	(void)z;
}
static void lost_draw(GLenum mode, GLint first, GLsizei count) {
	(void)mode;
	(void)first;
	(void)count;
}
static void lost_read(GLint x, GLint y, GLsizei width, GLsizei height, GLenum format, GLenum type, void *to) {
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	(void)format;
	(void)type;
	(void)to;
}
static void *lost_map(GLenum target, GLintptr offset, GLsizeiptr length, GLbitfield access) {
	(void)target;
	(void)offset;
	(void)length;
	(void)access;
	return NULL;
}

static void lose(struct gles *gles) {
	gles->robustness = true;
	gles->GetGraphicsResetStatus = lost_status;
	gles->GetError = lost_error;
	gles->ClientWaitSync = lost_wait;
	gles->DispatchCompute = lost_dispatch;
	gles->DrawArrays = lost_draw;
	gles->ReadPixels = lost_read;
	gles->MapBufferRange = lost_map;
}

/* What the converter calls first for each frame. */
void __real_import_begin_frame(struct import *import, int layers);
void __wrap_import_begin_frame(struct import *import, int layers);
void __wrap_import_begin_frame(struct import *import, int layers) {
	if (++frames == faults.lose)
		lose(&import->egl->gl);
	__real_import_begin_frame(import, layers);
}
