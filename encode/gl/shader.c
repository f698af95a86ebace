/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/shader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* zerovnc_embed makes these from glsl/. */
#define EMBEDDED(name)                                                                                       \
	extern const unsigned char glsl_##name[];                                                            \
	extern const size_t glsl_##name##_size;
EMBEDDED(header)
EMBEDDED(scanout)
EMBEDDED(damage)
EMBEDDED(triangle)
EMBEDDED(output)
EMBEDDED(compare)
EMBEDDED(tiles)
EMBEDDED(store)

enum { PARTS = 6 };

/* The parts of one shader's text, in order. */
struct text {
	int count;
	const char *parts[PARTS];
	GLint lengths[PARTS];
};

static void add(struct text *text, const void *part, size_t length) {
	text->parts[text->count] = (const char *)part;
	text->lengths[text->count++] = (GLint)length;
}

#define ADD(text, name) add(text, glsl_##name, glsl_##name##_size)

static int compile(
	const struct gles *gl, GLenum stage, const struct text *text, GLuint *shader, struct reason *reason) {
	GLint compiled = 0;
	char log[200] = "";
	*shader = gl->CreateShader(stage);
	gl->ShaderSource(*shader, text->count, text->parts, text->lengths);
	gl->CompileShader(*shader);
	gl->GetShaderiv(*shader, GL_COMPILE_STATUS, &compiled);
	if (compiled)
		return 0;
	gl->GetShaderInfoLog(*shader, sizeof log, NULL, log);
	gl->DeleteShader(*shader);
	*shader = 0;
	return reason_set(reason, -ENOTSUP, "%s does not compile a shader: %s", gl->renderer, log);
}

static int link_program(
	const struct gles *gl, const GLuint *shaders, int count, GLuint *program, struct reason *reason) {
	GLint linked = 0;
	char log[200] = "";
	*program = gl->CreateProgram();
	for (int i = 0; i < count; i++)
		gl->AttachShader(*program, shaders[i]);
	if (count > 1)
		gl->BindAttribLocation(*program, 0, "corner");
	gl->LinkProgram(*program);
	gl->GetProgramiv(*program, GL_LINK_STATUS, &linked);
	if (linked)
		return 0;
	gl->GetProgramInfoLog(*program, sizeof log, NULL, log);
	gl->DeleteProgram(*program);
	*program = 0;
	return reason_set(reason, -ENOTSUP, "%s does not link a shader: %s", gl->renderer, log);
}

static const char *kind_define(enum scanout_kind kind) {
	static const char *const defines[SCANOUT_KINDS] = {
		[SCANOUT_TEXTURE] = "",
		[SCANOUT_EXTERNAL] = "#define SCANOUT_EXTERNAL 1\n",
		[SCANOUT_PLANES] = "#define SCANOUT_PLANES 1\n",
		[SCANOUT_SAMPLED] = "#define SCANOUT_EXTERNAL 1\n#define SCANOUT_SAMPLED 1\n",
		[SCANOUT_MEMORY] = "#define SCANOUT_MEMORY 1\n",
	};
	return defines[kind];
}

int shader_create_damage(const struct gles *gl, enum scanout_kind kind, int threads, bool packed,
	GLuint *program, struct reason *reason) {
	char prefix[128];
	struct text text = {0};
	GLuint shader;
	int length =
		snprintf(prefix, sizeof prefix, "#version 310 es\n%s#define THREADS %d\n#define PACKED %d\n",
			kind_define(kind), threads, packed);
	add(&text, prefix, (size_t)length);
	ADD(&text, header);
	ADD(&text, scanout);
	ADD(&text, damage);
	int error = compile(gl, GL_COMPUTE_SHADER, &text, &shader, reason);
	if (!error)
		error = link_program(gl, &shader, 1, program, reason);
	gl->DeleteShader(shader);
	return error;
}

static int compile_vertex(const struct gles *gl, const char *version, GLuint *shader, struct reason *reason) {
	static const char vertex[] = "#define VERTEX 1\n";
	struct text text = {0};
	add(&text, version, strlen(version));
	add(&text, vertex, sizeof vertex - 1);
	ADD(&text, header);
	ADD(&text, triangle);
	return compile(gl, GL_VERTEX_SHADER, &text, shader, reason);
}

int shader_create_fragment(const struct gles *gl, enum shader_fragment which, enum scanout_kind kind,
	GLuint *program, struct reason *reason) {
	const char *version = gl->version >= 30 ? "#version 300 es\n" : "#version 100\n";
	const char *define = kind_define(kind);
	struct text text = {0};
	GLuint shaders[2] = {0, 0};
	add(&text, version, strlen(version));
	add(&text, define, strlen(define));
	ADD(&text, header);
	if (which != SHADER_TILES)
		ADD(&text, scanout);
	ADD(&text, output);
	if (which == SHADER_COMPARE)
		ADD(&text, compare);
	else if (which == SHADER_TILES)
		ADD(&text, tiles);
	else
		ADD(&text, store);
	int error = compile_vertex(gl, version, &shaders[0], reason);
	if (!error)
		error = compile(gl, GL_FRAGMENT_SHADER, &text, &shaders[1], reason);
	if (!error)
		error = link_program(gl, shaders, 2, program, reason);
	gl->DeleteShader(shaders[0]);
	gl->DeleteShader(shaders[1]);
	return error;
}
