/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_encode PICTURE.ppm...: what a whole picture costs to encode, by our own encoders and by
 * libvncserver's in the same run and in the same way: the server's own, through which every byte goes. Prints
 * milliseconds of processor time, of all threads, and kilobytes; the median of the rounds, which take turns.
 * "Gradient" is for viewers that take that filter (encodings_take_gradient()). Of what is lossy, it prints
 * how like the picture it is (PSNR, in dB). tests/bench/pictures makes pictures.
 *
 * bench_encode --in-turn NAME-0.ppm NAME-1.ppm...: what each picture of a recording costs after the one
 * before it, for viewers that do not know CopyRect and for those that do, in the same run: to publish it
 * (comparing is not counted), which is when moves are looked for, and to encode it. Means of a recording,
 * medians of the rounds. tests/bench/scrolls makes recordings.
 *
 * bench_encode --trimmed NAME-0.ppm...: how many bytes a picture of a recording takes, in the mean, if damage
 * is whole tiles and if it is the boxes of what changed in them. tests/bench/changes makes recordings.
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "capture/base/array.h"
#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "server/vnc/choice.h"
#include "server/vnc/link.h"
#include "tests/image.h"
#include "tests/server/net/decode/decode.h"

enum {
	ROUNDS = 9,
	COPYRECT = 1,
	ZLIB = 6,
	TIGHT = 7,
	ZRLE = 16,
	LAST_RECT = -224,
	LEVEL_1 = -255,
	QUALITY_6 = -26
};

static void die(const char *what) {
	fprintf(stderr, "bench_encode: %s\n", what);
	exit(1);
}

/* --- pictures --- */

static struct picture_store *publish(const struct image *image) {
	struct picture_store *store = picture_store_create();
	struct picture *picture = store ? picture_store_begin(store, image->width, image->height) : NULL;
	if (!picture)
		die("out of memory");
	for (uint32_t y = 0; y < image->height; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride,
			image->pixels + (size_t)y * image->width, image->width * sizeof *image->pixels);
	picture_store_publish(store, NULL);
	return store;
}

/* As if all of it had changed, so that nothing is sent that was encoded before. */
static void publish_anew(struct picture_store *store, const struct image *image) {
	struct picture *picture = picture_store_begin(store, image->width, image->height);
	struct damage damage;
	damage_init(&damage);
	if (!picture || damage_resize(&damage, image->width, image->height) != 0)
		die("out of memory");
	damage_fill(&damage);
	picture_store_catch_up(store, NULL);
	picture_store_publish(store, &damage);
	damage_finish(&damage);
}

/* --- encoders --- */

struct subject {
	struct encoders *encoders;
	struct encoder *encoder;
};

static void on_ready(void *context) {
	(void)context;
}

static void begin(struct subject *subject, uv_loop_t *loop, struct picture_store *store,
	struct encoders *make(uv_loop_t *loop, struct picture_store *store), const int32_t *encodings,
	size_t count) {
	struct encoder_viewer viewer = {.minor = 8, .ready = on_ready};
	struct reason reason;
	subject->encoders = make(loop, store);
	if (!subject->encoders || encoder_create(subject->encoders, &viewer, &subject->encoder, &reason) != 0)
		die("no encoder");
	encoder_set_encodings(subject->encoder, encodings, count);
}

/* Bytes of an update, if they are wanted. */
struct kept {
	uint8_t *bytes; /* owned */
	size_t size;
};

static void keep(struct kept *kept, const uint8_t *bytes, size_t size) {
	kept->bytes = realloc(kept->bytes, kept->size + size + 1);
	if (!kept->bytes)
		die("out of memory");
	memcpy(kept->bytes + kept->size, bytes, size);
	kept->size += size;
}

/* Asks for the whole picture, or for what is new in it, and returns how many bytes it took. `kept` may be
 * NULL. */
static size_t update(struct subject *subject, uv_loop_t *loop, const struct image *image, bool incremental,
	struct kept *kept) {
	static uint8_t bytes[1 << 18];
	size_t sum = 0;
	encoder_request(subject->encoder, incremental, &(struct rect){0, 0, image->width, image->height});
	if (encoder_flush(subject->encoder) != 0)
		die("the encoder gave up");
	for (;;) {
		ssize_t taken = encoder_take(subject->encoder, bytes, sizeof bytes);
		if (taken < 0)
			die("the encoder gave up");
		sum += (size_t)taken;
		if (kept)
			keep(kept, bytes, (size_t)taken);
		if (taken == 0 && encoder_is_idle(subject->encoder))
			return sum;
		if (taken == 0)
			uv_run(loop, UV_RUN_ONCE);
	}
}

static void finish(struct subject *subject, uv_loop_t *loop) {
	encoder_destroy(subject->encoder);
	uv_run(loop, UV_RUN_NOWAIT);
	encoders_destroy(subject->encoders);
	uv_run(loop, UV_RUN_NOWAIT);
}

static double cpu_ms(void) {
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b) {
	const double *one = a, *other = b;
	return *one < *other ? -1 : *one > *other;
}

/* --- rows --- */

static const struct kind {
	const char *name;
	int32_t encodings[4];
	size_t count;
	bool lossy;
} kinds[] = {
	{"Tight", {TIGHT, LAST_RECT, LEVEL_1}, 3, false},
	{"Tight, gradient", {TIGHT, ZLIB, LAST_RECT, LEVEL_1}, 4, false},
	{"Tight q6", {TIGHT, LAST_RECT, LEVEL_1, QUALITY_6}, 4, true},
	{"ZRLE", {ZRLE, LAST_RECT, LEVEL_1}, 3, false},
};

/* Of a decoded picture. */
static double psnr(const struct decoder *decoder, const struct image *image) {
	size_t pixels = (size_t)image->width * image->height;
	double squares = 0;
	for (size_t i = 0; i < pixels; i++)
		for (unsigned shift = 0; shift < 24; shift += 8) {
			int error = (int)(decoder->pixels[i] >> shift & 0xff) -
				    (int)(image->pixels[i] >> shift & 0xff);
			squares += error * error;
		}
	return squares > 0 ? 10 * log10(255.0 * 255 * 3 * (double)pixels / squares) : INFINITY;
}

/* How like the picture what a new viewer gets is. */
static double likeness(uv_loop_t *loop, struct picture_store *store,
	struct encoders *make(uv_loop_t *loop, struct picture_store *store), const struct image *image,
	const struct kind *kind) {
	static const uint8_t format[16] = {32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};
	struct kept kept = {NULL, 0};
	struct decoder decoder;
	struct source source;
	struct reason reason;
	struct subject subject;
	begin(&subject, loop, store, make, kind->encodings, kind->count);
	update(&subject, loop, image, false, &kept);
	finish(&subject, loop);
	if (decode_init(&decoder, image->width, image->height) != 0)
		die("out of memory");
	decode_set_format(&decoder, format);
	decode_set_encodings(&decoder, kind->encodings, kind->count);
	source_memory(&source, kept.bytes, kept.size);
	while (source.size)
		if (decode_message(&decoder, &source, &reason) < 0)
			die(reason.text);
	double like = psnr(&decoder, image);
	decode_finish(&decoder);
	free(kept.bytes);
	return like;
}

static void measure(uv_loop_t *loop, const char *path, const struct image *image, const struct kind *kind) {
	struct picture_store *store = publish(image);
	struct subject subjects[2];
	double times[2][ROUNDS], sizes[2] = {0, 0};
	begin(&subjects[0], loop, store, vnc_link_encoders, kind->encodings, kind->count);
	begin(&subjects[1], loop, store, vnc_choice_encoders, kind->encodings, kind->count);
	for (int round = -1; round < ROUNDS; round++)
		for (int i = 0; i < 2; i++) {
			publish_anew(store, image);
			double start = cpu_ms();
			sizes[i] = (double)update(&subjects[i], loop, image, false, NULL);
			if (round >= 0)
				times[i][round] = cpu_ms() - start;
		}
	for (int i = 0; i < 2; i++)
		qsort(times[i], ROUNDS, sizeof times[i][0], by_size);
	const char *name = strrchr(path, '/');
	printf("%-24s %-16s %8.1f %8.0f %8.1f %8.0f   %5.2f %5.2f", name ? name + 1 : path, kind->name,
		times[0][ROUNDS / 2], sizes[0] / 1e3, times[1][ROUNDS / 2], sizes[1] / 1e3,
		times[1][ROUNDS / 2] / times[0][ROUNDS / 2], sizes[1] / sizes[0]);
	if (kind->lossy)
		printf("   %6.2f %6.2f", likeness(loop, store, vnc_link_encoders, image, kind),
			likeness(loop, store, vnc_choice_encoders, image, kind));
	printf("\n");
	for (int i = 0; i < 2; i++)
		finish(&subjects[i], loop);
	picture_store_destroy(store);
}

/* --- recordings --- */

enum { FRAMES_MAX = 64 };

struct recording {
	struct image images[FRAMES_MAX];
	size_t count;
};

/* Finds the part of a tile that differs from what was published. False: nothing does. */
static bool find_box(const struct picture *picture, const struct image *image, const struct rect *tile,
	struct damage_box *box) {
	const uint8_t *known = picture->reference ? picture->reference : picture->pixels;
	*box = (struct damage_box){DAMAGE_TILE, DAMAGE_TILE, 0, 0};
	for (uint32_t y = 0; y < tile->height; y++) {
		size_t row = (size_t)tile->y + y, x0 = (size_t)tile->x;
		const uint32_t *was = (const uint32_t *)(const void *)(known + row * picture->stride) + x0;
		const uint32_t *is = image->pixels + row * image->width + x0;
		for (uint32_t x = 0; x < tile->width; x++)
			if (was[x] != is[x]) {
				struct damage_box spot = {
					(uint8_t)x, (uint8_t)y, (uint8_t)(x + 1), (uint8_t)(y + 1)};
				*box = damage_box_unite(*box, spot);
			}
	}
	return box->right > 0;
}

static void write_tile(struct picture *picture, const struct image *image, const struct rect *tile) {
	for (uint32_t y = 0; y < tile->height; y++) {
		size_t row = (size_t)tile->y + y, x = (size_t)tile->x;
		memcpy(picture->pixels + row * picture->stride + x * sizeof(uint32_t),
			image->pixels + row * image->width + x, tile->width * sizeof(uint32_t));
	}
}

/* Does what a converter and the frame thread do. Returns what publishing took. */
static double publish_next(struct picture_store *store, const struct image *image, bool whole) {
	struct picture *picture = picture_store_begin(store, image->width, image->height);
	struct damage damage;
	struct damage_box box;
	damage_init(&damage);
	if (!picture || damage_resize(&damage, image->width, image->height) != 0)
		die("out of memory");
	for (uint32_t row = 0; row < damage.rows; row++)
		for (uint32_t column = 0; column < damage.columns; column++) {
			struct rect tile = damage_tile(&damage, column, row);
			if (!find_box(picture, image, &tile, &box))
				continue;
			damage_add_box(
				&damage, column, row, whole ? damage_whole(&damage, column, row) : box);
			write_tile(picture, image, &tile);
		}
	double start = cpu_ms();
	picture_store_publish(store, &damage);
	double took = cpu_ms() - start;
	damage_finish(&damage);
	return took;
}

struct cost {
	double publish, encode, size; /* of a picture */
};

static struct cost play(uv_loop_t *loop, const struct recording *recording,
	struct encoders *make(uv_loop_t *loop, struct picture_store *store), bool whole,
	const int32_t *encodings, size_t count) {
	struct picture_store *store = publish(&recording->images[0]);
	struct subject subject;
	struct cost cost = {0};
	begin(&subject, loop, store, make, encodings, count);
	update(&subject, loop, &recording->images[0], false, NULL);
	for (size_t i = 1; i < recording->count; i++) {
		cost.publish += publish_next(store, &recording->images[i], whole);
		double start = cpu_ms();
		cost.size += (double)update(&subject, loop, &recording->images[i], true, NULL);
		cost.encode += cpu_ms() - start;
	}
	finish(&subject, loop);
	picture_store_destroy(store);
	double pictures = (double)(recording->count - 1);
	return (struct cost){cost.publish / pictures, cost.encode / pictures, cost.size / pictures};
}

static void measure_recording(
	uv_loop_t *loop, const char *name, const struct recording *recording, const struct kind *kind) {
	double publish_ms[2][ROUNDS], encode_ms[2][ROUNDS], sizes[2] = {0, 0};
	int32_t encodings[ARRAY_LEN(kind->encodings) + 1];
	memcpy(encodings, kind->encodings, sizeof kind->encodings);
	encodings[kind->count] = COPYRECT;
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < 2; i++) {
			struct cost cost =
				play(loop, recording, vnc_choice_encoders, false, encodings, kind->count + i);
			publish_ms[i][round] = cost.publish;
			encode_ms[i][round] = cost.encode;
			sizes[i] = cost.size;
		}
	for (int i = 0; i < 2; i++) {
		qsort(publish_ms[i], ROUNDS, sizeof publish_ms[i][0], by_size);
		qsort(encode_ms[i], ROUNDS, sizeof encode_ms[i][0], by_size);
	}
	printf("%-10s %-16s %8.2f %8.2f %8.1f %8.2f %8.2f %8.1f   %5.2f\n", name, kind->name,
		publish_ms[0][ROUNDS / 2], encode_ms[0][ROUNDS / 2], sizes[0] / 1e3,
		publish_ms[1][ROUNDS / 2], encode_ms[1][ROUNDS / 2], sizes[1] / 1e3, sizes[1] / sizes[0]);
}

static void measure_trimmed_recording(
	uv_loop_t *loop, const char *name, const struct recording *recording, const struct kind *kind) {
	double sizes[2][2];
	for (int own = 0; own < 2; own++)
		for (int trimmed = 0; trimmed < 2; trimmed++)
			sizes[own][trimmed] =
				play(loop, recording, own ? vnc_choice_encoders : vnc_link_encoders, !trimmed,
					kind->encodings, kind->count)
					.size;
	printf("%-10s %-16s %8.0f %8.0f   %5.2f  %8.0f %8.0f   %5.2f\n", name, kind->name, sizes[0][0],
		sizes[0][1], sizes[0][1] / sizes[0][0], sizes[1][0], sizes[1][1], sizes[1][1] / sizes[1][0]);
}

/* NAME of the path FOLDER/NAME-NUMBER.ppm. */
static void name_of(const char *path, char name[64]) {
	const char *slash = strrchr(path, '/');
	snprintf(name, 64, "%s", slash ? slash + 1 : path);
	char *dash = strrchr(name, '-');
	if (dash)
		*dash = '\0';
}

/* Reads pictures as long as they belong to the same recording. */
static void read_recording(struct recording *recording, char **paths, size_t count) {
	char first[64], name[64];
	name_of(paths[0], first);
	for (recording->count = 0; recording->count < count && recording->count < FRAMES_MAX;
		recording->count++) {
		name_of(paths[recording->count], name);
		if (strcmp(name, first) != 0)
			break;
		recording->images[recording->count] = image_read(paths[recording->count]);
	}
	if (recording->count < 2)
		die("a recording has two pictures at least");
}

/* Measures each recording with each kind of viewer. */
static void measure_recordings(uv_loop_t *loop, char **paths, size_t count,
	void measure_one(uv_loop_t *loop, const char *name, const struct recording *recording,
		const struct kind *kind)) {
	static struct recording recording;
	char name[64];
	for (size_t done = 0; done < count; done += recording.count) {
		read_recording(&recording, paths + done, count - done);
		name_of(paths[done], name);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			measure_one(loop, name, &recording, &kinds[k]);
		for (size_t i = 0; i < recording.count; i++)
			free(recording.images[i].pixels);
	}
}

static void measure_trimmed(uv_loop_t *loop, char **paths, size_t count) {
	printf("%-10s %-16s %17s %26s\n", "", "", "lib: whole, boxes", "own: whole, boxes");
	measure_recordings(loop, paths, count, measure_trimmed_recording);
}

static void measure_in_turn(uv_loop_t *loop, char **paths, size_t count) {
	printf("%-10s %-16s %26s %26s\n", "", "", "without CopyRect", "with CopyRect");
	printf("%-10s %-16s %8s %8s %8s %8s %8s %8s\n", "", "", "publish", "encode", "KB", "publish",
		"encode", "KB");
	measure_recordings(loop, paths, count, measure_recording);
}

static void measure_alone(uv_loop_t *loop, char **paths, size_t count) {
	printf("%-24s %-16s %8s %8s %8s %8s   %-11s   %13s\n", "", "", "lib ms", "KB", "own ms", "KB",
		"own / lib", "lib, own dB");
	for (size_t i = 0; i < count; i++) {
		struct image image = image_read(paths[i]);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			measure(loop, paths[i], &image, &kinds[k]);
		free(image.pixels);
	}
}

static const struct mode {
	const char *option;
	void (*measure)(uv_loop_t *loop, char **paths, size_t count);
} modes[] = {{"--in-turn", measure_in_turn}, {"--trimmed", measure_trimmed}};

int main(int argc, char **argv) {
	uv_loop_t loop;
	void (*measure_all)(uv_loop_t * loop, char **paths, size_t count) = measure_alone;
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(modes); i++)
		if (strcmp(argv[1], modes[i].option) == 0)
			measure_all = modes[i].measure;
	int first = measure_all == measure_alone ? 1 : 2;
	if (argc <= first)
		die("which pictures? bench_encode [--in-turn | --trimmed] PICTURE.ppm...");
	uv_loop_init(&loop);
	measure_all(&loop, argv + first, (size_t)(argc - first));
	uv_loop_close(&loop);
	return 0;
}
