/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the import keeps: enough images for all layers of a frame whose clients flip between a few buffers,
 * and few of a client that shows a new buffer in each frame. On an EGL that imports anything.
 */
#include "encode/gl/import.h"

#include <drm_fourcc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"

enum { SIDE = 16, PITCH = SIDE * 4 };

/* --- the EGL --- */

static int images, textures; /* that exist */
static GLuint last_name;

static EGLImageKHR EGLAPIENTRY create_image(EGLDisplay display, EGLContext context, EGLenum target,
	EGLClientBuffer buffer, const EGLint *attributes) {
	static int image;
	(void)display, (void)context, (void)target, (void)buffer, (void)attributes;
	images++;
	return &image;
}
static EGLBoolean EGLAPIENTRY destroy_image(EGLDisplay display, EGLImageKHR image) {
	(void)display, (void)image;
	images--;
	return EGL_TRUE;
}
static void GL_APIENTRY gen_textures(GLsizei count, GLuint *names) {
	for (GLsizei i = 0; i < count; i++)
		names[i] = ++last_name;
	textures += count;
}
static void GL_APIENTRY delete_textures(GLsizei count, const GLuint *names) {
	(void)names;
	textures -= count;
}
static void GL_APIENTRY active_texture(GLenum unit) {
	(void)unit;
}
static void GL_APIENTRY bind_texture(GLenum target, GLuint name) {
	(void)target, (void)name;
}
static void GL_APIENTRY tex_parameter(GLenum target, GLenum name, GLint value) {
	(void)target, (void)name, (void)value;
}
static void GL_APIENTRY image_target(GLenum target, GLeglImageOES image) {
	(void)target, (void)image;
}
static GLenum GL_APIENTRY get_error(void) {
	return GL_NO_ERROR;
}

static void make_egl(struct egl *egl) {
	memset(egl, 0, sizeof *egl);
	egl->dmabuf_import = egl->dmabuf_modifiers = egl->import_safe = egl->gl.image = true;
	egl->CreateImage = create_image;
	egl->DestroyImage = destroy_image;
	egl->gl.version = 31;
	egl->gl.GenTextures = gen_textures;
	egl->gl.DeleteTextures = delete_textures;
	egl->gl.ActiveTexture = active_texture;
	egl->gl.BindTexture = bind_texture;
	egl->gl.TexParameteri = tex_parameter;
	egl->gl.ImageTargetTexture2D = image_target;
	egl->gl.GetError = get_error;
}

/* --- frames --- */

static int make_buffer(void) {
	int fd = memfd_create("framebuffer", MFD_CLOEXEC);
	CHECK(fd >= 0 && !ftruncate(fd, PITCH * SIDE));
	return fd;
}

static GLuint import_buffer(struct import *import, int fd) {
	struct frame_layer layer = {
		.width = SIDE, .height = SIDE, .fourcc = DRM_FORMAT_XRGB8888, .plane_count = 1};
	struct scanout scanout;
	struct reason reason = {""};
	layer.planes[0] = (struct frame_plane){.fd = fd, .pitch = PITCH};
	scanout_init_black(&scanout, 0);
	CHECK_SAY(!import_layer(import, &layer, &scanout, &reason), "%s", reason.text);
	CHECK(scanout.kind == SCANOUT_TEXTURE && scanout.texture && scanout.texture_width == SIDE);
	return scanout.texture;
}

/* Each layer of as many as there can be flips between three buffers of its own. */
static void keeps_what_flips(struct import *import) {
	enum { FLIPS = 3, FRAMES = 12 };
	int buffers[FRAME_MAX_LAYERS][FLIPS];
	for (int i = 0; i < FRAME_MAX_LAYERS * FLIPS; i++)
		buffers[i / FLIPS][i % FLIPS] = make_buffer();
	for (int frame = 0; frame < FRAMES; frame++) {
		GLuint names[FRAME_MAX_LAYERS];
		import_begin_frame(import, FRAME_MAX_LAYERS);
		for (int i = 0; i < FRAME_MAX_LAYERS; i++) {
			names[i] = import_buffer(import, buffers[i][frame % FLIPS]);
			for (int j = 0; j < i; j++)
				CHECK(names[j] != names[i]);
		}
	}
	CHECK_SAY(import->created == FRAME_MAX_LAYERS * FLIPS, "%llu", (unsigned long long)import->created);
	/* One buffer on two layers is imported once. */
	import_begin_frame(import, 2);
	CHECK(import_buffer(import, buffers[0][0]) == import_buffer(import, buffers[0][0]));
	CHECK(import->created == FRAME_MAX_LAYERS * FLIPS);
	for (int i = 0; i < FRAME_MAX_LAYERS * FLIPS; i++)
		close(buffers[i / FLIPS][i % FLIPS]);
}

static void keeps_few_of_one_layer(struct import *import) {
	for (int frame = 0; frame < 100; frame++) {
		int fd = make_buffer();
		import_begin_frame(import, 1);
		import_buffer(import, fd);
		close(fd);
		CHECK_SAY(images <= IMPORT_LEAST && images == textures, "%d images", images);
	}
}

static void forgets_what_is_unused(struct import *import) {
	int fd = make_buffer();
	for (int frame = 0; frame <= IMPORT_AGE + 1; frame++) {
		import_begin_frame(import, 1);
		import_buffer(import, fd);
	}
	close(fd);
	CHECK_SAY(images == 1, "%d images", images);
}

int main(void) {
	struct egl egl;
	struct import import;
	make_egl(&egl);
	import_init(&import, &egl);
	keeps_what_flips(&import);
	import_drop_all(&import);
	CHECK(images == 0 && textures == 0);
	keeps_few_of_one_layer(&import);
	forgets_what_is_unused(&import);
	import_finish(&import);
	CHECK(images == 0 && textures == 0);
	return 0;
}
