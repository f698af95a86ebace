/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_threads [PICTURE.ppm...]: how long it takes until all pieces of a picture are there, in Tight,
 * lossless and with JPEG of quality 75, if 1, 2, 4 and so on of the pool's threads make them: ms by the
 * clock, and as a share of one thread. As many as this process may use processors (taskset). Numbers of
 * threads take turns; medians. Without a picture: the test desktop at 1080p.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/durations.h"
#include "encode/rfb/pool.h"
#include "encode/rfb/protocol.h"
#include "encode/rfb/worker.h"
#include "tests/image.h"
#include "tests/test.h"

enum { ROUNDS = 31, CELL_WIDTH = 512, CELL_HEIGHT = 256, CELLS = 4096, COUNTS = 5 /* 1, 2, 4, 8, 16 */ };

struct picture_job {
	const struct image *image;
	struct worker_style style;
	struct worker workers[POOL_MAX_THREADS + 1];
	atomic_uint left;
	pthread_mutex_t lock;
	pthread_cond_t done;
};

struct cell {
	struct pool_job job;
	struct picture_job *picture;
	struct rect place;
};

static void encode(struct pool_job *job, unsigned worker) {
	struct cell *cell = (struct cell *)job;
	struct picture_job *picture = cell->picture;
	const struct image *image = picture->image;
	const struct worker_part part = {.place = cell->place,
		.pixels = image->pixels + (size_t)cell->place.y * image->width + cell->place.x,
		.stride = image->width};
	struct tally tally;
	size_t size;
	bool poor;
	uint8_t *bytes =
		worker_encode(&picture->workers[worker], &picture->style, &part, &size, &tally, &poor);
	CHECK(bytes && !poor);
	free(bytes);
	if (atomic_fetch_sub(&picture->left, 1) > 1)
		return;
	pthread_mutex_lock(&picture->lock);
	pthread_cond_signal(&picture->done);
	pthread_mutex_unlock(&picture->lock);
}

static uint64_t encode_all(
	struct pool *pool, struct picture_job *picture, struct cell *cells, unsigned count) {
	uint64_t begin = clock_now_ns();
	picture->left = count;
	for (unsigned i = 0; i < count; i++)
		pool_add(pool, &cells[i].job, false);
	pthread_mutex_lock(&picture->lock);
	while (picture->left)
		pthread_cond_wait(&picture->done, &picture->lock);
	pthread_mutex_unlock(&picture->lock);
	return clock_now_ns() - begin;
}

static unsigned cut(struct picture_job *picture, struct cell *cells) {
	const struct rect all = {0, 0, picture->image->width, picture->image->height};
	unsigned count = 0;
	for (uint32_t y = 0; y < all.height; y += CELL_HEIGHT)
		for (uint32_t x = 0; x < all.width; x += CELL_WIDTH) {
			const struct rect cell = {(int32_t)x, (int32_t)y, CELL_WIDTH, CELL_HEIGHT};
			CHECK(count < CELLS);
			cells[count++] = (struct cell){.job = {.run = encode},
				.picture = picture,
				.place = rect_intersect(cell, all)};
		}
	return count;
}

static void run(const char *name, const struct image *image, int quality) {
	static struct cell cells[CELLS];
	struct picture_job picture = {.image = image,
		.style = {.encoding = ENCODING_TIGHT,
			.format = format_native,
			.quality = quality,
			.chroma = PHOTO_420},
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER};
	struct durations times[COUNTS];
	struct pool *pools[COUNTS];
	int counts = 0;
	unsigned count = cut(&picture, cells);
	memset(times, 0, sizeof times);
	for (; counts < COUNTS && 1u << counts <= pool_useful_threads(); counts++)
		CHECK((pools[counts] = pool_create(1u << counts)) &&
			pool_threads(pools[counts]) == 1u << counts);
	for (int round = -2; round < ROUNDS; round++)
		for (int i = 0; i < counts; i++) {
			uint64_t time = encode_all(pools[i], &picture, cells, count);
			if (round >= 0)
				durations_add(&times[i], time);
		}
	printf("%-28s %-9s", name, quality ? "JPEG 75" : "lossless");
	for (int i = 0; i < counts; i++) {
		double ms = durations_percentile(&times[i], 50), one = durations_percentile(&times[0], 50);
		printf("  %d: %7.2f ms, %.2f", 1 << i, ms, ms / one);
		pool_destroy(pools[i]);
	}
	printf("\n");
	for (int i = 0; i <= POOL_MAX_THREADS; i++)
		worker_finish(&picture.workers[i]);
}

int main(int argc, char **argv) {
	for (int i = 1; i < argc || i == 1; i++) {
		struct image image = i < argc ? image_read(argv[i]) : image_desktop(1920, 1080);
		const char *name = i < argc ? argv[i] : "test desktop";
		run(name, &image, 0);
		run(name, &image, 75);
		free(image.pixels);
	}
	return 0;
}
