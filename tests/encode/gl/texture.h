/* SPDX-License-Identifier: GPL-2.0-or-later */
/* texture: textures of a gl converter's own context, as imports become them. */
#ifndef ZEROVNC_TESTS_TEXTURE_H
#define ZEROVNC_TESTS_TEXTURE_H

#include <stdbool.h>

#define EGL_NO_X11
#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "encode/gl/gles.h"

/* 0x00RRGGBB as a texture has it, opaque. */
static inline uint32_t texture_rgba(uint32_t pixel) {
	return (pixel & 0xff00) | pixel >> 16 | (pixel & 0xff) << 16 | 0xff000000;
}

/* Of 8 bits a channel, sampled to the nearest. `rgba`: its bytes without padding, or NULL. On unit 0. */
GLuint texture_create(const struct gles *gl, uint32_t width, uint32_t height, const void *rgba);

/* One that only samplerExternalOES reads, and that shares the memory of another. */
struct texture_external {
	GLuint name; /* 0: none */
	EGLDisplay display;
	EGLImageKHR image;
};

/* False where this context, which is current, cannot have such a texture. */
bool texture_external_init(struct texture_external *external, const struct gles *gl, GLuint texture);
/* Also of an all-zero one. The texture whose memory it shares stays. */
void texture_external_finish(struct texture_external *external, const struct gles *gl);

#endif
