/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cpu converter, with every kernel that this machine can run, against a slow reference: random formats,
 * sizes, strides, offsets, source and destination rectangles and changes. All of the picture's bytes and the
 * list of tiles must be the same.
 */
#include "capture/base/array.h"
#include "encode/cpu/cpu.h"
#include "encode/cpu/decoder.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/encode/changes.h"
#include "tests/encode/palette.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { SCENES = 100, FRAMES = 6, PAGE = 4096 };

/* A framebuffer in memory that ends at an inaccessible page. */
struct scene {
	const struct pixel_format *format;
	uint32_t mode_width, mode_height, fb_width, fb_height, pitch, offset;
	struct rect_fixed source;
	struct rect destination;
	bool layer; /* false: the CRTC shows nothing */
	int fd;
	uint8_t *pages, *memory;
	size_t pages_size, size;
	uint32_t *sent; /* what the picture must hold */
};

static uint32_t some_size(struct random *random) {
	static const uint32_t favourites[] = {1, 63, 64, 65, 127, 128, 192, 256, 257};
	if (random_below(random, 3) == 0)
		return favourites[random_below(random, ARRAY_LEN(favourites))];
	return 1 + random_below(random, 400);
}

static const struct pixel_format *some_format(struct random *random) {
	for (;;) {
		const struct pixel_format *format = pixel_format_at(random_below(random, 60));
		if (format && format->model != PIXEL_YUV)
			return format;
	}
}

static void place_layer(struct scene *scene, struct random *random) {
	uint32_t width = scene->mode_width, height = scene->mode_height;
	int32_t x = 0, y = 0;
	if (random_below(random, 3) == 0) {
		width = some_size(random);
		height = some_size(random);
		x = (int32_t)random_below(random, 2 * scene->mode_width) - (int32_t)scene->mode_width / 2;
		y = (int32_t)random_below(random, 2 * scene->mode_height) - (int32_t)scene->mode_height / 2;
	}
	bool padded = random_below(random, 2);
	uint32_t left = padded ? random_below(random, 70) : 0, top = padded ? random_below(random, 70) : 0;
	scene->fb_width = left + width + (padded ? random_below(random, 70) : 0);
	scene->fb_height = top + height + (padded ? random_below(random, 70) : 0);
	scene->destination = (struct rect){x, y, width, height};
	/* What is below the point must not matter. */
	uint32_t below = padded ? random_below(random, 0x10000) : 0;
	scene->source = (struct rect_fixed){left << 16 | below, top << 16, width << 16, height << 16 | below};
}

static void scene_init(struct scene *scene, struct random *random, bool dmabuf) {
	memset(scene, 0, sizeof *scene);
	scene->format = some_format(random);
	scene->mode_width = some_size(random);
	scene->mode_height = some_size(random);
	scene->layer = random_below(random, 40) != 0;
	place_layer(scene, random);
	uint32_t row = scene->fb_width * scene->format->bytes_per_pixel;
	scene->pitch = random_below(random, 2) ? (row + 63) / 64 * 64 : row + random_below(random, 99);
	scene->offset = random_below(random, 2) ? 0 : random_below(random, 5000);
	scene->size = scene->offset + (size_t)(scene->fb_height - 1) * scene->pitch + row;
	scene->pages_size = (scene->size + PAGE - 1) / PAGE * PAGE;
	scene->fd = memfd_create("scanout", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(scene->fd >= 0);
	/* As a dma-buf the buffer is whole pages long, as mapped memory it ends anywhere. */
	CHECK(ftruncate(scene->fd, (off_t)scene->pages_size) == 0);
	CHECK(fcntl(scene->fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	scene->pages = mmap(NULL, scene->pages_size + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(scene->pages != MAP_FAILED);
	CHECK(mmap(scene->pages, scene->pages_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, scene->fd,
		      0) == scene->pages);
	scene->memory = scene->pages + (dmabuf ? 0 : scene->pages_size - scene->size);
	scene->sent = calloc((size_t)scene->mode_width * scene->mode_height, 4);
	CHECK(scene->sent);
	for (size_t i = 0; i < scene->size; i++)
		scene->memory[i] = (uint8_t)random_next(random);
}

static void scene_finish(struct scene *scene) {
	free(scene->sent);
	munmap(scene->pages, scene->pages_size + PAGE);
	close(scene->fd);
}

static void scene_frame(const struct scene *scene, bool dmabuf, struct frame *frame) {
	frame_init(frame);
	frame->width = scene->mode_width;
	frame->height = scene->mode_height;
	if (!scene->layer)
		return;
	struct frame_layer *layer = frame_add_layer(frame);
	layer->width = scene->fb_width;
	layer->height = scene->fb_height;
	layer->fourcc = scene->format->fourcc;
	layer->palette = palette_for(scene->format);
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0].offset = scene->offset;
	layer->planes[0].pitch = scene->pitch;
	layer->source = scene->source;
	layer->destination = scene->destination;
	if (dmabuf) {
		layer->planes[0].fd = dup(scene->fd);
		CHECK(layer->planes[0].fd >= 0);
		return;
	}
	layer->memory = scene->memory;
	layer->memory_size = scene->size;
	layer->memory_id = 1;
}

/* Bytes from `begin` in all rows, or anywhere; sometimes only by one bit, which 10 bits may round away. */
static void scene_change(struct scene *scene, struct random *random) {
	unsigned bytes = scene->format->bytes_per_pixel;
	switch (random_below(random, 6)) {
	case 0:
		break;
	case 1: /* a few bytes */
		for (uint32_t i = random_below(random, 8); i > 0; i--)
			scene->memory[random_below(random, (uint32_t)scene->size)] ^=
				(uint8_t)(1u << random_below(random, 8));
		break;
	case 2: { /* a rectangle of noise */
		uint32_t x = random_below(random, scene->fb_width),
			 y = random_below(random, scene->fb_height);
		uint32_t width = 1 + random_below(random, scene->fb_width - x);
		for (uint32_t height = 1 + random_below(random, scene->fb_height - y); height > 0;
			height--, y++) {
			uint8_t *row = scene->memory + scene->offset + (size_t)y * scene->pitch + x * bytes;
			for (uint32_t i = 0; i < width * bytes; i++)
				row[i] = (uint8_t)random_next(random);
		}
		break;
	}
	case 3: /* garbage in the padding of every pixel that has some */
		for (uint32_t y = 0; y < scene->fb_height && bytes == 4; y++) {
			for (uint32_t x = 0; x < scene->fb_width; x++) {
				uint8_t *pixel =
					scene->memory + scene->offset + (size_t)y * scene->pitch + x * 4;
				if (scene->format->red.bits == 8)
					pixel[scene->format->blue.shift && scene->format->red.shift ? 0 : 3] =
						(uint8_t)random_next(random);
				else
					pixel[3] ^= (uint8_t)(random_next(random) & 0xc0);
			}
		}
		break;
	case 4: /* everything */
		for (size_t i = 0; i < scene->size; i++)
			scene->memory[i] = (uint8_t)random_next(random);
		break;
	default: /* another place: what was covered turns black, what was black is covered */
		scene->destination.x += (int32_t)random_below(random, 9) - 4;
		scene->destination.y += (int32_t)random_below(random, 9) - 4;
	}
}

static uint32_t reference_pixel(const struct scene *scene, uint32_t x, uint32_t y) {
	int64_t fx = (int64_t)x - scene->destination.x, fy = (int64_t)y - scene->destination.y;
	if (!scene->layer || fx < 0 || fy < 0 || fx >= scene->destination.width ||
		fy >= scene->destination.height)
		return 0;
	fx += scene->source.x >> 16;
	fy += scene->source.y >> 16;
	return palette_pixel_to_xrgb(scene->format, scene->memory + scene->offset +
							    (size_t)fy * scene->pitch +
							    (size_t)fx * scene->format->bytes_per_pixel);
}

/* Brings scene->sent up to the frame, and `damage` to the tiles that differ. */
static void reference_convert(struct scene *scene, bool fresh, struct damage *damage) {
	CHECK(damage_resize(damage, scene->mode_width, scene->mode_height) == 0);
	for (uint32_t y = 0; y < scene->mode_height; y++) {
		for (uint32_t x = 0; x < scene->mode_width; x++) {
			uint32_t *sent = &scene->sent[(size_t)y * scene->mode_width + x];
			uint32_t pixel = reference_pixel(scene, x, y);
			if (fresh || pixel != *sent)
				changes_add(damage, x, y);
			*sent = pixel;
		}
	}
}

static void check_same(const struct scene *scene, const struct picture *picture, const struct damage *damage,
	const struct damage *expected, const char *what) {
	for (uint32_t y = 0; y < picture->height; y++) {
		const uint32_t *row = (const uint32_t *)(picture->pixels + (size_t)y * picture->stride);
		for (uint32_t x = 0; x < picture->width; x++)
			CHECK_SAY(row[x] == scene->sent[(size_t)y * picture->width + x],
				"%s %s %ux%u: pixel %u,%u is %08x instead of %08x", what, scene->format->name,
				picture->width, picture->height, x, y, row[x],
				scene->sent[(size_t)y * picture->width + x]);
	}
	for (uint32_t row = 0; row < damage->rows; row++) {
		for (uint32_t column = 0; column < damage->columns; column++)
			CHECK_SAY(changes_are_same(damage, expected, column, row), "%s %s %ux%u: tile %u,%u",
				what, scene->format->name, picture->width, picture->height, column, row);
	}
}

/* Converts what the scene shows into `picture`; what was expected to change is in `expected`. */
static void convert_into(struct picture *picture, struct converter *converter, struct scene *scene,
	bool dmabuf, bool fresh, struct damage *damage, struct damage *expected) {
	CHECK(damage_resize(damage, scene->mode_width, scene->mode_height) == 0);
	struct frame frame;
	scene_frame(scene, dmabuf, &frame);
	struct converter_result result;
	struct reason reason = {""};
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = fresh,
		.damage = damage,
		.result = &result,
		.reason = &reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	reference_convert(scene, fresh, expected);
	CHECK(result.tiles_changed == damage_count(expected));
	if (result.import != CONVERTER_IMPORT_NONE) {
		CHECK(result.import == (dmabuf ? CONVERTER_IMPORT_DMABUF_MMAP : CONVERTER_IMPORT_MEMORY));
		CHECK(result.bytes_read_back > 0 && result.bytes_read_back <= scene->size);
	}
	frame_finish(&frame);
}

static void convert_once(struct converter *converter, struct picture_store *store, struct scene *scene,
	bool dmabuf, bool fresh, struct random *twice) {
	struct damage damage, expected, again, expected_again;
	damage_init(&damage);
	damage_init(&expected);
	damage_init(&again);
	damage_init(&expected_again);
	struct picture *picture = picture_store_begin(store, scene->mode_width, scene->mode_height);
	CHECK(picture);
	convert_into(picture, converter, scene, dmabuf, fresh, &damage, &expected);
	if (twice) { /* into the same picture, as where the scanout flipped meanwhile */
		picture_store_catch_up(store, &damage);
		scene_change(scene, twice);
		convert_into(picture, converter, scene, dmabuf, false, &again, &expected_again);
		damage_merge(&damage, &again);
		damage_merge(&expected, &expected_again);
	}
	picture_store_publish(store, &damage);
	const struct picture *newest = picture_store_acquire(store);
	check_same(scene, newest, &damage, &expected, converter->renderer);
	picture_store_release(store, newest);
	damage_finish(&expected_again);
	damage_finish(&again);
	damage_finish(&expected);
	damage_finish(&damage);
}

/* The last picture may be in use by a reader, perhaps for some frames. Then the next one goes into another
 * buffer. */
static void random_frame(struct converter *converter, struct picture_store *store, struct scene *scene,
	bool dmabuf, struct random *random, const struct picture **held) {
	if (*held && random_below(random, 2)) {
		picture_store_release(store, *held);
		*held = NULL;
	}
	if (!*held && random_below(random, 2))
		*held = picture_store_acquire(store);
	scene_change(scene, random);
	convert_once(converter, store, scene, dmabuf, random_below(random, 20) == 0,
		random_below(random, 4) ? NULL : random);
}

static void random_scenes(const struct kernel *kernel, enum cpu_bounce bounce, uint64_t seed) {
	struct random random = {seed};
	struct converter *converter = cpu_converter_create_with(kernel, bounce);
	CHECK(converter && !strcmp(converter->renderer, kernel->name));
	for (int i = 0; i < SCENES; i++) {
		bool dmabuf = random_below(&random, 2);
		struct scene scene;
		scene_init(&scene, &random, dmabuf);
		struct picture_store *store = picture_store_create();
		CHECK(store);
		convert_once(converter, store, &scene, dmabuf, true, NULL);
		const struct picture *held = NULL;
		for (int frame = 1; frame < FRAMES; frame++)
			random_frame(converter, store, &scene, dmabuf, &random, &held);
		if (held)
			picture_store_release(store, held);
		picture_store_destroy(store);
		scene_finish(&scene);
	}
	converter_destroy(converter);
}

enum { ROW = 1024 + 13 };

/* A row of pixels, of which one channel counts up from `first` through all values that it can have. */
static void fill_row(const struct pixel_format *format, const struct pixel_channel *channel, uint32_t first,
	uint8_t *source) {
	for (uint32_t x = 0; x < ROW; x++) {
		uint64_t pixel = (uint64_t)((first + x) & ((1u << channel->bits) - 1)) << channel->shift;
		for (unsigned i = 0; i < format->bytes_per_pixel; i++)
			source[x * format->bytes_per_pixel + i] = (uint8_t)(pixel >> 8 * i);
	}
}

/* `rows`: of the kernel; NULL: the decoder's. */
static void every_value_of(const struct kernel_rows *rows, const struct decoder *decoder,
	const struct pixel_format *format, const struct pixel_channel *channel) {
	uint8_t source[ROW * 8];
	uint32_t row[ROW + 3];
	for (uint32_t first = 0; first < 1u << channel->bits; first += ROW) {
		fill_row(format, channel, first, source);
		/* Not aligned, as a line that the layer covers in part. */
		if (rows)
			rows->convert(source, row + 3, ROW);
		else
			decoder_convert(decoder, source, row + 3, ROW);
		for (uint32_t x = 0; x < ROW; x++)
			CHECK_SAY(row[x + 3] ==
					  pixel_format_to_xrgb(format, source + x * format->bytes_per_pixel),
				"%s: %u becomes %06x", format->name, first + x, row[x + 3]);
	}
}

/* Every value that a channel can have, of the formats that there are kernels for, or (NULL) that there are
 * not. */
static void every_value(const struct kernel *kernel) {
	const struct pixel_format *format;
	struct decoder decoder = {0};
	for (size_t i = 0; (format = pixel_format_at(i)); i++) {
		int shape = kernel_shape_of(format);
		if (!format->red.bits || (shape >= 0) != (kernel != NULL))
			continue;
		const struct kernel_rows *rows = kernel ? &kernel->shapes[shape] : NULL;
		CHECK(kernel || !decoder_set_format(&decoder, format));
		every_value_of(rows, &decoder, format, &format->red);
		every_value_of(rows, &decoder, format, &format->green);
		every_value_of(rows, &decoder, format, &format->blue);
	}
	decoder_finish(&decoder);
}

/* Lines of write-combined memory are copied by other instructions; the bytes are the same. */
static void streaming_copies_bytes(void (*copy)(void *to, const void *from, size_t size)) {
	struct random random = {5};
	uint8_t from[1024], to[1024 + 2];
	for (int round = 0; round < 2000; round++) {
		uint32_t at = random_below(&random, 200),
			 size = random_below(&random, (uint32_t)sizeof from - at + 1);
		for (size_t i = 0; i < sizeof from; i++)
			from[i] = (uint8_t)random_next(&random);
		memset(to, 0xa5, sizeof to);
		copy(to + 1, from + at, size);
		CHECK(to[0] == 0xa5 && to[size + 1] == 0xa5 && !memcmp(to + 1, from + at, size));
	}
}

int main(void) {
	const struct kernel *kernel;
	size_t i = 0;
	every_value(NULL);
	for (; (kernel = kernel_at(i)); i++) {
		every_value(kernel);
		random_scenes(kernel, CPU_BOUNCE_NEVER, 1000 + i);
		random_scenes(kernel, CPU_BOUNCE_ALWAYS, 2000 + i);
		random_scenes(kernel, CPU_BOUNCE_MEASURED, 3000 + i);
		printf("%s: the same bytes and tiles as the reference\n", kernel->name);
	}
	CHECK(i >= 1);
	streaming_copies_bytes(kernel_stream_copy);
#if defined(__x86_64__)
	if (kernel_streams())
		streaming_copies_bytes(kernel_stream_copy_sse41);
#endif
	return 0;
}
