/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which converter serves, and what happens when it fails. The gpu here is one that fails as it is told, for
 * no real one does; what it converts it converts truly.
 */
#include "encode/path.h"

#include <drm_fourcc.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "encode/cpu/cpu.h"
#include "tests/test.h"

enum { WIDTH = 200, HEIGHT = 100, MAX_SCRIPT = 8 };

/* What the gpu is told, and what it saw. One at a time. */
static struct gpu {
	struct converter converter;
	struct converter *cpu;
	int make_error;
	int probe_error; /* -ENOSYS: nobody can be asked */
	bool software;
	int script[MAX_SCRIPT]; /* results of the next frames, then 0 */
	int made, destroyed, asked, probed;
	int released;
	bool fresh; /* of the last frame */
	int begun;
	bool begun_fresh;
	char card[32];
} gpu;

static int gpu_convert(struct converter *converter, const struct conversion *conversion) {
	(void)converter;
	int error = gpu.script[0];
	memmove(gpu.script, gpu.script + 1, sizeof gpu.script - sizeof gpu.script[0]);
	gpu.asked++;
	gpu.fresh = conversion->fresh;
	if (error == -EIO) {
		/* Fails in the middle: has written to a tile already. */
		memset(conversion->picture->pixels, 0x77, 40);
		damage_add(conversion->damage, 0, 0);
	}
	if (error)
		return reason_set(conversion->reason, error, "the fake gpu was told to fail");
	struct frame linear = *conversion->frame; /* it reads all that it is not told to refuse */
	linear.layers[0].modifier = DRM_FORMAT_MOD_LINEAR;
	struct conversion again = *conversion;
	again.frame = &linear;
	return gpu.cpu->impl->convert(gpu.cpu, &again);
}

static void gpu_begin(struct converter *converter, const struct conversion *conversion) {
	(void)converter;
	gpu.begun++;
	gpu.begun_fresh = conversion->fresh;
}

static void gpu_destroy(struct converter *converter) {
	(void)converter;
	converter_destroy(gpu.cpu);
	gpu.destroyed++;
}

static void gpu_release(struct converter *converter) {
	(void)converter;
	gpu.cpu->impl->release(gpu.cpu);
	gpu.released++;
}

static const struct converter_impl gpu_impl = {.name = "gpu",
	.begin = gpu_begin,
	.convert = gpu_convert,
	.release = gpu_release,
	.destroy = gpu_destroy};

static int gpu_make(
	const char *card_node, struct converter **converter, bool *software, struct reason *reason) {
	gpu.made++;
	snprintf(gpu.card, sizeof gpu.card, "%s", card_node);
	if (gpu.make_error)
		return reason_set(reason, gpu.make_error, "libEGL is missing");
	gpu.cpu = cpu_converter_create();
	gpu.converter = (struct converter){.impl = &gpu_impl, .renderer = "fakepipe"};
	*converter = &gpu.converter;
	*software = gpu.software;
	return 0;
}

static int gpu_probe(const char *card_node, bool *software, char renderer[128], struct reason *reason) {
	(void)card_node;
	gpu.probed++;
	*software = gpu.software;
	snprintf(renderer, 128, "%s", "fakepipe");
	if (gpu.probe_error)
		return reason_set(reason, gpu.probe_error, "the GL driver crashed when it was tried");
	return gpu.make_error ? reason_set(reason, gpu.make_error, "libEGL is missing") : 0;
}

/* The cpu's own, and what the converter was told last. */
static const struct converter_impl *cpu_impl;
static bool cpu_taken_over;

static int cpu_convert(struct converter *converter, const struct conversion *conversion) {
	cpu_taken_over = conversion->taken_over;
	return cpu_impl->convert(converter, conversion);
}

static struct converter *cpu_make(void) {
	static struct converter_impl watched;
	struct converter *cpu = cpu_converter_create();
	CHECK(cpu);
	cpu_impl = cpu->impl;
	watched = *cpu_impl;
	watched.convert = cpu_convert;
	cpu->impl = &watched;
	return cpu;
}

static const struct path_makers makers = {gpu_make, cpu_make, gpu_probe};

/* A scanout of one colour, in a sealed memfd that stands for a dma-buf. */
struct scene {
	struct path *path;
	struct picture_store *store;
	struct damage damage;
	struct converter_result result;
	struct reason reason;
	struct path_report report;
	uint32_t colour, fb_height; /* another height of the framebuffer is another shape */
	uint64_t modifier;
	bool begins;    /* path_begin() comes first */
	bool scaled;    /* the hardware makes the part that is shown larger */
	bool covered;   /* another plane lies above, in a layout that the CPU cannot read */
	int fd;         /* -1: no dma-buf */
	bool no_memory; /* the source does not map, whatever the flags */
	bool pattern;   /* no KMS device: the pixels only lie in memory */
	bool fresh;
	uint32_t *pixels;
	const char *card;
	atomic_bool over;
};

static void scene_init(struct scene *scene, enum path_kind kind, const struct gpu *told) {
	memset(scene, 0, sizeof *scene);
	gpu = *told;
	scene->path = path_create_with(kind, &makers);
	scene->store = picture_store_create();
	scene->fb_height = HEIGHT;
	scene->modifier = DRM_FORMAT_MOD_LINEAR;
	scene->fresh = true;
	scene->card = "/dev/dri/card0";
	scene->fd = memfd_create("scanout", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t size = WIDTH * 4 * 2 * HEIGHT;
	CHECK(scene->path && scene->store && scene->fd >= 0 && ftruncate(scene->fd, (off_t)size) == 0);
	CHECK(fcntl(scene->fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	scene->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, scene->fd, 0);
	CHECK(scene->pixels != MAP_FAILED);
	path_report(scene->path, &scene->report);
	CHECK(!scene->report.path[0]);
}

static void scene_finish(struct scene *scene) {
	path_destroy(scene->path);
	CHECK(gpu.destroyed == gpu.made - (gpu.make_error ? gpu.made : 0));
	picture_store_destroy(scene->store);
	damage_finish(&scene->damage);
	munmap(scene->pixels, WIDTH * 4 * 2 * HEIGHT);
	close(scene->fd);
}

static void fill(const struct scene *scene, struct frame *frame) {
	frame_init(frame);
	frame->width = WIDTH;
	frame->height = HEIGHT;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->plane_id = scene->pattern ? 0 : 31;
	layer->width = WIDTH;
	layer->height = scene->fb_height;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = scene->modifier;
	layer->plane_count = 1;
	layer->planes[0].pitch = WIDTH * 4;
	layer->planes[0].fd = scene->fd < 0 || scene->pattern ? -1 : dup(scene->fd);
	layer->source = (struct rect_fixed){0, 0, WIDTH << 16, HEIGHT << 16};
	if (scene->scaled)
		layer->source.width /= 2;
	layer->destination = (struct rect){0, 0, WIDTH, HEIGHT};
	bool mapped = path_source_flags(scene->path) & SOURCE_MAP_MEMORY;
	if (scene->covered) {
		struct frame_layer *upper = frame_add_layer(frame);
		*upper = *layer;
		upper->modifier = I915_FORMAT_MOD_X_TILED;
		upper->planes[0].fd = dup(scene->fd);
	}
	if (!scene->pattern && (scene->no_memory || !mapped))
		return;
	layer->memory = (const uint8_t *)scene->pixels;
	layer->memory_size = WIDTH * 4 * HEIGHT;
	layer->memory_id = 5;
}

/* Another colour, converted. Where it succeeds the picture must be that colour and every tile damaged. */
static int next(struct scene *scene) {
	scene->colour = (scene->colour + 0x010203) & 0xffffff;
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
		scene->pixels[i] = htole32(scene->colour);
	struct frame frame;
	fill(scene, &frame);
	struct picture *picture = picture_store_begin(scene->store, WIDTH, HEIGHT);
	CHECK(damage_resize(&scene->damage, WIDTH, HEIGHT) == 0);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = scene->fresh,
		.damage = &scene->damage,
		.result = &scene->result,
		.reason = &scene->reason,
	};
	if (scene->begins)
		path_begin(scene->path, scene->card, &conversion);
	int error = path_convert(scene->path, scene->card, &conversion);
	if (!error) {
		CHECK(damage_count(&scene->damage) == scene->damage.columns * scene->damage.rows);
		for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
			CHECK(((uint32_t *)(picture->pixels + i / WIDTH * picture->stride))[i % WIDTH] ==
				scene->colour);
		picture_store_publish(scene->store, &scene->damage);
		scene->fresh = false;
	} else {
		picture_store_cancel(scene->store, &scene->damage);
		scene->fresh = true;
	}
	frame_finish(&frame);
	path_report(scene->path, &scene->report);
	return error;
}

static bool served_by(const struct scene *scene, const char *path, const char *reason) {
	if (strcmp(scene->report.path, path) != 0 || !strstr(scene->report.reason, reason)) {
		fprintf(stderr, "served by \"%s\": %s\n", scene->report.path, scene->report.reason);
		return false;
	}
	return true;
}

static void auto_takes_hardware(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){0});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "hardware"));
	CHECK(gpu.fresh && !strcmp(gpu.card, "/dev/dri/card0") && !strcmp(scene.report.renderer, "fakepipe"));
	CHECK(next(&scene) == 0 && !gpu.fresh && gpu.asked == 2 && gpu.made == 1);
	CHECK(path_source_flags(scene.path) == 0);
	scene.card = "/dev/dri/card1";
	CHECK(next(&scene) == 0 && gpu.made == 2 && gpu.fresh && !strcmp(gpu.card, "/dev/dri/card1"));
	scene_finish(&scene);
}

/* What will never serve is never made, or let go at once where that is the only way to know. */
static void auto_never_takes_software(int probe_error) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.software = true, .probe_error = probe_error});
	for (int i = 0; i < 50; i++)
		CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "software (fakepipe)"));
	CHECK(gpu.asked == 0 && scene.result.import == CONVERTER_IMPORT_DMABUF_MMAP);
	CHECK(gpu.probed == 1 && gpu.made == (probe_error ? 1 : 0) && gpu.destroyed == gpu.made);
	/* Nor where nobody else can read it. */
	scene.modifier = I915_FORMAT_MOD_Y_TILED;
	for (int i = 0; i < 50; i++)
		CHECK(next(&scene) == -ENOTSUP && strstr(scene.reason.text, "software (fakepipe)"));
	CHECK(gpu.probed == 1);
	scene_finish(&scene);

	scene_init(&scene, PATH_GPU, &(struct gpu){.software = true});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "--path=gpu") && gpu.probed == 0);
	scene_finish(&scene);
}

static void a_gpu_that_crashes_when_tried(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.probe_error = -EIO});
	for (int i = 0; i < 50; i++)
		CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "the GL driver crashed"));
	CHECK(gpu.probed == 1 && gpu.made == 0);
	/* Another card has another driver. */
	gpu.probe_error = 0;
	scene.card = "/dev/dri/card1";
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "hardware") && gpu.probed == 2);
	scene_finish(&scene);
}

/* --path=gpu, and it never reads a frame: that is no GL that is missing. */
static void a_gpu_that_never_works(void) {
	struct scene scene;
	scene_init(&scene, PATH_GPU, &(struct gpu){.script = {-EIO, -EIO}});
	for (int i = 0; i < 10; i++)
		CHECK_SAY(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail"), "frame %d: %s", i,
			scene.reason.text);
	CHECK(gpu.asked == 2 && gpu.made == 1);
	scene_finish(&scene);
}

static void without_a_gpu(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.make_error = -ENOENT});
	CHECK(next(&scene) == 0 && next(&scene) == 0 && served_by(&scene, "cpu", "libEGL is missing"));
	CHECK(gpu.made == 0 && gpu.probed == 1);
	scene_finish(&scene);

	scene_init(&scene, PATH_GPU, &(struct gpu){.make_error = -ENOENT});
	CHECK(next(&scene) == -ENOTSUP && strstr(scene.reason.text, "libEGL is missing"));
	CHECK(next(&scene) == -ENOTSUP && !scene.report.path[0] && gpu.made == 1);
	scene_finish(&scene);
}

static void cpu_never_asks_for_a_gpu(void) {
	struct scene scene;
	scene_init(&scene, PATH_CPU, &(struct gpu){0});
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "--path=cpu") && gpu.made == 0);
	scene_finish(&scene);
}

static void frames_in_memory_stay_there(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){0});
	close(scene.fd);
	scene.fd = -1;
	CHECK(next(&scene) == -ENODATA);
	CHECK(path_source_flags(scene.path) & SOURCE_MAP_MEMORY);
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "exports no dma-buf"));
	CHECK(scene.result.import == CONVERTER_IMPORT_DUMB_MAP);
	scene_finish(&scene);
}

static void a_frame_that_it_cannot_read_goes_to_the_cpu(enum path_kind kind) {
	struct scene scene;
	scene_init(&scene, kind, &(struct gpu){.script = {0, -ENOTSUP}});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.asked == 2);
	CHECK(cpu_taken_over); /* the gpu wrote the picture before */
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.asked == 2);
	CHECK(!cpu_taken_over);
	scene.fb_height = HEIGHT + 1;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.asked == 3 && gpu.made == 1);
	CHECK(gpu.fresh); /* the cpu wrote the picture meanwhile */
	scene.fb_height = HEIGHT;
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.asked == 3);
	CHECK(cpu_taken_over);
	/* Not for ever: what was wrong then may be right by now. */
	scene.fb_height = HEIGHT + 1;
	for (int i = 0; i < 600; i++)
		CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	scene.fb_height = HEIGHT;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	scene_finish(&scene);
}

/* The same framebuffer as before, shown as it is again. */
static void scaled_for_a_while(enum path_kind kind) {
	struct scene scene;
	scene_init(&scene, kind, &(struct gpu){.script = {0, -ENOTSUP}});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	scene.scaled = true;
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail"));
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.asked == 2);
	scene.scaled = false;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.asked == 3);
	scene_finish(&scene);
}

/* The lowest plane is better than none, and the viewer is not sent all of it again and again. */
static void an_upper_plane_that_nobody_can_read(enum path_kind kind) {
	struct scene scene;
	scene_init(&scene, kind, &(struct gpu){.script = {0, -ENOTSUP}});
	CHECK(next(&scene) == 0 && scene.result.layers_left_out == 0);
	scene.covered = true;
	CHECK(next(&scene) == 0 && scene.result.layers_left_out == 1 && served_by(&scene, "gpu", ""));
	CHECK_SAY(strstr(scene.reason.text, "INTEL_X_TILED"), "%s", scene.reason.text);
	CHECK(next(&scene) == 0 && scene.result.layers_left_out == 1 && !gpu.fresh && gpu.asked == 4);
	scene.covered = false;
	CHECK(next(&scene) == 0 && scene.result.layers_left_out == 0 && !gpu.fresh && gpu.asked == 5);
	scene_finish(&scene);
}

static void a_gpu_that_fails_is_tried_twice(enum path_kind kind) {
	struct scene scene;
	scene_init(&scene, kind, &(struct gpu){.script = {0, -EIO, 0, -EIO, -EIO}});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail"));
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.fresh && gpu.made == 1);
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.destroyed == 0);
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.destroyed == 1);
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "told to fail") && gpu.made == 1);
	scene.fb_height = HEIGHT + 1;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.made == 2 && gpu.fresh);
	scene_finish(&scene);
}

/* However often: the gpu is as good as it was. */
static void a_writer_that_does_not_end(enum path_kind kind) {
	struct scene scene;
	scene_init(&scene, kind, &(struct gpu){.script = {0, -ETIMEDOUT, -ETIMEDOUT, -ETIMEDOUT}});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	for (int i = 0; i < 3; i++)
		CHECK(next(&scene) == -ETIMEDOUT && strstr(scene.reason.text, "told to fail"));
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.fresh && gpu.made == 1);
	scene_finish(&scene);
}

static void a_gpu_that_does_not_come_back(void) {
	struct scene scene;
	scene_init(&scene, PATH_GPU, &(struct gpu){.script = {0, -EIO, -EIO}});
	for (int i = 0; i < 3; i++)
		CHECK(next(&scene) == 0);
	gpu.make_error = -ENODEV;
	scene.fb_height = HEIGHT + 1;
	/* It served before: nobody is sent away now. */
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "libEGL is missing"));
	gpu.make_error = 0;
	gpu.made = 1;
	scene_finish(&scene);
}

/* Nobody else reads a tiled framebuffer, and its owner shows no other: the gpu that fails while it is reset
 * must be asked again, however long that takes. */
static void what_only_the_gpu_can_read(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.script = {0, -EIO, -EIO}});
	scene.modifier = I915_FORMAT_MOD_Y_TILED;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", ""));
	CHECK(next(&scene) == -ENOTSUP && next(&scene) == -ENOTSUP && gpu.destroyed == 1);
	gpu.make_error = -ENODEV;
	for (int i = 0; i < 100; i++)
		CHECK(next(&scene) == -ENOTSUP);
	CHECK(gpu.asked == 3 && gpu.made > 2 && gpu.made <= 8);
	gpu.make_error = 0;
	gpu.made = 1;
	for (int i = 0; i < 40 && next(&scene) != 0; i++)
		;
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "") && gpu.made == 2);
	scene_finish(&scene);

	/* Nor one that cannot be mapped. */
	scene_init(&scene, PATH_AUTO, &(struct gpu){.script = {-EIO, -EIO}});
	int memfd = scene.fd;
	scene.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	scene.no_memory = true;
	CHECK(next(&scene) == -ENODATA && next(&scene) == -ENOTSUP && gpu.destroyed == 1);
	for (int i = 0; i < 40; i++)
		next(&scene);
	CHECK(gpu.asked > 2 && gpu.made == 2);
	close(scene.fd);
	scene.fd = memfd;
	scene_finish(&scene);
}

/* Two shapes in turn, both hopeless: it must not make a converter for every frame. */
static void shapes_in_turn(void) {
	struct scene scene;
	scene_init(
		&scene, PATH_AUTO, &(struct gpu){.script = {-EIO, -EIO, -EIO, -EIO, -EIO, -EIO, -EIO, -EIO}});
	for (int i = 0; i < 100; i++) {
		scene.fb_height = HEIGHT + (uint32_t)i % 2;
		CHECK(next(&scene) == 0 && served_by(&scene, "cpu", ""));
	}
	CHECK(gpu.made <= 3 && gpu.asked <= 6);
	scene_finish(&scene);
}

/* A dma-buf that cannot be mapped: the source is asked to, and then serves. */
static void a_buffer_that_only_the_source_can_map(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.software = true});
	int memfd = scene.fd;
	scene.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(next(&scene) == -ENODATA && path_source_flags(scene.path) == SOURCE_MAP_MEMORY);
	CHECK(next(&scene) == 0 && scene.result.import == CONVERTER_IMPORT_DUMB_MAP);
	scene.no_memory = true;
	CHECK(next(&scene) == -ENOTSUP && strstr(scene.reason.text, "could not map it either"));
	close(scene.fd);
	scene.fd = memfd;
	scene_finish(&scene);

	/* The gpu may ask for it too, and goes on getting it. */
	scene_init(&scene, PATH_GPU, &(struct gpu){.script = {-ENODATA}});
	CHECK(next(&scene) == -ENODATA && path_source_flags(scene.path) == SOURCE_MAP_MEMORY);
	CHECK(next(&scene) == 0 && next(&scene) == 0 && served_by(&scene, "gpu", ""));
	CHECK(path_source_flags(scene.path) == SOURCE_MAP_MEMORY);
	scene_finish(&scene);
}

/* Neither can: the words name both causes. */
static void neither_can(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.make_error = -ENOENT});
	struct frame frame;
	fill(&scene, &frame);
	frame.layers[0].modifier = I915_FORMAT_MOD_Y_TILED;
	struct picture *picture = picture_store_begin(scene.store, WIDTH, HEIGHT);
	CHECK(damage_resize(&scene.damage, WIDTH, HEIGHT) == 0);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = true,
		.damage = &scene.damage,
		.result = &scene.result,
		.reason = &scene.reason,
	};
	CHECK(path_convert(scene.path, "", &conversion) == -ENOTSUP);
	CHECK(strstr(scene.reason.text, "INTEL_Y_TILED") && strstr(scene.reason.text, "libEGL is missing"));
	picture_store_cancel(scene.store, NULL);
	frame_finish(&frame);
	scene_finish(&scene);
}

/* With the converters that there really are: whatever this machine's GL is, the pixels are right. */
static void with_real_converters(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){0});
	path_destroy(scene.path);
	scene.path = path_create(PATH_AUTO);
	scene.card = "";
	scene.pattern = true;
	CHECK(next(&scene) == 0 && next(&scene) == 0 && served_by(&scene, "cpu", "memory already"));
	CHECK(!strcmp(scene.report.renderer, kernel_at(0)->name));

	path_destroy(scene.path);
	scene.path = path_create(PATH_GPU);
	scene.fresh = true;
	if (next(&scene) == 0) {
		CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "--path=gpu"));
		printf("the gpu path: %s\n", scene.report.renderer);
	} else {
		CHECK(strstr(scene.reason.text, "--path=gpu was asked for"));
		printf("no gpu path to try: %s\n", scene.reason.text);
	}
	scene_finish(&scene);
}

/* How often the scanout is mapped: once by the test itself. */
static unsigned times_mapped(void) {
	char line[512];
	unsigned count = 0;
	FILE *file = fopen("/proc/self/maps", "r");
	CHECK(file);
	while (fgets(line, sizeof line, file))
		count += strstr(line, "memfd:scanout") != NULL;
	fclose(file);
	return count;
}

static void nobody_looks_for_a_while(void) {
	struct scene scene;
	scene_init(&scene, PATH_CPU, &(struct gpu){0});
	path_release(scene.path); /* there is nothing yet */
	CHECK(next(&scene) == 0 && next(&scene) == 0 && times_mapped() == 2);
	path_release(scene.path);
	CHECK(times_mapped() == 1);
	CHECK(next(&scene) == 0 && times_mapped() == 2);
	scene_finish(&scene);

	scene_init(&scene, PATH_AUTO, &(struct gpu){0});
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "hardware"));
	path_release(scene.path);
	CHECK(gpu.released == 1 && times_mapped() == 1);
	CHECK(next(&scene) == 0 && !gpu.fresh && gpu.made == 1);
	scene_finish(&scene);
}

/* A frame may be begun as soon as there is a gpu that would convert it, and as it would. */
static void a_frame_is_begun(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.script = {0, 0, -ENOTSUP}});
	scene.begins = true;
	CHECK(next(&scene) == 0 && gpu.begun == 0); /* no gpu is made for it */
	CHECK(next(&scene) == 0 && gpu.begun == 1 && !gpu.begun_fresh && !gpu.fresh);
	CHECK(next(&scene) == 0 && gpu.begun == 2 && served_by(&scene, "cpu", "could not read"));
	CHECK(next(&scene) == 0 && gpu.begun == 2); /* it is refused */
	scene.fb_height++;
	CHECK(next(&scene) == 0 && gpu.begun == 3 && gpu.begun_fresh && gpu.fresh);
	scene_finish(&scene);
}

/* The cpu spares nothing. It stores and reports all of a part that has an absent tile, of the same colour as
 * before, too. */
static void the_cpu_stores_what_is_absent(void) {
	struct scene scene;
	scene_init(&scene, PATH_CPU, &(struct gpu){0});
	CHECK(next(&scene) == 0);
	struct picture *picture = picture_store_begin(scene.store, WIDTH, HEIGHT);
	damage_clear(&scene.damage);
	damage_add(&scene.damage, 1, 1);
	picture->absent[scene.damage.columns + 1] = true;
	memset(picture->pixels, 0x55, (size_t)picture->stride * HEIGHT);
	picture_store_publish(scene.store, &scene.damage);
	scene.colour -= 0x010203;
	CHECK(next(&scene) == 0);
	const struct picture *stored = picture_store_acquire(scene.store);
	CHECK(stored->absent_count == 0 && picture_has_pixels(stored, &(struct rect){0, 0, WIDTH, HEIGHT}));
	picture_store_release(scene.store, stored);
	scene_finish(&scene);
}

/* The card is closed for a while: what was learnt about it is not asked again. */
static void the_card_is_let_go(void) {
	struct scene scene;
	scene_init(&scene, PATH_AUTO, &(struct gpu){.script = {0}});
	path_let_go(scene.path); /* before the first frame */
	CHECK(next(&scene) == 0 && next(&scene) == 0 && !gpu.fresh);
	path_let_go(scene.path);
	path_let_go(scene.path);
	CHECK(gpu.made == 1 && gpu.destroyed == 1);
	CHECK(served_by(&scene, "gpu", "hardware")); /* as it was */
	CHECK(next(&scene) == 0 && served_by(&scene, "gpu", "hardware"));
	CHECK(gpu.made == 2 && gpu.probed == 1 && gpu.fresh);
	scene_finish(&scene);
	scene_init(&scene, PATH_AUTO, &(struct gpu){.software = true});
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "software"));
	path_let_go(scene.path);
	CHECK(next(&scene) == 0 && served_by(&scene, "cpu", "software"));
	CHECK(gpu.made == 0 && gpu.probed == 1);
	scene_finish(&scene);
}

static void *report_all_the_time(void *argument) {
	struct scene *scene = argument;
	struct path_report report;
	do {
		path_report(scene->path, &report);
		/* Never half of one and half of the other. */
		CHECK(strcmp(report.path, "cpu") != 0 || strstr(report.reason, "told to fail"));
		CHECK(strcmp(report.path, "gpu") != 0 || strstr(report.reason, "hardware"));
	} while (!atomic_load(&scene->over));
	return NULL;
}

static void reports_to_other_threads(void) {
	struct scene scene;
	pthread_t thread;
	scene_init(&scene, PATH_AUTO, &(struct gpu){0});
	CHECK(pthread_create(&thread, NULL, report_all_the_time, &scene) == 0);
	for (int i = 0; i < 300; i++) {
		if (i % 2)
			gpu.script[0] = -EIO;
		CHECK(next(&scene) == 0);
	}
	atomic_store(&scene.over, true);
	pthread_join(thread, NULL);
	scene_finish(&scene);
}

int main(void) {
	reports_to_other_threads();
	with_real_converters();
	auto_takes_hardware();
	auto_never_takes_software(0);
	auto_never_takes_software(-ENOSYS);
	a_gpu_that_crashes_when_tried();
	a_gpu_that_never_works();
	without_a_gpu();
	cpu_never_asks_for_a_gpu();
	frames_in_memory_stay_there();
	a_frame_that_it_cannot_read_goes_to_the_cpu(PATH_AUTO);
	a_frame_that_it_cannot_read_goes_to_the_cpu(PATH_GPU);
	scaled_for_a_while(PATH_AUTO);
	scaled_for_a_while(PATH_GPU);
	an_upper_plane_that_nobody_can_read(PATH_AUTO);
	an_upper_plane_that_nobody_can_read(PATH_GPU);
	a_gpu_that_fails_is_tried_twice(PATH_AUTO);
	a_gpu_that_fails_is_tried_twice(PATH_GPU);
	a_writer_that_does_not_end(PATH_AUTO);
	a_writer_that_does_not_end(PATH_GPU);
	a_gpu_that_does_not_come_back();
	what_only_the_gpu_can_read();
	shapes_in_turn();
	a_buffer_that_only_the_source_can_map();
	neither_can();
	nobody_looks_for_a_while();
	a_frame_is_begun();
	the_cpu_stores_what_is_absent();
	the_card_is_let_go();
	path_destroy(NULL);
	return 0;
}
