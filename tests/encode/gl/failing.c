/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers that fail without a word, that fail with one, and that have limits: what one way cannot do another
 * does, within the same frame, and nothing of it lasts longer than its cause.
 *
 * gles_init() is wrapped at link time, so that every context is one of the driver that `driver` describes. So
 * is what measures and copies memory: of a driver that is slow to be read, all that it maps can be read by
 * kernel_stream_copy() and by nothing else.
 */
#include <dlfcn.h>
#include <drm_mode.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/base/array.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/memory_speed.h"
#include "encode/gl/gl.h"
#include "encode/gl/gles.h"
#include "encode/path.h"
#include "tests/encode/gl/faults.h"
#include "tests/encode/gl/scene.h"
#include "tests/test.h"

static struct driver {
	bool drops_dispatches;
	GLenum dispatch_error;                /* with which it drops them, too */
	int drops_draw;                       /* the so-manieth from now, and all that follow; 0: none */
	bool drops_one;                       /* only that one */
	GLint largest_texture, largest_block; /* 0: as the real driver has it */
	bool hides_limits;                    /* of textures, until one is made */
	bool is_slow;
	/* what happened */
	int contexts, dispatches, draws;
	GLenum pending;
	unsigned char *shown, *mapped; /* of a slow one: what the converter has, what the driver gave */
	size_t length, copied;
	struct gles real;
} driver;

static void GL_APIENTRY dispatch(GLuint x, GLuint y, GLuint z) {
	driver.dispatches++;
	if (driver.dispatch_error)
		driver.pending = driver.dispatch_error;
	else if (!driver.drops_dispatches)
		driver.real.DispatchCompute(x, y, z);
}

static void GL_APIENTRY draw(GLenum mode, GLint first, GLsizei count) {
	driver.draws++;
	bool drops = driver.drops_draw && driver.draws >= driver.drops_draw;
	if (!drops || (driver.drops_one && driver.draws > driver.drops_draw))
		driver.real.DrawArrays(mode, first, count);
}

static void GL_APIENTRY get_integer(GLenum name, GLint *value) {
	driver.real.GetIntegerv(name, value);
	if (name == GL_MAX_TEXTURE_SIZE && driver.largest_texture && !driver.hides_limits)
		*value = driver.largest_texture;
	if (name == GL_MAX_SHADER_STORAGE_BLOCK_SIZE && driver.largest_block)
		*value = driver.largest_block;
}

static void GL_APIENTRY image(GLenum target, GLint level, GLint internal, GLsizei width, GLsizei height,
	GLint border, GLenum format, GLenum type, const void *pixels) {
	GLint largest = driver.largest_texture;
	if (largest && (width > largest || height > largest))
		width = -1;
	driver.real.TexImage2D(target, level, internal, width, height, border, format, type, pixels);
}

static GLenum GL_APIENTRY error(void) {
	GLenum pending = driver.pending;
	driver.pending = GL_NO_ERROR;
	return pending ? pending : driver.real.GetError();
}

static void *GL_APIENTRY map(GLenum target, GLintptr offset, GLsizeiptr length, GLbitfield access) {
	void *mapped = driver.real.MapBufferRange(target, offset, length, access);
	if (!driver.is_slow || !mapped)
		return mapped;
	driver.mapped = mapped;
	driver.length = (size_t)length;
	driver.shown = mmap(NULL, driver.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(driver.shown != MAP_FAILED);
	return driver.shown;
}

static GLboolean GL_APIENTRY unmap(GLenum target) {
	if (driver.shown)
		munmap(driver.shown, driver.length);
	driver.shown = NULL;
	return driver.real.UnmapBuffer(target);
}

void __real_kernel_stream_copy(void *to, const void *from, size_t size);
void __wrap_kernel_stream_copy(void *to, const void *from, size_t size);
void __wrap_kernel_stream_copy(void *to, const void *from, size_t size) {
	size_t at = (size_t)((const unsigned char *)from - driver.shown);
	if (driver.shown && at < driver.length) {
		CHECK(size <= driver.length - at);
		from = driver.mapped + at;
		__atomic_add_fetch(&driver.copied, size, __ATOMIC_RELAXED);
	}
	__real_kernel_stream_copy(to, from, size);
}

void __real_memory_speed_measure(struct memory_speed *speed, const void *bytes, size_t size);
void __wrap_memory_speed_measure(struct memory_speed *speed, const void *bytes, size_t size);
void __wrap_memory_speed_measure(struct memory_speed *speed, const void *bytes, size_t size) {
	if (driver.is_slow)
		memory_speed_decide(speed, 90, 800);
	else
		__real_memory_speed_measure(speed, bytes, size);
}

int __real_gles_init(struct gles *gles, gles_function (*lookup)(const char *name), struct reason *reason);
int __wrap_gles_init(struct gles *gles, gles_function (*lookup)(const char *name), struct reason *reason);
int __wrap_gles_init(struct gles *gles, gles_function (*lookup)(const char *name), struct reason *reason) {
	int failed = __real_gles_init(gles, lookup, reason);
	driver.contexts++;
	driver.real = *gles;
	gles->DispatchCompute = dispatch;
	gles->DrawArrays = draw;
	gles->GetIntegerv = get_integer;
	gles->TexImage2D = image;
	gles->GetError = error;
	gles->MapBufferRange = map;
	gles->UnmapBuffer = unmap;
	gles->GetIntegerv(GL_MAX_TEXTURE_SIZE, &gles->largest_texture);
	return failed;
}

struct context {
	const char *name;
	struct gl_options options;
	const char *hidden;
};

static struct converter *create(const struct context *context, const struct driver *like) {
	struct converter *converter;
	struct reason reason;
	driver = *like;
	faults = (struct faults){.hidden = context->hidden};
	if (gl_converter_create(NULL, &context->options, &converter, &reason))
		SKIP("%s", reason.text);
	return converter;
}

static void make_scene(struct scene *scene, uint32_t width, uint32_t height) {
	scene_init(scene, 21, pixel_format_at(0), width, height, DRM_MODE_ROTATE_0);
}

static const struct context computing[] =
	{
		{"persistent", {.version = 32}, NULL},
		{"mapped", {.version = 31}, "GL_EXT_buffer_storage"},
		{"cut", {.version = 32, .bands = 3}, NULL},
		{"cut, mapped", {.version = 32, .bands = 3}, "GL_EXT_buffer_storage"},
},
			    drawing[] = {
				    {"fragments", {.version = 30}, NULL},
				    {"mapped fragments", {.version = 30}, "GL_EXT_buffer_storage"},
				    {"fragments of OpenGL ES 2.0", {.version = 20}, NULL},
};

static void can_compute(struct converter *converter) {
	if (!strstr(converter->detail, "compute,"))
		SKIP("no compute shaders here: %s", converter->detail);
}

/* As v3d does where a shader does not compile for its hardware: "Expect corruption". */
static void drops_dispatches(const struct context *context, const struct driver *like, const char *why) {
	struct converter *converter = create(context, &(struct driver){0});
	can_compute(converter);
	converter_destroy(converter);

	struct scene scene;
	converter = create(context, like);
	make_scene(&scene, 300, 200);
	for (int frame = 0; frame < 6; frame++) {
		scene_convert(&scene, converter, frame == 0, context->name);
		CHECK_SAY(strstr(converter->detail, "fragment,") && strstr(converter->detail, why), "%s: %s",
			context->name, converter->detail);
		scene_mutate(&scene);
	}
	CHECK(faults.contexts == 2 && driver.dispatches <= 3);
	scene_finish(&scene);
	converter_destroy(converter);
}

enum { FRAMES_WITHOUT = 511 }; /* and the one that failed */

/* In the middle of its life, and on a still screen, where nothing is what one would see anyway. */
static void begins_to_drop_dispatches(const struct context *context) {
	struct converter *converter = create(context, &(struct driver){0});
	struct scene scene;
	make_scene(&scene, 70, 66);
	for (int frame = 0; frame < 5; frame++)
		scene_convert(&scene, converter, frame == 0, context->name);
	CHECK(strstr(converter->detail, "compute,"));
	driver.drops_dispatches = true;
	scene_convert(&scene, converter, true, "the first that is dropped");
	CHECK(strstr(converter->detail, "fragment,") && driver.contexts == 2);

	/* It is tried again some time, and then serves as before. */
	driver.drops_dispatches = false;
	int frames = 0, dispatches = driver.dispatches;
	while (driver.dispatches == dispatches && ++frames < 2000) {
		bool again = frames == FRAMES_WITHOUT; /* each way has a copy of its own of what was sent */
		scene_convert(&scene, converter, again, context->name);
	}
	CHECK_SAY(frames == FRAMES_WITHOUT && strstr(converter->detail, "compute,"), "%d frames: %s", frames,
		converter->detail);
	scene_mutate(&scene);
	scene_convert(&scene, converter, false, "back again");
	CHECK(driver.contexts == 2);
	scene_finish(&scene);
	converter_destroy(converter);
}

/* A draw of each kind: of everything, of the two comparing passes, and all of them. */
static void drops_draws(const struct context *context) {
	static const struct {
		int after, draw; /* frames that are served before, draw that is dropped then */
		bool one;
	} cases[] = {{0, 1, true}, {0, 1, false}, {2, 1, true}, {2, 2, true}, {2, 1, false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct converter *converter = create(context, &(struct driver){0});
		struct converter_result result;
		struct reason reason = {""};
		struct scene scene;
		make_scene(&scene, 300, 200);
		for (int frame = 0; frame < cases[i].after; frame++)
			scene_convert(&scene, converter, frame == 0, context->name);
		memset(scene.picture.pixels, 0x5a, (size_t)scene.picture.stride * scene.picture.height);
		driver.draws = 0;
		driver.drops_draw = cases[i].draw;
		driver.drops_one = cases[i].one;
		int failed = scene_try(&scene, converter, i < 2, &result, &reason);
		CHECK_SAY(failed == -EIO && strstr(reason.text, "did not draw"), "%s, case %zu: %d %s",
			context->name, i, failed, reason.text);
		for (size_t k = 0; k < (size_t)scene.picture.stride * scene.picture.height; k++)
			CHECK(scene.picture.pixels[k] == 0x5a);
		driver.drops_draw = 0;
		scene_convert(&scene, converter, true, "after a draw that was dropped");
		scene_finish(&scene);
		converter_destroy(converter);
	}
}

/* Where it has no words to say: that no error of one frame is another one's. */
static int black(struct converter *converter, uint32_t width, uint32_t height, struct reason *reason) {
	struct frame frame;
	struct damage damage;
	struct converter_result result;
	struct picture picture = {.width = width, .height = height, .stride = (width * 4 + 63) / 64 * 64};
	picture.pixels = aligned_alloc(64, (size_t)picture.stride * height);
	CHECK(picture.pixels);
	frame_init(&frame);
	frame.width = width;
	frame.height = height;
	damage_init(&damage);
	CHECK(!damage_resize(&damage, width, height));
	const struct conversion conversion = {
		.frame = &frame,
		.picture = &picture,
		.fresh = true,
		.damage = &damage,
		.result = &result,
		.reason = reason,
	};
	int failed = converter->impl->convert(converter, &conversion);
	for (uint32_t x = 0; x < width && !failed; x++)
		CHECK(((uint32_t *)picture.pixels)[x] == 0);
	damage_finish(&damage);
	free(picture.pixels);
	return failed;
}

static void has_small_textures(const struct context *context, bool hides_limits) {
	struct converter *converter =
		create(context, &(struct driver){.largest_texture = 2048, .hides_limits = hides_limits});
	struct converter_result result;
	struct reason reason = {""};
	struct scene small, large;
	make_scene(&small, 800, 600);
	make_scene(&large, 2600, 16);
	for (int i = 0; i < 2; i++) {
		CHECK_SAY(black(converter, 2600, 16, &reason) == -ENOTSUP, "%s: %s", context->name,
			reason.text);
		CHECK_SAY(strstr(reason.text, hides_limits ? "2600x16" : "2048"), "%s", reason.text);
		CHECK_SAY(!black(converter, 800, 600, &reason), "%s: %s", context->name, reason.text);
		CHECK(scene_try(&large, converter, true, &result, &reason) == -ENOTSUP);
		scene_convert(&small, converter, true, "after a texture that was too large");
		scene_mutate(&small);
		scene_convert(&small, converter, false, "again");
	}
	CHECK(faults.contexts == 1);
	scene_finish(&small);
	scene_finish(&large);
	converter_destroy(converter);
}

/* A size beyond the limit of storage blocks goes by fragments; the others go on as they did. */
static void has_small_blocks(void) {
	struct converter *converter =
		create(&computing[0], &(struct driver){.largest_block = 20 * 64 * 64 * 4});
	struct scene small, large;
	make_scene(&small, 300, 200);
	make_scene(&large, 400, 300);
	for (int i = 0; i < 3; i++) {
		scene_convert(&small, converter, true, "within the limit");
		CHECK_SAY(strstr(converter->detail, "compute,"), "%s", converter->detail);
		scene_convert(&large, converter, true, "beyond the limit");
		CHECK_SAY(strstr(converter->detail, "fragment,") && strstr(converter->detail, "bytes"), "%s",
			converter->detail);
		scene_mutate(&large);
		scene_convert(&large, converter, false, "beyond the limit, again");
		scene_mutate(&small);
	}
	CHECK(faults.contexts == 1);
	scene_finish(&small);
	scene_finish(&large);
	converter_destroy(converter);
}

/* Through path: neither the cpu nor a refusal. */
static void the_path_stays_on_the_gpu(void) {
	driver = (struct driver){.drops_dispatches = true};
	struct path *path = path_create(PATH_GPU);
	struct path_report report;
	struct scene scene;
	make_scene(&scene, 300, 200);
	for (int i = 0; i < 4; i++) {
		struct converter_result result;
		struct reason reason = {""};
		damage_clear(&scene.damage);
		const struct conversion conversion = {
			.frame = &scene.frame,
			.picture = &scene.picture,
			.fresh = i == 0,
			.damage = &scene.damage,
			.result = &result,
			.reason = &reason,
		};
		int failed = path_convert(path, "", &conversion);
		CHECK_SAY(!failed, "frame %d: %s", i, reason.text);
		path_report(path, &report);
		CHECK_SAY(!strcmp(report.path, "gpu") && strstr(report.detail, "fragment,"), "%s: %s: %s",
			report.path, report.reason, report.detail);
	}
	scene_finish(&scene);
	path_destroy(path);
}

/* As v3d, lima and panfrost have it: nothing but copies goes over what they map. */
static void maps_slow_memory(const struct context *context) {
	struct converter *converter = create(context, &(struct driver){.is_slow = true});
	struct scene scene;
	make_scene(&scene, 1000, 300);
	for (int frame = 0; frame < 6; frame++) {
		size_t before = driver.copied;
		struct converter_result result = scene_convert(&scene, converter, frame == 0, context->name);
		CHECK(driver.copied >= before + result.bytes_read_back && result.bytes_read_back > 0);
		scene_fill(&scene);
	}
	CHECK_SAY(strstr(converter->detail, "slow memory through a bounce buffer"), "%s", converter->detail);
	scene_finish(&scene);
	converter_destroy(converter);
}

static void dithers_nothing(void) {
	struct converter *converter = create(&computing[0], &(struct driver){0});
	void *library = dlopen("libGLESv2.so.2", RTLD_NOW);
	GLboolean (*is_enabled)(GLenum) =
		library ? (GLboolean(*)(GLenum))dlsym(library, "glIsEnabled") : NULL;
	CHECK(gl_converter_gles(converter));
	CHECK(!is_enabled || !is_enabled(GL_DITHER));
	converter_destroy(converter);
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(computing); i++) {
		drops_dispatches(&computing[i], &(struct driver){.drops_dispatches = true},
			"did not do what it was told");
		drops_dispatches(&computing[i], &(struct driver){.dispatch_error = GL_OUT_OF_MEMORY},
			"GL_OUT_OF_MEMORY");
		begins_to_drop_dispatches(&computing[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(drawing); i++) {
		drops_draws(&drawing[i]);
		has_small_textures(&drawing[i], false);
		has_small_textures(&drawing[i], true);
	}
	maps_slow_memory(&computing[1]);
	maps_slow_memory(&computing[3]);
	maps_slow_memory(&drawing[1]);
	has_small_blocks();
	the_path_stays_on_the_gpu();
	dithers_nothing();
	return 0;
}
