/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/quality.h"

#include "capture/base/array.h"

#define S         UINT64_C(1000000000)
#define WINDOW    (1 * S)
#define FORGOTTEN (5 * S) /* what moved so long ago says nothing about what moves next */
#define SOON      (30 * S)
#define DOUBT_MIN (15 * S)
#define DOUBT_MAX (300 * S)

enum { PATIENCE_MIN = 2, PATIENCE_MAX = 32, ENOUGH = 20 /* updates that tell whether it has helped */ };

/* The time that the JPEG of an update may take on the line is this, and a part of the round trip, beside
 * which it matters less. */
static const double time_most = 0.07, round_trip_part = 0.25;
static const double share_most = 0.5; /* of the time in which the line carries JPEG */
/* How far below these it must be expected to be: after going down, and before going up. */
static const double lower = 0.8, higher = 0.75, higher_share = 0.25;

/* Below the wish. */
static const int steps[] = {62, 41, 29, 15};

/* How many bytes an image has, about, as a multiple of what it has at 79 with all of its chroma. Only the
 * relations count, and nothing depends on their being right. */
static double size_of(struct quality_setting setting) {
	static const struct {
		double quality, size;
	} points[] = {
		{0, 0.09}, {15, 0.12}, {29, 0.2}, {41, 0.26}, {62, 0.45}, {79, 0.67}, {92, 1.3}, {100, 3}};
	static const double chroma[] = {
		[PHOTO_444] = 1.5, [PHOTO_420] = 1, [PHOTO_422] = 1.2, [PHOTO_GREY] = 0.8};
	size_t i = 1;
	while (i + 1 < ARRAY_LEN(points) && points[i].quality < setting.quality)
		i++;
	double part = (setting.quality - points[i - 1].quality) / (points[i].quality - points[i - 1].quality);
	return (points[i - 1].size + part * (points[i].size - points[i - 1].size)) * chroma[setting.chroma];
}

/* The first of the steps that is clearly lower than the wish. */
static size_t first_step(const struct quality_setting *wish) {
	size_t first = 0;
	while (first < ARRAY_LEN(steps) && steps[first] * 10 > wish->quality * 9)
		first++;
	return first;
}

static unsigned last_step(const struct quality_setting *wish) {
	return (unsigned)(ARRAY_LEN(steps) - first_step(wish));
}

static struct quality_setting setting_of(unsigned step, const struct quality_setting *wish) {
	struct quality_setting setting = *wish;
	unsigned last = last_step(wish);
	step = step < last ? step : last;
	if (step) {
		setting.quality = steps[first_step(wish) + step - 1];
		setting.chroma = wish->chroma == PHOTO_GREY ? PHOTO_GREY : PHOTO_420;
	}
	return setting;
}

struct quality_setting quality_setting(const struct quality *quality, const struct quality_setting *wish) {
	return setting_of(quality->step, wish);
}

void quality_sent(struct quality *quality, uint64_t bytes, uint64_t began) {
	if (!bytes)
		return;
	if (!quality->window)
		quality->window = began;
	quality->last = began;
	quality->last_bytes = (double)bytes;
	quality->updates++;
	quality->bytes += (double)bytes;
	quality->squares += (double)bytes * (double)bytes;
}

bool quality_is_due(const struct quality *quality, uint64_t now) {
	return quality->window && now - quality->window >= WINDOW;
}

static void begin_window(struct quality *quality, uint64_t now) {
	quality->window = now;
	quality->updates = 0;
	quality->bytes = quality->squares = 0;
}

/* What an update and all of them take on the line. */
struct load {
	double flow;               /* bytes of JPEG a second that were sent */
	double limit;              /* seconds that an update may take */
	bool at_least, has_viewer; /* see struct encoder_line */
	double time, share;        /* what the larger ones take; of all time */
};

static struct load load_of(const struct quality *quality, const struct encoder_line *line, uint64_t now) {
	double rate = (double)line->rate, passed = (double)(now - quality->window) / (double)S;
	return (struct load){.flow = quality->bytes / passed,
		.at_least = line->rate_is_least,
		.has_viewer = line->has_viewer,
		.limit = time_most + round_trip_part * (double)line->round_trip / 1e6,
		.time = quality->squares / quality->bytes / rate,
		.share = quality->bytes / rate / passed};
}

/* How many times as many bytes there will be at another step. */
static double growth(const struct quality *quality, unsigned step, const struct quality_setting *wish) {
	return size_of(setting_of(step, wish)) / size_of(quality_setting(quality, wish));
}

/* As far as it takes. */
static void go_down(
	struct quality *quality, const struct quality_setting *wish, const struct load *load, uint64_t now) {
	unsigned step = quality->step + 1;
	bool hasty = quality->raised && now - quality->raised < SOON;
	while (step < last_step(wish) && load->time * growth(quality, step, wish) > lower * load->limit)
		step++;
	if (hasty && quality->patience < PATIENCE_MAX)
		quality->patience *= 2;
	else if (!hasty && quality->patience > PATIENCE_MIN)
		quality->patience /= 2;
	quality->calm = 0;
	quality->step_before = quality->step;
	quality->flow_least = load->flow * (1 + growth(quality, step, wish)) / 2;
	quality->left = load->has_viewer ? ENOUGH : 0;
	quality->step = step;
}

static void go_back(struct quality *quality, uint64_t now) {
	quality->step = quality->step_before;
	quality->barred = now + quality->doubt;
	quality->doubt = quality->doubt < DOUBT_MAX ? 2 * quality->doubt : quality->doubt;
}

/* Whether it is known by now if going down has helped. Until then, nothing else is done. On a slow line,
 * updates come faster then, and as many bytes flow as before. If not, updates are waiting for something else,
 * as for a slow viewer.
 */
static bool judge(struct quality *quality, const struct load *load, uint64_t now) {
	if (!quality->left)
		return true;
	quality->left -= quality->updates < quality->left ? quality->updates : quality->left;
	if (quality->left)
		return false;
	if (load->time > load->limit && load->flow < quality->flow_least)
		go_back(quality, now);
	else
		quality->doubt = DOUBT_MIN;
	return true;
}

static bool may_go_up(
	const struct quality *quality, const struct quality_setting *wish, const struct load *load) {
	double more = quality->step ? growth(quality, quality->step - 1, wish) : 0;
	return quality->step &&
	       (load->time * more < higher * load->limit || load->share * more < higher_share);
}

static void go_up(struct quality *quality, uint64_t now) {
	quality->step--;
	quality->calm = 0;
	quality->raised = now;
}

static void decide(
	struct quality *quality, const struct quality_setting *wish, const struct load *load, uint64_t now) {
	if (!judge(quality, load, now))
		return;
	bool slow = load->time > load->limit && load->share > share_most && !load->at_least;
	if (slow && quality->step < last_step(wish) && now >= quality->barred) {
		go_down(quality, wish, load, now);
		return;
	}
	quality->calm = may_go_up(quality, wish, load) ? quality->calm + 1 : 0;
	if (quality->calm >= quality->patience && quality->step)
		go_up(quality, now);
}

/* Nothing has moved for a while. */
static bool rests(const struct quality *quality, const struct encoder_line *line, uint64_t now) {
	double took = line->rate ? quality->last_bytes / (double)line->rate : 0;
	return (double)(now - quality->last) / (double)S > (double)(FORGOTTEN / S) + took;
}

static void forget(struct quality *quality) {
	begin_window(quality, 0);
	quality->step = quality->calm = quality->left = 0;
	quality->patience = PATIENCE_MIN;
}

void quality_look(struct quality *quality, const struct quality_setting *wish,
	const struct encoder_line *line, uint64_t now) {
	if (!quality->patience) {
		quality->patience = PATIENCE_MIN;
		quality->doubt = DOUBT_MIN;
	}
	if (quality->step > last_step(wish))
		quality->step = last_step(wish);
	if (rests(quality, line, now)) {
		forget(quality);
		return;
	}
	if (quality->updates == 1)
		return; /* one picture is no motion */
	if (quality->updates && line->rate) {
		const struct load load = load_of(quality, line, now);
		decide(quality, wish, &load, now);
	}
	begin_window(quality, now);
}
