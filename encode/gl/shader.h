/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shader: makes programs from the files in glsl/, which are embedded in the binary.
 *
 * A shader's text consists of "#version", the #defines of its variant, header.glsl, and its own files. CMake
 * checks the same combinations with glslangValidator.
 */
#ifndef ZEROVNC_SHADER_H
#define ZEROVNC_SHADER_H

#include "encode/gl/gles.h"
#include "encode/gl/scanout.h"

/* Makes damage.comp's program. `threads` is per workgroup, `packed` is the shader's PACKED. 0, or -ENOTSUP
 * with the compiler's message. */
int shader_create_damage(const struct gles *gl, enum scanout_kind kind, int threads, bool packed,
	GLuint *program, struct reason *reason);

enum shader_fragment { SHADER_COMPARE, SHADER_TILES, SHADER_STORE };
/* Makes a fragment program with triangle.vert, whose attribute 0 is the corner. SHADER_TILES has no kinds. */
int shader_create_fragment(const struct gles *gl, enum shader_fragment which, enum scanout_kind kind,
	GLuint *program, struct reason *reason);

#endif
