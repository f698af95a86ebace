/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_hdr.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/cpu/cpu.h"
#include "encode/durations.h"
#include "encode/gl/convert.h"
#include "encode/gl/gles.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { CONTENTS = 2, WARM_UP_NS = 200000000, TURNS = 3 };

/* One signal after the other; the first one is what the others are compared with. */
static const struct {
	const char *name;
	struct frame_signal signal;
} signals[] = {
	{"SDR", {FRAME_TRANSFER_SDR, FRAME_PRIMARIES_BT709, 0}},
	{"PQ", {FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000}},
	{"HLG", {FRAME_TRANSFER_HLG, FRAME_PRIMARIES_BT2020, 0}},
};

struct bench {
	struct converter *gpu;
	uint32_t width, height;
	uint32_t *pixels[CONTENTS]; /* XBGR2101010 */
	struct frame frames[CONTENTS];
	struct gl_texture textures[CONTENTS];
	struct picture picture;
	struct damage damage;
	int shown; /* which contents */
};

/* --- contents --- */

static void make_content(struct bench *bench, int content) {
	const struct gles *gl = gl_converter_gles(bench->gpu);
	struct random random = {.state = 3 + (uint64_t)content};
	size_t count = (size_t)bench->width * bench->height;
	uint32_t *pixels = bench->pixels[content] = malloc(count * sizeof *pixels);
	CHECK(pixels);
	for (size_t i = 0; i < count; i++)
		pixels[i] = (uint32_t)random_next(&random) | 0xc0000000;
	struct frame *frame = &bench->frames[content];
	frame_set_memory(frame, bench->width, bench->height, pixels, bench->width * 4, 1 + (uint64_t)content);
	frame->layers[0].fourcc = DRM_FORMAT_XBGR2101010;
	gl->GenTextures(1, &bench->textures[content].texture);
	bench->textures[content].target = GL_TEXTURE_2D;
	gl->ActiveTexture(GL_TEXTURE0);
	gl->BindTexture(GL_TEXTURE_2D, bench->textures[content].texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGB10_A2, (GLsizei)bench->width, (GLsizei)bench->height, 0,
		GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV, pixels);
	gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	CHECK(!gles_error(gl));
}

/* --- one frame --- */

static struct converter_result convert(
	struct bench *bench, struct converter *converter, struct picture *picture, bool fresh) {
	struct converter_result result;
	struct reason reason;
	damage_clear(&bench->damage);
	const struct conversion conversion = {
		.frame = &bench->frames[bench->shown],
		.picture = picture,
		.fresh = fresh,
		.damage = &bench->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = converter == bench->gpu ? gl_converter_convert_textures(
						      converter, &bench->textures[bench->shown], &conversion)
					    : converter->impl->convert(converter, &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	return result;
}

static void check_near(uint32_t gpu, uint32_t cpu) {
	for (int shift = 0; shift < 24; shift += 8)
		CHECK_SAY(abs((int)(gpu >> shift & 255) - (int)(cpu >> shift & 255)) <= 1, "%06x is not %06x",
			gpu, cpu);
}

/* The picture is what the CPU path makes of the frame. */
static void check_picture(struct bench *bench) {
	struct picture picture = bench->picture;
	struct converter *cpu = cpu_converter_create();
	picture.pixels = aligned_alloc(64, (size_t)picture.stride * picture.height);
	CHECK(cpu && picture.pixels);
	convert(bench, cpu, &picture, true);
	for (size_t i = 0; i < (size_t)picture.stride / 4 * picture.height; i++)
		if (i % (picture.stride / 4) < picture.width)
			check_near(((const uint32_t *)(const void *)bench->picture.pixels)[i],
				((const uint32_t *)(const void *)picture.pixels)[i]);
	free(picture.pixels);
	converter_destroy(cpu);
}

/* --- measurements --- */

static uint64_t measure(struct bench *bench, const struct frame_signal *signal, bool still, int rounds,
	struct durations *times) {
	uint32_t tiles = bench->damage.columns * bench->damage.rows;
	uint64_t bytes = 0;
	for (int i = 0; i < CONTENTS; i++)
		bench->frames[i].signal = *signal;
	convert(bench, bench->gpu, &bench->picture, true);
	check_picture(bench);
	/* Until the converter has got used to the load, and the device has left its slow clocks. */
	uint64_t end = clock_now_ns() + WARM_UP_NS;
	for (int i = 0; i < rounds;) {
		bool warm = clock_now_ns() >= end;
		bench->shown = still ? bench->shown : !bench->shown;
		uint64_t begin = clock_now_ns();
		struct converter_result result = convert(bench, bench->gpu, &bench->picture, false);
		if (warm)
			durations_add(times, clock_now_ns() - begin);
		bytes = result.bytes_read_back;
		CHECK_SAY(result.tiles_changed == (still ? 0 : tiles), "%u tiles", result.tiles_changed);
		i += warm;
	}
	return bytes;
}

/* In turns, so that what else the machine does meets all. */
static void compare(struct bench *bench, bool still, int rounds) {
	struct durations times[ARRAY_LEN(signals)];
	uint64_t bytes[ARRAY_LEN(signals)];
	memset(times, 0, sizeof times);
	for (int turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < ARRAY_LEN(signals); i++)
			bytes[i] = measure(bench, &signals[i].signal, still, rounds / TURNS + 1, &times[i]);
	double plain = durations_percentile(&times[0], 50);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		double median = durations_percentile(&times[i], 50);
		printf("%ux%u, %-15s %-3s %7.3f ms, %.2f x, %.1f MB read back\n", bench->width, bench->height,
			still ? "nothing changed" : "all changed", signals[i].name, median, median / plain,
			(double)bytes[i] * 1e-6);
	}
}

void bench_hdr(struct converter *gpu, uint32_t width, uint32_t height, int rounds) {
	struct bench bench = {.gpu = gpu, .width = width, .height = height};
	const struct gles *gl = gl_converter_gles(gpu);
	if (gl->version < 30) {
		printf("OpenGL ES %d.%d has no textures of 10 bits\n", gl->version / 10, gl->version % 10);
		return;
	}
	bench.picture =
		(struct picture){.width = width, .height = height, .stride = (width * 4 + 63) / 64 * 64};
	bench.picture.pixels = aligned_alloc(64, (size_t)bench.picture.stride * height);
	damage_init(&bench.damage);
	CHECK(bench.picture.pixels && !damage_resize(&bench.damage, width, height));
	for (int i = 0; i < CONTENTS; i++)
		make_content(&bench, i);
	compare(&bench, true, rounds);
	compare(&bench, false, rounds);
	for (int i = 0; i < CONTENTS; i++) {
		gl->DeleteTextures(1, &bench.textures[i].texture);
		free(bench.pixels[i]);
	}
	damage_finish(&bench.damage);
	free(bench.picture.pixels);
}
