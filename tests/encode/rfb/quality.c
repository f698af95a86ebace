/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On lines and with pictures of all kinds: JPEG is as good as the viewer wishes where the line carries it,
 * moves faster where it does not, and does not change to and fro. */
#include "encode/rfb/quality.h"

#include "tests/encode/random.h"
#include "tests/test.h"

#define S UINT64_C(1000000000)

enum { FPS = 30 };

static struct random state = {5};
static const struct quality_setting best = {79, PHOTO_444};

/* What moves, and what it moves over. */
struct scene {
	double bytes;      /* of an update as the viewer wishes it */
	double shares[5];  /* of these at each of the qualities that there are */
	double varies;     /* by up to this part, from update to update */
	double rate;       /* bytes a second; 0: any number */
	double round_trip; /* seconds */
	double draws;      /* seconds that the viewer takes for an update, whatever it has */
	double measured;   /* the rate as fences measure it; 0: not yet */
};

/* What came of it. */
struct outcome {
	struct quality_setting last;
	unsigned changes, updates;
	double wished; /* the part of the time in which it was as wished */
};

static const int qualities[] = {79, 62, 41, 29, 15};

static double share_of(const struct scene *scene, int quality) {
	for (unsigned i = 0; i < 5; i++)
		if (qualities[i] == quality)
			return scene->shares[i];
	CHECK(!"a quality that nobody knows");
	return 0;
}

static double any(double from, double to) {
	return from + (to - from) * (double)random_below(&state, 1 << 20) / (1 << 20);
}

/* Each update begins when the one before is through the line and drawn, and a new picture is there. */
static struct outcome play(struct quality *quality, struct scene *scene, uint64_t *now, double seconds) {
	const uint64_t begin = *now, end = begin + (uint64_t)(seconds * (double)S);
	struct outcome outcome = {.last = quality_setting(quality, &best)};
	for (; *now < end; outcome.updates++) {
		const struct encoder_line line = {.rate = (uint64_t)scene->measured,
			.has_viewer = true,
			.round_trip = (uint64_t)(scene->round_trip * 1e6)};
		if (quality_is_due(quality, *now))
			quality_look(quality, &best, &line, *now);
		struct quality_setting setting = quality_setting(quality, &best);
		CHECK(setting.quality <= best.quality &&
			(setting.quality == 79 || setting.chroma == PHOTO_420));
		outcome.changes += setting.quality != outcome.last.quality;
		outcome.last = setting;
		double bytes = scene->bytes * share_of(scene, setting.quality) *
			       any(1 - scene->varies, 1 + scene->varies);
		double takes = bytes / scene->rate + scene->draws,
		       lasts = takes > 1. / FPS ? takes : 1. / FPS;
		quality_sent(quality, (uint64_t)bytes, *now);
		scene->measured += (bytes / takes - scene->measured) / (scene->measured > 0 ? 8 : 1);
		outcome.wished += setting.quality == best.quality ? lasts : 0;
		*now += (uint64_t)(lasts * (double)S);
	}
	outcome.wished /= (double)(*now - begin) / (double)S;
	return outcome;
}

/* What pictures become at lower qualities, which no two of them have in common. */
static struct scene any_scene(double bytes, double rate) {
	struct scene scene = {bytes, {1, any(0.05, 0.75)}, any(0, 0.5), rate, any(0, 0.3), 0, 0};
	for (unsigned i = 2; i < 5; i++)
		scene.shares[i] = scene.shares[i - 1] * any(0.6, 0.9);
	return scene;
}

static double limit_of(const struct scene *scene) {
	return 0.07 + scene->round_trip / 4;
}

static void leaves_fast_lines_alone(void) {
	for (unsigned i = 0; i < 200; i++) {
		struct quality quality = {0};
		uint64_t now = S;
		struct scene scene = any_scene(any(1000, 400000), 0);
		scene.rate = scene.bytes / limit_of(&scene) * any(1.8, 100);
		struct outcome outcome = play(&quality, &scene, &now, 60);
		CHECK(outcome.changes == 0 && outcome.last.quality == 79);
	}
}

/* On a line that takes 2 to 30 times as long as it may. */
static void follows_slow_lines(void) {
	for (unsigned i = 0; i < 500; i++) {
		struct quality quality = {0};
		uint64_t now = S;
		struct scene scene = any_scene(any(20000, 400000), 0);
		scene.rate = scene.bytes / limit_of(&scene) / any(2, 30);
		struct outcome first = play(&quality, &scene, &now, 20);
		struct outcome later = play(&quality, &scene, &now, 300);
		double takes = scene.bytes * share_of(&scene, later.last.quality) / scene.rate;
		CHECK(first.wished < 0.7 && later.wished < 0.15);
		CHECK_SAY(takes < limit_of(&scene) * 1.5 || later.last.quality == 15, "%.3f s at %d", takes,
			later.last.quality);
		CHECK_SAY(later.changes <= 30, "%u changes in 300 s", later.changes);
		scene.rate *= 300; /* it has become fast */
		later = play(&quality, &scene, &now, 200);
		CHECK_SAY(later.last.quality == 79, "%d, patience %u", later.last.quality, quality.patience);
	}
}

/* Anything in between: it may settle on either side, but does not change all the time. */
static void keeps_still(void) {
	unsigned most = 0;
	for (unsigned i = 0; i < 1000; i++) {
		struct quality quality = {0};
		uint64_t now = S;
		struct scene scene = any_scene(any(5000, 400000), 0);
		scene.rate = scene.bytes / limit_of(&scene) * any(0.2, 2);
		struct outcome outcome = play(&quality, &scene, &now, 300);
		most = outcome.changes > most ? outcome.changes : most;
	}
	CHECK_SAY(most <= 30, "%u changes in 300 s", most);
}

/* A viewer that takes long to draw does not look better for worse pictures, nor faster. */
static void knows_slow_viewers(void) {
	enum { SCENES = 100 };
	double wished = 0;
	for (unsigned i = 0; i < SCENES; i++) {
		struct quality quality = {0};
		uint64_t now = S;
		struct scene scene = any_scene(any(20000, 400000), 1e9);
		scene.draws = limit_of(&scene) * any(1.2, 5);
		play(&quality, &scene, &now, 60);
		wished += play(&quality, &scene, &now, 1200).wished / SCENES;
	}
	CHECK_SAY(wished > 0.8, "%.2f of the time", wished);
}

/* A picture that comes alone is no motion, and what has rested begins as wished. */
static void begins_as_wished(void) {
	const struct encoder_line slow = {.rate = 100000, .round_trip = 50000};
	struct quality quality = {0};
	uint64_t now = S;
	struct scene scene = {200000, {1, 0.5, 0.4, 0.3, 0.2}, 0, 100000, 0.05, 0, 0};
	for (unsigned i = 0; i < 20; i++, now += 12 * S) {
		quality_sent(&quality, 200000, now);
		for (uint64_t later = now; later < now + 10 * S; later += S / 2) {
			if (quality_is_due(&quality, later)) /* something else is sent */
				quality_look(&quality, &best, &slow, later);
			CHECK(quality_setting(&quality, &best).quality == 79);
		}
	}
	CHECK(play(&quality, &scene, &now, 30).last.quality == 15);
	now += 8 * S;
	quality_look(&quality, &best, &slow, now);
	CHECK(quality_setting(&quality, &best).quality == 79);
}

/* A line that was slow for a while is used again for what it carries with room to spare. */
static void goes_up_where_it_fits(void) {
	struct quality quality = {0};
	uint64_t now = S;
	struct scene scene = {100000, {1, 0.3, 0.213, 0.173, 0.113}, 0.1, 50000, 0.05, 0, 0};
	CHECK(play(&quality, &scene, &now, 30).last.quality == 15);
	scene.rate = scene.bytes * share_of(&scene, 29) / (0.68 * limit_of(&scene));
	CHECK(play(&quality, &scene, &now, 120).last.quality == 29);
}

/* What TCP has seen at most says nothing about what the line carries. */
static void trusts_no_least_rate(void) {
	const struct encoder_line line = {.rate = 10000, .rate_is_least = true};
	struct quality quality = {0};
	for (uint64_t now = S; now < 60 * S; now += S / 5) {
		if (quality_is_due(&quality, now))
			quality_look(&quality, &best, &line, now);
		quality_sent(&quality, 100000, now);
	}
	CHECK(quality.step == 0);
}

/* The wish is the most, whatever it is. */
static void keeps_to_the_wish(void) {
	for (int wished = 1; wished <= 100; wished++)
		for (int chroma = PHOTO_444; chroma <= PHOTO_GREY; chroma++)
			for (unsigned step = 0; step < 6; step++) {
				const struct quality_setting wish = {wished, (enum photo_chroma)chroma};
				const struct quality quality = {.step = step};
				struct quality_setting setting = quality_setting(&quality, &wish);
				CHECK(setting.quality >= 1 && setting.quality <= wished);
				CHECK(setting.quality == wished || setting.quality * 10 <= wished * 9);
				CHECK(chroma != PHOTO_GREY || setting.chroma == PHOTO_GREY);
				CHECK(step || setting.chroma == wish.chroma);
			}
}

int main(void) {
	leaves_fast_lines_alone();
	follows_slow_lines();
	keeps_still();
	knows_slow_viewers();
	begins_as_wished();
	goes_up_where_it_fits();
	trusts_no_least_rate();
	keeps_to_the_wish();
	return 0;
}
