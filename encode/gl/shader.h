/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shader: makes programs from the files in glsl/, which are embedded in the binary.
 *
 * A shader's text consists of "#version", the #defines of its variant, header.glsl, and its own files, among
 * which each layer has a copy of scanout.glsl. CMake checks such combinations with glslangValidator.
 */
#ifndef ZEROVNC_SHADER_H
#define ZEROVNC_SHADER_H

#include "encode/gl/gles.h"
#include "encode/gl/scanout.h"
#include "encode/gl/variant.h"

/* Makes damage.comp's program. `threads` is per workgroup, `packed` is the shader's PACKED. 0, or -ENOTSUP
 * with the compiler's message. */
int shader_create_damage(const struct gles *gl, const struct variant *variant, int threads, bool packed,
	GLuint *program, struct reason *reason);

enum shader_fragment { SHADER_COMPARE, SHADER_TILES, SHADER_STORE };
/* Makes a fragment program with triangle.vert, whose attribute 0 is the corner. SHADER_TILES reads no layers,
 * and its variant is NULL. */
int shader_create_fragment(const struct gles *gl, enum shader_fragment which, const struct variant *variant,
	GLuint *program, struct reason *reason);

#endif
