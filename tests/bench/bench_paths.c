/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_paths: what `zerovnc bench` measures, without the server's libraries and on frames of its own. Beside
 * both paths it measures what other programs do on every tick: reading the whole frame back by glReadPixels.
 * The other columns are printed as multiples of that one.
 *
 *   bench_paths [--sizes=1920x1080,3840x2160] [--seconds=60] [--path=auto|gpu]
 *
 * --seconds: for each size. --path=gpu: by a software renderer, too.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/bench/own_frames.h"
#include "encode/bench/paths.h"
#include "encode/bench/table.h"
#include "encode/gl/gl.h"
#include "encode/gl/gles.h"
#include "encode/gl/stand_in.h"
#include "tests/test.h"

/* --- reading all of it back, as a converter --- */

struct read_all {
	struct converter base;
	struct converter *stand_in, *gl; /* the former belongs to the latter */
	GLuint framebuffer;
	void *pixels; /* owned */
};

static int attach(struct read_all *self, const struct frame *frame) {
	const struct gles *gl = gl_converter_gles(self->gl);
	self->pixels = malloc((size_t)frame->width * frame->height * 4);
	if (!self->pixels || !gl)
		return -ENOMEM;
	gl->GenFramebuffers(1, &self->framebuffer);
	gl->BindFramebuffer(GL_FRAMEBUFFER, self->framebuffer);
	gl->FramebufferTexture2D(
		GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, stand_in_texture(self->stand_in), 0);
	return 0;
}

static int convert(struct converter *converter, const struct conversion *conversion) {
	struct read_all *self = (struct read_all *)converter;
	const struct frame *frame = conversion->frame;
	struct converter_result *result = conversion->result;
	struct reason *reason = conversion->reason;
	if (!self->framebuffer) {
		int error = self->stand_in->impl->convert(self->stand_in, conversion);
		if (error || attach(self, frame) != 0)
			return error ? error : reason_set(reason, -ENOMEM, "out of memory");
	}
	const struct gles *gl = gl_converter_gles(self->gl);
	memset(result, 0, sizeof *result);
	gl->ReadPixels(
		0, 0, (GLsizei)frame->width, (GLsizei)frame->height, GL_RGBA, GL_UNSIGNED_BYTE, self->pixels);
	const char *trouble = gles_error(gl);
	if (trouble)
		return reason_set(reason, -EIO, "glReadPixels: %s", trouble);
	result->import = CONVERTER_IMPORT_TEXTURE;
	result->bytes_read_back = (uint64_t)frame->width * frame->height * 4;
	return 0;
}

static void release(struct converter *converter) {
	(void)converter;
}

/* It always reads everything. */
static void forget(struct converter *converter, struct picture *picture, const struct damage *tiles) {
	(void)converter;
	(void)picture;
	(void)tiles;
}

static void destroy(struct converter *converter) {
	struct read_all *self = (struct read_all *)converter;
	converter_destroy(self->stand_in);
	free(self->pixels);
	free(self);
}

static const struct converter_impl impl = {
	.name = "ReadPixels", .convert = convert, .release = release, .forget = forget, .destroy = destroy};

static struct converter *create(struct reason *reason) {
	struct read_all *self = calloc(1, sizeof *self);
	CHECK(self);
	if (gl_converter_create(NULL, NULL, &self->gl, reason) != 0) {
		free(self);
		return NULL;
	}
	self->base.impl = &impl;
	memcpy(self->base.renderer, self->gl->renderer, sizeof self->base.renderer);
	snprintf(self->base.detail, sizeof self->base.detail, "the whole frame by glReadPixels");
	self->stand_in = stand_in_create(self->gl);
	CHECK(self->stand_in);
	return &self->base;
}

/* --- the cases --- */

static void measure(unsigned width, unsigned height, unsigned seconds, enum path_kind kind) {
	struct source *source;
	struct bench *bench;
	struct reason reason = {""};
	CHECK_SAY(!own_frames_open(width, height, &source, &reason), "%s", reason.text);
	CHECK_SAY(!bench_create(source, &bench, &reason), "%s", reason.text);
	struct converter *all = create(&reason);
	if (all)
		bench_add(bench, "ReadPixels", all, gl_converter_is_software(((struct read_all *)all)->gl));
	else
		bench_add_missing(bench, "ReadPixels", reason.text);
	bench_add_paths(bench, kind, "", true, &path_default_makers);
	CHECK(bench_run(bench, &(struct bench_options){.seconds = seconds}));
	printf("frames: %s\n", source->output);
	bench_print(bench, stdout);
	printf("\n");
	fflush(stdout);
	bench_destroy(bench);
	source_destroy(source);
}

int main(int argc, char **argv) {
	const char *sizes = "1920x1080,3840x2160";
	unsigned seconds = 60, width, height;
	enum path_kind kind = PATH_AUTO;
	int used;
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--sizes=", 8))
			sizes = argv[i] + 8;
		else if (!strncmp(argv[i], "--seconds=", 10))
			seconds = (unsigned)atoi(argv[i] + 10);
		else if (!strcmp(argv[i], "--path=gpu"))
			kind = PATH_GPU;
		else if (strcmp(argv[i], "--path=auto") != 0)
			return 2;
	}
	for (; sscanf(sizes, "%ux%u%n", &width, &height, &used) == 2; sizes += used + (sizes[used] == ','))
		measure(width, height, seconds, kind);
	return 0;
}
