/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/shader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/picture.h"

/* zerovnc_embed makes these from glsl/. */
#define EMBEDDED(name)                                                                                       \
	extern const unsigned char glsl_##name[];                                                            \
	extern const size_t glsl_##name##_size;
EMBEDDED(header)
EMBEDDED(layers)
EMBEDDED(scanout)
EMBEDDED(pixels)
EMBEDDED(combs)
EMBEDDED(damage)
EMBEDDED(triangle)
EMBEDDED(output)
EMBEDDED(compare)
EMBEDDED(tiles)
EMBEDDED(store)

enum { DEFINES = 2048, PARTS = 8 + 2 * FRAME_MAX_LAYERS };

/* The parts of one shader's text, in order. */
struct text {
	int count;
	const char *parts[PARTS];
	GLint lengths[PARTS];
	char *copies[FRAME_MAX_LAYERS]; /* of scanout.glsl; owned */
	char defines[DEFINES];          /* "#version" and the #defines of the variant */
	int used;                       /* bytes of them */
};

static void add(struct text *text, const void *part, size_t length) {
	text->parts[text->count] = (const char *)part;
	text->lengths[text->count++] = (GLint)length;
}

#define ADD(text, name) add(text, glsl_##name, glsl_##name##_size)

static void finish(struct text *text) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		free(text->copies[i]);
}

__attribute__((format(printf, 2, 3))) static void define(struct text *text, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	text->used += vsnprintf(
		text->defines + text->used, sizeof text->defines - (size_t)text->used, format, arguments);
	va_end(arguments);
}

/* --- layers --- */

static enum scanout_kind kind_of(const struct variant *variant, int layer) {
	return (enum scanout_kind)(variant->layers[layer] & VARIANT_KIND);
}

static bool is_external(enum scanout_kind kind) {
	return scanout_target(kind) == GL_TEXTURE_EXTERNAL_OES;
}

/* Makes EACH_NAME call each layer's copy of a function, the lowest one's first. */
static void define_each(struct text *text, const char *name, const char *function, int layers) {
	define(text, "#define EACH_%s(arguments)", name);
	for (int i = 0; i < layers; i++)
		define(text, " %s%d arguments;", function, i);
	define(text, "\n");
}

enum { STRAIGHT_MAX = 3 }; /* layers; code grows with them, and few screens have more */

/* Whether a pixel of the layer takes so much code that shaders should not repeat it for every pixel of a
 * thread. Software GL compiled some of those for minutes. */
static bool takes_much_code(const struct variant *variant, int layer) {
	enum scanout_kind kind = kind_of(variant, layer);
	return variant->layers[layer] & VARIANT_SCALED ||
	       (kind != SCANOUT_TEXTURE && kind != SCANOUT_EXTERNAL);
}

/* What all the layers' files are to know. */
static void define_layers(struct text *text, const struct variant *variant) {
	bool external = false, halves = false, looped = variant->count > STRAIGHT_MAX;
	for (int i = 0; i < variant->count; i++) {
		looped |= takes_much_code(variant, i);
		external |= is_external(kind_of(variant, i));
		halves |= (variant->layers[i] & VARIANT_HALVES) != 0;
	}
	define(text, "%s#define LAYERS %d\n", external ? "#define EXTERNAL_SAMPLERS 1\n" : "",
		variant->count);
	if (halves)
		define(text, "#define HALVES 1\n");
	if (variant->corrected)
		define(text, "#define CORRECTED %d\n", variant->corrected);
	if (!variant->composed)
		return;
	define(text, "#define COMPOSED 1\n%s", looped ? "#define LOOPED 1\n" : "");
	define_each(text, "SEE", "see", variant->count);
	define_each(text, "ALONE", "alone", variant->count);
	define_each(text, "SHOW", "show", variant->count);
	define_each(text, "LAY", "lay", variant->count);
}

static const char *kind_define(enum scanout_kind kind, bool scaled) {
	static const char *const defines[SCANOUT_KINDS][2] = {
#define KIND(defines) {defines, defines "#define SCALED 1\n"}
		[SCANOUT_TEXTURE] = KIND(""),
		[SCANOUT_EXTERNAL] = KIND("#define SCANOUT_EXTERNAL 1\n"),
		[SCANOUT_PLANES] = KIND("#define SCANOUT_PLANES 1\n"),
		[SCANOUT_PALETTE] = KIND("#define SCANOUT_PALETTE 1\n"),
		[SCANOUT_SAMPLED] = KIND("#define SCANOUT_EXTERNAL 1\n#define SCANOUT_SAMPLED 1\n"),
		[SCANOUT_MEMORY] = KIND("#define SCANOUT_MEMORY 1\n"),
#undef KIND
	};
	return defines[kind][scaled];
}

/* scanout.glsl with the layer's number for each '@'. NULL: out of memory. */
static char *copy_for_layer(int layer) {
	char digits[12];
	size_t count = 0;
	int length = snprintf(digits, sizeof digits, "%d", layer);
	for (size_t i = 0; i < glsl_scanout_size; i++)
		count += glsl_scanout[i] == '@';
	char *copy = malloc(glsl_scanout_size + count * (size_t)length + 1), *to = copy;
	for (size_t i = 0; copy && i < glsl_scanout_size; i++) {
		if (glsl_scanout[i] != '@') {
			*to++ = (char)glsl_scanout[i];
			continue;
		}
		memcpy(to, digits, (size_t)length);
		to += length;
	}
	if (copy)
		*to = '\0';
	return copy;
}

/* 0, or -ENOMEM with a reason. */
static int add_layers(struct text *text, const struct variant *variant, struct reason *reason) {
	ADD(text, layers);
	for (int i = 0; i < variant->count; i++) {
		const char *kind = kind_define(kind_of(variant, i), variant->layers[i] & VARIANT_SCALED);
		text->copies[i] = copy_for_layer(i);
		if (!text->copies[i])
			return reason_set(reason, -ENOMEM, "out of memory");
		add(text, kind, strlen(kind));
		add(text, text->copies[i], strlen(text->copies[i]));
	}
	ADD(text, pixels);
	return 0;
}

/* --- programs --- */

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

int shader_create_damage(const struct gles *gl, const struct variant *variant, int threads, bool packed,
	GLuint *program, struct reason *reason) {
	struct text text = {0};
	GLuint shader = 0;
	define(&text, "#version 310 es\n");
	define_layers(&text, variant);
	define(&text, "#define THREADS %d\n#define PACKED %d\n", threads, packed);
	if (variant->sparing)
		define(&text, "#define SPARES %d\n", PICTURE_SPARED_MAX);
	add(&text, text.defines, (size_t)text.used);
	ADD(&text, header);
	ADD(&text, combs);
	int error = add_layers(&text, variant, reason);
	ADD(&text, damage);
	if (!error)
		error = compile(gl, GL_COMPUTE_SHADER, &text, &shader, reason);
	if (!error)
		error = link_program(gl, &shader, 1, program, reason);
	gl->DeleteShader(shader);
	finish(&text);
	return error;
}

static const char *version_of(const struct gles *gl) {
	return gl->version >= 30 ? "#version 300 es\n" : "#version 100\n";
}

static int compile_vertex(const struct gles *gl, GLuint *shader, struct reason *reason) {
	struct text text = {0};
	define(&text, "%s#define VERTEX 1\n", version_of(gl));
	add(&text, text.defines, (size_t)text.used);
	ADD(&text, header);
	ADD(&text, triangle);
	return compile(gl, GL_VERTEX_SHADER, &text, shader, reason);
}

static int compile_fragment(const struct gles *gl, enum shader_fragment which, const struct variant *variant,
	GLuint *shader, struct reason *reason) {
	struct text text = {0};
	define(&text, "%s", version_of(gl));
	if (variant)
		define_layers(&text, variant);
	add(&text, text.defines, (size_t)text.used);
	ADD(&text, header);
	int error = variant ? add_layers(&text, variant, reason) : 0;
	ADD(&text, output);
	if (which == SHADER_COMPARE)
		ADD(&text, compare);
	else if (which == SHADER_TILES)
		ADD(&text, tiles);
	else
		ADD(&text, store);
	if (!error)
		error = compile(gl, GL_FRAGMENT_SHADER, &text, shader, reason);
	finish(&text);
	return error;
}

int shader_create_fragment(const struct gles *gl, enum shader_fragment which, const struct variant *variant,
	GLuint *program, struct reason *reason) {
	GLuint shaders[2] = {0, 0};
	int error = compile_vertex(gl, &shaders[0], reason);
	if (!error)
		error = compile_fragment(gl, which, variant, &shaders[1], reason);
	if (!error)
		error = link_program(gl, shaders, 2, program, reason);
	gl->DeleteShader(shaders[0]);
	gl->DeleteShader(shaders[1]);
	return error;
}
