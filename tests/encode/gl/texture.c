/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/gl/texture.h"

#include <dlfcn.h>
#include <string.h>

#include "tests/test.h"

static void be_plain(const struct gles *gl, GLenum target) {
	gl->TexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	gl->TexParameteri(target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	gl->TexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	gl->TexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

GLuint texture_create(const struct gles *gl, uint32_t width, uint32_t height, const void *rgba) {
	GLuint texture;
	gl->GenTextures(1, &texture);
	gl->ActiveTexture(GL_TEXTURE0);
	gl->BindTexture(GL_TEXTURE_2D, texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		GL_UNSIGNED_BYTE, rgba);
	be_plain(gl, GL_TEXTURE_2D);
	return texture;
}

static void *look_up(const char *name) {
	void *library = dlopen("libEGL.so.1", RTLD_NOW);
	CHECK(library);
	PFNEGLGETPROCADDRESSPROC address = (PFNEGLGETPROCADDRESSPROC)dlsym(library, "eglGetProcAddress");
	return (void *)address(name);
}

bool texture_external_init(struct texture_external *external, const struct gles *gl, GLuint texture) {
	PFNEGLCREATEIMAGEKHRPROC create = (PFNEGLCREATEIMAGEKHRPROC)look_up("eglCreateImageKHR");
	EGLContext context = ((PFNEGLGETCURRENTCONTEXTPROC)look_up("eglGetCurrentContext"))();
	memset(external, 0, sizeof *external);
	external->display = ((PFNEGLGETCURRENTDISPLAYPROC)look_up("eglGetCurrentDisplay"))();
	if (!create || !gl->image_external || (gl->version >= 30 && !gl->image_external_essl3))
		return false;
	external->image = create(
		external->display, context, EGL_GL_TEXTURE_2D_KHR, (EGLClientBuffer)(uintptr_t)texture, NULL);
	if (external->image == EGL_NO_IMAGE_KHR)
		return false;
	gl->GenTextures(1, &external->name);
	gl->BindTexture(GL_TEXTURE_EXTERNAL_OES, external->name);
	gl->ImageTargetTexture2D(GL_TEXTURE_EXTERNAL_OES, external->image);
	if (gles_error(gl)) {
		texture_external_finish(external, gl);
		return false;
	}
	be_plain(gl, GL_TEXTURE_EXTERNAL_OES);
	return true;
}

void texture_external_finish(struct texture_external *external, const struct gles *gl) {
	gl->DeleteTextures(1, &external->name);
	if (external->image != EGL_NO_IMAGE_KHR)
		((PFNEGLDESTROYIMAGEKHRPROC)look_up("eglDestroyImageKHR"))(
			external->display, external->image);
	memset(external, 0, sizeof *external);
}
