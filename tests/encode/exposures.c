/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exposures in a picture store: they are of what the picture shows, in whichever buffer it is, until
 * something changes in their part or nobody wants them, and none is lost. And readers who need every pixel
 * wait for a picture that has them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "encode/picture.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { WIDTH = 256, HEIGHT = 192, COLUMNS = WIDTH / DAMAGE_TILE };

/* --- a camera that counts --- */

struct counted {
	struct camera base;
	int exposures; /* that there are */
	bool gone;
};

static void destroy_exposure(struct exposure *exposure) {
	((struct counted *)exposure->camera)->exposures--;
	free(exposure);
}

static void destroy(struct camera *camera) {
	((struct counted *)camera)->gone = true;
}

static const struct camera_impl impl = {.destroy_exposure = destroy_exposure, .destroy = destroy};

static struct counted make_camera(void) {
	return (struct counted){.base = {.impl = &impl, .users = 1}};
}

static struct exposure *expose(struct counted *camera) {
	struct exposure *exposure = calloc(1, sizeof *exposure);
	CHECK(exposure && !camera->gone);
	exposure->camera = camera_use(&camera->base);
	exposure->users = 1;
	camera->exposures++;
	return exposure;
}

/* --- pictures --- */

static struct picture_store *store;
static struct damage damage;

static void begin(void) {
	CHECK((store = picture_store_create()));
	damage_init(&damage);
}

static void end(void) {
	damage_finish(&damage);
	picture_store_destroy(store);
}

static const struct rect first = {0, 0, 64, 64}, second = {64, 64, 100, 70};

/* Changes tiles, one bit each, and exposes what is wanted and has changed. */
static void look(uint32_t tiles, struct counted *camera, bool publishes) {
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	for (uint32_t tile = 0; tile < COLUMNS * HEIGHT / DAMAGE_TILE; tile++)
		if (tiles >> tile & 1)
			damage_add(&damage, tile % COLUMNS, tile / COLUMNS);
	for (uint32_t i = 0; i < picture->wanted.count && tiles; i++)
		exposures_add(&picture->exposures, &picture->wanted.list[i].place, expose(camera));
	if (publishes)
		picture_store_publish(store, &damage);
	else
		picture_store_cancel(store, NULL);
}

static void want(struct counted *camera, bool one, bool other) {
	struct exposures_wanted wanted = {.count = 0};
	if (one)
		wanted.list[wanted.count++] = (struct exposures_want){first, &camera->base};
	if (other)
		wanted.list[wanted.count++] = (struct exposures_want){second, &camera->base};
	picture_store_want_exposures(store, &wanted);
}

static bool has(const struct rect *place) {
	const struct picture *picture = picture_store_acquire(store);
	bool found = picture_exposure(picture, place);
	picture_store_release(store, picture);
	return found;
}

/* Also while readers hold pictures, so that the writer goes from buffer to buffer. */
static void they_are_of_what_is_shown(bool held) {
	struct counted camera = make_camera();
	const struct picture *holding = NULL;
	begin();
	look(1, &camera, true);
	CHECK(!has(&first));
	want(&camera, true, true);
	look(1, &camera, true);
	for (unsigned n = 0; n < 6; n++) {
		CHECK(has(&first) && has(&second));
		CHECK(!has(&(struct rect){0, 0, 64, 63}));
		if (held) {
			const struct picture *picture = picture_store_acquire(store);
			if (holding)
				picture_store_release(store, holding);
			holding = picture;
		}
		want(&camera, false, false); /* nothing new is exposed */
		look(0, &camera, true);
		want(&camera, true, true);
		look(1u << 5, &camera, true);
	}
	want(&camera, true, false);
	look(1u << 11, &camera, true);
	CHECK(has(&first) && !has(&second)); /* which is not wanted any more */
	want(&camera, true, true);
	look(1, &camera, false);
	CHECK(!has(&second)); /* that picture was not published */
	if (holding)
		picture_store_release(store, holding);
	end();
	CHECK(!camera.exposures && !camera.gone);
	camera_drop(&camera.base);
	CHECK(camera.gone);
}

static void they_grow_old(void) {
	struct counted camera = make_camera(), none = make_camera();
	begin();
	want(&camera, true, false);
	look(1, &camera, true);
	CHECK(has(&first));
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	damage_add(&damage, 0, 0); /* and this time it could not be exposed */
	picture_store_publish(store, &damage);
	CHECK(!has(&first));
	look(1, &camera, true);
	CHECK(has(&first));
	camera_drop(&camera.base);
	for (unsigned n = 0; n <= PICTURE_EXPOSURES_WANTED + 3; n++)
		look(n % 2 ? 1u << 7 : 0, &none, true);
	CHECK(camera.gone && !camera.exposures); /* nobody has asked for a while */
	end();
	CHECK(!none.exposures);
}

static void nothing_is_lost(unsigned seed) {
	struct counted camera = make_camera();
	struct random random = {seed};
	const struct picture *held[3] = {NULL};
	begin();
	look(1, &camera, true);
	for (unsigned n = 0; n < 2000; n++) {
		if (!random_below(&random, 3))
			want(&camera, random_below(&random, 2), random_below(&random, 2));
		look(random_below(&random, 2) ? 1u << random_below(&random, 12) : 0, &camera,
			random_below(&random, 4));
		const struct picture **slot = &held[random_below(&random, 3)];
		if (*slot)
			picture_store_release(store, *slot);
		*slot = random_below(&random, 3) ? picture_store_acquire(store) : NULL;
	}
	for (unsigned i = 0; i < 3; i++)
		if (held[i])
			picture_store_release(store, held[i]);
	end();
	CHECK(!camera.exposures);
	camera_drop(&camera.base);
	CHECK(camera.gone);
}

/* --- all pixels --- */

static _Atomic unsigned told;

static void on_wanted(void *context) {
	CHECK(context == &told);
	told++;
}

/* Leaves a tile absent if that may be, and otherwise stores it. */
static void spare(void) {
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	picture->absent[0] = picture->spared_count > 0;
	memset(picture->pixels, picture->absent[0] ? 0 : 7, 4);
	damage_add(&damage, 0, 0);
	picture_store_publish(store, &damage);
}

/* For a while after somebody wanted all pixels, nothing is spared. */
static void leave_absent(void) {
	bool absent = false;
	while (!absent) {
		picture_store_spare(store, &first, 1);
		spare();
		const struct picture *picture = picture_store_acquire(store);
		absent = picture->absent_count > 0;
		picture_store_release(store, picture);
	}
}

static void *read_whole(void *context) {
	(void)context;
	const struct picture *picture = picture_store_acquire_whole(store);
	CHECK(picture && !picture->absent_count && picture->pixels[0] == 7);
	picture_store_release(store, picture);
	return NULL;
}

static void readers_wait_for_all_pixels(void) {
	pthread_t readers[3];
	begin();
	picture_store_on_wanted(store, on_wanted, &told);
	CHECK(!picture_store_acquire_whole(store));
	for (unsigned n = 0; n < 50; n++) {
		leave_absent();
		CHECK(!picture_store_lacks_pixels(store));
		told = 0;
		for (unsigned i = 0; i < 3; i++)
			CHECK(pthread_create(&readers[i], NULL, read_whole, NULL) == 0);
		while (!told)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		CHECK(picture_store_lacks_pixels(store));
		spare();
		CHECK(!picture_store_lacks_pixels(store));
		for (unsigned i = 0; i < 3; i++)
			CHECK(pthread_join(readers[i], NULL) == 0);
	}
	end();
}

/* A writer that does not come: better an older tile than nothing. */
static void a_reader_does_not_wait_for_ever(void) {
	begin();
	leave_absent();
	const struct picture *picture = picture_store_acquire_whole(store);
	CHECK(picture && picture->absent_count == 1);
	picture_store_release(store, picture);
	end();
}

int main(void) {
	they_are_of_what_is_shown(false);
	they_are_of_what_is_shown(true);
	they_grow_old();
	for (unsigned seed = 1; seed < 10; seed++)
		nothing_is_lost(seed);
	readers_wait_for_all_pixels();
	a_reader_does_not_wait_for_ever();
	return 0;
}
