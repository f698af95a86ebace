/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/gl/convert.h"
#include "tests/test.h"

enum { TIMEOUT_MS = 2000 };

struct floor {
	struct converter *gpu;
	const struct gles *gl;
	int planes;
	uint32_t tiles, words; /* a bit for each tile */
	GLuint keep, compare;  /* programs */
	bool borrowed;         /* they are another floor's */
	GLuint kept, changed;
	const uint32_t *bits; /* of `changed`, which stays mapped */
	uint64_t usual_wait_ns;
};

/* --- programs --- */

/* After constants: THREADS, COLUMNS, SIZE, OPAQUE and TRANSLUCENT (left, top, right, bottom). Defined only if
 * they are meant: PLANES for all three, KEEP. As in damage.comp, a thread's pixels are combs, and neighbours
 * fetch neighbouring texels. The loops around the fetches are of constant length, so all of them are under
 * way at once. */
static const char text[] =
	"layout(local_size_x = THREADS) in;\n"
	"const int COMBS = 1024 / THREADS, PIXELS = 4 * COMBS;\n"
	"layout(binding = 0) uniform highp sampler2D below;\n"
	"layout(std430, binding = 0) buffer Kept { uvec4 kept[]; };\n"
	"layout(std430, binding = 1) buffer Changed { uint changed[]; };\n"
	"shared uint differs;\n"
	"bool touches(ivec4 r, ivec2 at) {\n"
	"	return all(lessThan(at, r.zw)) && all(greaterThan(at + 64, r.xy));\n"
	"}\n"
	"bool has(ivec4 r, ivec2 at) {\n"
	"	return all(greaterThanEqual(at, r.xy)) && all(lessThan(at, r.zw));\n"
	"}\n"
	"#ifdef PLANES\n"
	"layout(binding = 1) uniform highp sampler2D opaque;\n"
	"layout(binding = 2) uniform highp sampler2D translucent;\n"
	"ivec2 inside(ivec4 r, ivec2 at) {\n"
	"	return clamp(at, r.xy, r.zw - 1) - r.xy;\n"
	"}\n"
	"void find(ivec2 tile, ivec2 at[PIXELS], out vec3 now[PIXELS]) {\n"
	"	bool filled = all(greaterThanEqual(tile, OPAQUE.xy)) && all(lessThanEqual(tile + 64, OPAQUE.zw));\n"
	"	if (!filled)\n"
	"		for (int i = 0; i < PIXELS; i++)\n"
	"			now[i] = texelFetch(below, at[i], 0).rgb;\n"
	"	if (filled)\n"
	"		for (int i = 0; i < PIXELS; i++)\n"
	"			now[i] = texelFetch(opaque, at[i] - OPAQUE.xy, 0).rgb;\n"
	"	else if (touches(OPAQUE, tile))\n"
	"		for (int i = 0; i < PIXELS; i++) {\n"
	"			vec3 colour = texelFetch(opaque, inside(OPAQUE, at[i]), 0).rgb;\n"
	"			now[i] = has(OPAQUE, at[i]) ? colour : now[i];\n"
	"		}\n"
	"	if (touches(TRANSLUCENT, tile))\n"
	"		for (int i = 0; i < PIXELS; i++) {\n"
	"			vec4 colour = texelFetch(translucent, inside(TRANSLUCENT, at[i]), 0);\n"
	"			vec3 blended = colour.rgb + (1.0 - colour.a) * now[i];\n"
	"			now[i] = has(TRANSLUCENT, at[i]) ? blended : now[i];\n"
	"		}\n"
	"}\n"
	"#else\n"
	"void find(ivec2 tile, ivec2 at[PIXELS], out vec3 now[PIXELS]) {\n"
	"	for (int i = 0; i < PIXELS; i++)\n"
	"		now[i] = texelFetch(below, at[i], 0).rgb;\n"
	"}\n"
	"#endif\n"
	"uint as_sent(vec3 colour, ivec2 at) {\n"
	"	uvec3 levels = uvec3(floor(colour * 255.0 + 0.5));\n"
	"	return at.x < SIZE.x && at.y < SIZE.y ? levels.r << 16 | levels.g << 8 | levels.b : 0u;\n"
	"}\n"
	"void main() {\n"
	"	int number = int(gl_WorkGroupID.x), me = int(gl_LocalInvocationIndex);\n"
	"	ivec2 tile = ivec2(number % COLUMNS, number / COLUMNS) * 64, at[PIXELS];\n"
	"	vec3 now[PIXELS];\n"
	"	uvec4 was[COMBS];\n"
	"	bool other = false;\n"
	"	if (me == 0)\n"
	"		differs = 0u;\n"
	"	for (int i = 0; i < COMBS; i++)\n"
	"		was[i] = kept[number * 1024 + me + i * THREADS];\n"
	"	for (int i = 0; i < PIXELS; i++) {\n"
	"		int comb = me + i / 4 * THREADS;\n"
	"		at[i] = tile + ivec2(comb % 16 + i % 4 * 16, comb / 16);\n"
	"	}\n"
	"	find(tile, at, now);\n"
	"	for (int i = 0; i < COMBS; i++) {\n"
	"		int p = 4 * i;\n"
	"		uvec4 comb = uvec4(as_sent(now[p], at[p]), as_sent(now[p + 1], at[p + 1]),\n"
	"			as_sent(now[p + 2], at[p + 2]), as_sent(now[p + 3], at[p + 3]));\n"
	"#ifdef KEEP\n"
	"		kept[number * 1024 + me + i * THREADS] = comb;\n"
	"#endif\n"
	"		other = other || any(notEqual(comb, was[i]));\n"
	"	}\n"
	"#ifndef KEEP\n"
	"	barrier();\n"
	"	if (other)\n"
	"		differs = 1u;\n"
	"	barrier();\n"
	"	if (me == 0 && differs != 0u)\n"
	"		atomicOr(changed[number / 32], 1u << (number % 32));\n"
	"#endif\n"
	"}\n";

static void name_rect(char *to, size_t size, const char *name, const struct rect *rect) {
	snprintf(to, size, "const ivec4 %s = ivec4(%d, %d, %d, %d);\n", name, rect->x, rect->y,
		rect->x + (int32_t)rect->width, rect->y + (int32_t)rect->height);
}

static GLuint make_program(
	const struct floor *floor, uint32_t width, uint32_t height, const struct rect *places, bool keep) {
	const struct gles *gl = floor->gl;
	int threads = ((const struct gl_converter *)floor->gpu)->compute.threads;
	char constants[512], opaque[128], translucent[128], log[200] = "";
	GLint linked = 0;
	snprintf(constants, sizeof constants,
		"#version 310 es\n%s%s#define THREADS %d\nconst ivec2 SIZE = ivec2(%u, %u);\n"
		"const int COLUMNS = %u;\n",
		keep ? "#define KEEP\n" : "", floor->planes > 1 ? "#define PLANES\n" : "", threads, width,
		height, (width + DAMAGE_TILE - 1) / DAMAGE_TILE);
	name_rect(opaque, sizeof opaque, "OPAQUE", &places[1]);
	name_rect(translucent, sizeof translucent, "TRANSLUCENT", &places[2]);
	const char *parts[] = {constants, opaque, translucent, text};
	const GLint lengths[] = {-1, -1, -1, -1};
	GLuint shader = gl->CreateShader(GL_COMPUTE_SHADER), program = gl->CreateProgram();
	gl->ShaderSource(shader, 4, parts, lengths);
	gl->CompileShader(shader);
	gl->GetShaderInfoLog(shader, sizeof log, NULL, log);
	gl->AttachShader(program, shader);
	gl->LinkProgram(program);
	gl->GetProgramiv(program, GL_LINK_STATUS, &linked);
	gl->DeleteShader(shader);
	CHECK_SAY(linked, "%s", log);
	return program;
}

/* --- buffers --- */

static void make_buffers(struct floor *floor) {
	const struct gles *gl = floor->gl;
	const GLbitfield flags = GL_MAP_READ_BIT | GL_MAP_PERSISTENT_BIT_EXT | GL_MAP_COHERENT_BIT_EXT;
	GLsizeiptr size = (GLsizeiptr)floor->words * 4;
	uint32_t *zeroes = calloc(floor->words, 4);
	CHECK(zeroes);
	gl->GenBuffers(1, &floor->kept);
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, floor->kept);
	gl->BufferData(GL_SHADER_STORAGE_BUFFER, (GLsizeiptr)floor->tiles * 16384, NULL, GL_DYNAMIC_COPY);
	gl->GenBuffers(1, &floor->changed);
	gl->BindBuffer(GL_SHADER_STORAGE_BUFFER, floor->changed);
	gl->BufferStorage(GL_SHADER_STORAGE_BUFFER, size, zeroes, flags);
	floor->bits = gl->MapBufferRange(GL_SHADER_STORAGE_BUFFER, 0, size, flags);
	CHECK(floor->bits && !gles_error(gl));
	free(zeroes);
}

bool floor_can(const struct converter *gpu) {
	const struct gl_converter *gl = (const struct gl_converter *)gpu;
	return gl->can_compute && gl->context->egl.gl.buffer_storage;
}

struct floor *floor_create(struct converter *gpu, uint32_t width, uint32_t height,
	const struct rect places[FLOOR_PLANES], int planes) {
	struct floor *floor = calloc(1, sizeof *floor);
	CHECK(floor);
	*floor = (struct floor){.gpu = gpu, .gl = gl_converter_gles(gpu), .planes = planes};
	CHECK(floor->gl && floor->gl->buffer_storage);
	floor->tiles = (width + DAMAGE_TILE - 1) / DAMAGE_TILE * ((height + DAMAGE_TILE - 1) / DAMAGE_TILE);
	floor->words = (floor->tiles + 31) / 32;
	make_buffers(floor);
	floor->keep = make_program(floor, width, height, places, true);
	floor->compare = make_program(floor, width, height, places, false);
	return floor;
}

struct floor *floor_create_beside(const struct floor *other) {
	struct floor *floor = malloc(sizeof *floor);
	CHECK(floor);
	*floor = *other;
	floor->borrowed = true;
	make_buffers(floor);
	return floor;
}

void floor_destroy(struct floor *floor) {
	if (!floor)
		return;
	const struct gles *gl = gl_converter_gles(floor->gpu);
	gl->DeleteBuffers(1, &floor->kept);
	gl->DeleteBuffers(1, &floor->changed);
	if (!floor->borrowed) {
		gl->DeleteProgram(floor->keep);
		gl->DeleteProgram(floor->compare);
	}
	free(floor);
}

/* --- frames --- */

static void bind_buffers(struct floor *floor) {
	const struct gles *gl = floor->gl;
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, 0, floor->kept, 0, (GLsizeiptr)floor->tiles * 16384);
	gl->BindBufferRange(GL_SHADER_STORAGE_BUFFER, 1, floor->changed, 0, (GLsizeiptr)floor->words * 4);
}

static void bind(struct floor *floor, const struct gl_texture *textures) {
	for (int i = floor->planes - 1; i >= 0; i--) {
		floor->gl->ActiveTexture(GL_TEXTURE0 + (GLenum)i);
		floor->gl->BindTexture(GL_TEXTURE_2D, textures[i].texture);
	}
}

void floor_keep(struct floor *floor, const struct gl_texture textures[FLOOR_PLANES]) {
	const struct gles *gl = gl_converter_gles(floor->gpu);
	gl->UseProgram(floor->keep);
	bind_buffers(floor);
	bind(floor, textures);
	gl->DispatchCompute(floor->tiles, 1, 1);
	gl->MemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);
	gl->UseProgram(floor->compare);
	gl->Finish();
	CHECK(!gles_error(gl));
}

/* Waits for all that was launched. */
static void wait_for(struct floor *floor) {
	struct egl *egl = &((struct gl_converter *)floor->gpu)->context->egl;
	struct egl_fence fence;
	floor->gl->MemoryBarrier(GL_CLIENT_MAPPED_BUFFER_BARRIER_BIT_EXT);
	egl_fence_insert(egl, &fence);
	CHECK(!egl_fence_wait(egl, &fence, &floor->usual_wait_ns, TIMEOUT_MS));
}

static uint32_t count_changed(const struct floor *floor) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < floor->words; i++)
		count += (uint32_t)__builtin_popcount(floor->bits[i]);
	return count;
}

uint32_t floor_compare(struct floor *floor, const struct gl_texture textures[FLOOR_PLANES]) {
	bind(floor, textures);
	floor->gl->DispatchCompute(floor->tiles, 1, 1);
	wait_for(floor);
	return count_changed(floor);
}

uint32_t floor_compare_pair(struct floor *floors[2], const struct gl_texture textures[2][FLOOR_PLANES]) {
	for (int i = 0; i < 2; i++) {
		bind_buffers(floors[i]);
		bind(floors[i], textures[i]);
		floors[i]->gl->DispatchCompute(floors[i]->tiles, 1, 1);
	}
	wait_for(floors[0]);
	return count_changed(floors[0]) + count_changed(floors[1]);
}
