/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "server/frames/frames_state.h"
#include "server/frames/look.h"
#include "server/log.h"

static const uint64_t dark_interval_ns = 250 * 1000000ull;  /* between two attempts while the output is dark
							     * */
static const uint64_t lost_interval_ns = 2000 * 1000000ull; /* the same while the source is gone */

/* Adds the results of a conversion to the report. */
static void count(struct frames *frames, const struct converter_result *result, bool changed) {
	pthread_mutex_lock(&frames->lock);
	struct frames_report *report = &frames->report;
	report->frames++;
	report->frames_changed += changed;
	report->tiles_changed += result->tiles_changed;
	report->bytes_read_back += result->bytes_read_back;
	report->fences_waited += result->fence_waited;
	snprintf(report->import, sizeof report->import, "%s", converter_import_name(result->import));
	pthread_mutex_unlock(&frames->lock);
}

static void add_time(struct frames *frames, struct durations *durations, uint64_t since_ns) {
	pthread_mutex_lock(&frames->lock);
	durations_add(durations, clock_now_ns() - since_ns);
	pthread_mutex_unlock(&frames->lock);
}

static void say_state(struct frames *frames, const char *state) {
	pthread_mutex_lock(&frames->lock);
	frames->state_ns = clock_now_ns();
	frames->report.width = frames->width;
	frames->report.height = frames->height;
	utf8_copy(frames->report.state, sizeof frames->report.state, state);
	snprintf(frames->report.source, sizeof frames->report.source, "%s",
		frames->source ? frames->source->impl->name : "");
	snprintf(frames->report.output, sizeof frames->report.output, "%s",
		frames->source ? frames->source->output : "");
	pthread_mutex_unlock(&frames->lock);
}

static void on_acquired(void *context, uint64_t start_ns, int error) {
	struct frames *frames = context;
	if (!error)
		add_time(frames, &frames->capture_times, start_ns);
	if (frames->source->waited)
		vblank_yield(&frames->vblank, clock_now_ns());
}

static struct look look_of(struct frames *frames) {
	return (struct look){
		.source = frames->source, .path = frames->path, .acquired = on_acquired, .context = frames};
}

enum { MAX_AGAIN = 3 };

/*
 * Returns whether what was read may mix two pictures. It does if the scanout flipped in the meantime: its
 * owner may have drawn into what we were reading. It may if reading took so long that the scanout may have
 * flipped there and back. Then `stored` decides, which says whether this pass still found something to store:
 * a pass that found nothing saw what the previous pass saw.
 */
static bool may_be_torn(const struct frames *frames, const struct frame *frame, bool stored) {
	struct source *source = frames->source;
	if (!source->impl->is_current)
		return false;
	uint64_t refresh_mhz = source->refresh_mhz ? source->refresh_mhz : 60000;
	bool slow = clock_now_ns() - frame->time_ns > 2 * 1000000000000u / refresh_mhz;
	return !source->impl->is_current(source, frame) || (slow && stored);
}

/* Fetches the tiles that were not converted from the previous picture, if viewers still read that one. */
static void catch_up(struct frames *frames) {
	uint64_t start = clock_now_ns();
	picture_store_catch_up(frames->options.store, &frames->damage);
	add_time(frames, &frames->copy_times, start);
}

/* Reads the scanout once more into the same picture. False: it cannot be read, or has another size now. */
static bool convert_again(struct frames *frames, struct frame *frame, struct picture *picture,
	struct converter_result *result) {
	struct converter_result again;
	struct reason ignored;
	uint32_t width = frame->width, height = frame->height;
	frame_finish(frame);
	struct look look = look_of(frames);
	if (look_acquire(&look, frame, &ignored) < 0 || frame->width != width || frame->height != height)
		return false;
	if (!damage_is_empty(&frames->damage)) /* the next pass compares with this picture */
		catch_up(frames);
	int error = look_convert(&look, frame, picture, false, &frames->retry_damage, &again, &ignored);
	damage_merge(&frames->damage, &frames->retry_damage);
	result->tiles_changed += again.tiles_changed;
	result->bytes_read_back += again.bytes_read_back;
	return error == 0;
}

/* Reads again until the picture shows one moment. We do not wait for a painter that never rests: the next
 * look finds what still differs, because it compares with what was sent. */
static void settle(struct frames *frames, struct frame *frame, struct picture *picture,
	struct converter_result *result) {
	bool stored = !damage_is_empty(&frames->damage);
	for (int i = 0; i < MAX_AGAIN && may_be_torn(frames, frame, stored); i++) {
		if (!convert_again(frames, frame, picture, result))
			return;
		stored = !damage_is_empty(&frames->retry_damage);
	}
}

/* Converts a frame into the store's picture. Returns 1 if the picture changed, 0 if not, or -errno with a
 * reason. */
static int convert(struct frames *frames, struct frame *frame, struct reason *reason) {
	struct converter_result result;
	struct look look = look_of(frames);
	uint64_t start = clock_now_ns();
	struct picture *picture = picture_store_begin(frames->options.store, frame->width, frame->height);
	if (!picture)
		return reason_set(
			reason, -ENOMEM, "out of memory for a picture of %ux%u", frame->width, frame->height);
	bool fresh = frames->shown != SHOWN_SCANOUT || picture_is_first(picture);
	int error = look_convert(&look, frame, picture, fresh, &frames->damage, &result, reason);
	if (error) {
		picture_store_cancel(
			frames->options.store, damage_is_empty(&frames->damage) ? NULL : &frames->damage);
		frames->shown = SHOWN_NOTHING;
		return error;
	}
	frames->left_out = result.layers_left_out;
	frames->left_out_reason = *reason;
	settle(frames, frame, picture, &result);
	frames->shown = SHOWN_SCANOUT;
	add_time(frames, &frames->convert_times, start);
	bool changed = !damage_is_empty(&frames->damage);
	if (changed) {
		catch_up(frames);
		picture_store_publish(frames->options.store, &frames->damage);
	} else {
		picture_store_cancel(frames->options.store, NULL);
	}
	count(frames, &result, changed);
	return changed;
}

/* Shows a notice in place of the scanout, in the same size. */
static void show_notice(struct frames *frames, const char *headline, const char *text) {
	struct frames_options *options = &frames->options;
	struct converter_result result;
	struct reason reason;
	struct frame frame;
	frame_init(&frame);
	if (notice_draw(frames->notice, headline, text, time(NULL), &frame) < 0 ||
		damage_resize(&frames->damage, frame.width, frame.height) < 0)
		return;
	struct picture *picture = picture_store_begin(options->store, frame.width, frame.height);
	if (!picture)
		return;
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = frames->shown != SHOWN_NOTICE || picture_is_first(picture),
		.damage = &frames->damage,
		.result = &result,
		.reason = &reason,
	};
	int error = path_convert(frames->notice_path, "", &conversion);
	bool changed = !damage_is_empty(&frames->damage);
	if (!error && changed)
		picture_store_publish(options->store, &frames->damage);
	else
		picture_store_cancel(options->store, changed ? &frames->damage : NULL);
	frames->shown = error ? SHOWN_NOTHING : SHOWN_NOTICE;
	frame_finish(&frame);
	if (changed)
		options->events.published(options->events.context);
}

/* Reports what the picture lacks, if that is news. A notice lacks nothing (NULL). */
static void note_missing(struct frames *frames, const char *missing) {
	if (frames->missing == missing)
		return;
	frames->missing = missing;
	frames->options.events.missing_changed(frames->options.events.context, missing);
}

/* Reports each new trouble once in the log, and in the picture for as long as it lasts. */
static void in_trouble(
	struct frames *frames, const char *headline, const struct reason *reason, uint64_t retry_ns) {
	bool told = strcmp(frames->trouble.text, reason->text) == 0;
	if (!told)
		log_warning("%s: %s", headline, reason->text);
	frames->trouble = *reason;
	if (!frames->darkness)
		frames->darkness = ++frames->darknesses;
	frames->retry_ns = retry_ns;
	frames->unreadable = false;
	say_state(frames, reason->text);
	note_missing(frames, NULL);
	/* the clock in the notice goes on while viewers watch */
	if (!told || frames->wanted || frames->shown != SHOWN_NOTICE)
		show_notice(frames, headline, reason->text);
}

static void out_of_trouble(struct frames *frames) {
	if (frames->trouble.text[0])
		log_info("serving %s, %ux%u", frames->source->output, frames->width, frames->height);
	frames->trouble.text[0] = '\0';
	frames->retry_ns = 0;
	frames->unreadable = false;
	frames->darkness = 0;
	say_state(frames, "");
}

/* Reports once what the monitor shows and viewers do not see. */
static void note_shortfall(struct frames *frames) {
	struct shortfall shortfall =
		look_shortfall(frames->source, frames->left_out, &frames->left_out_reason);
	char *told = frames->report.shortfall; /* written only by this thread */
	note_missing(frames, shortfall.missing);
	if (strcmp(told, shortfall.text) == 0)
		return;
	if (shortfall.text[0])
		log_warning(
			"%s: not all of the screen is served: %s", frames->source->output, shortfall.text);
	else
		log_info("%s: all of the screen is served again", frames->source->output);
	pthread_mutex_lock(&frames->lock);
	snprintf(told, sizeof frames->report.shortfall, "%s", shortfall.text);
	pthread_mutex_unlock(&frames->lock);
}

/* If the output shows an unscaled part of a larger framebuffer, other outputs show the rest of it: that is
 * the desktop. */
static void note_desktop(struct frames *frames, const struct frame *frame) {
	const struct frame_layer *layer = &frame->layers[0];
	struct frames_desktop desktop = {0};
	if (frame->layer_count > 0 && layer->source.width >> 16 == frame->width &&
		layer->source.height >> 16 == frame->height &&
		(layer->width != frame->width || layer->height != frame->height))
		desktop = (struct frames_desktop){layer->width, layer->height,
			(int32_t)(layer->source.x >> 16), (int32_t)(layer->source.y >> 16)};
	pthread_mutex_lock(&frames->lock);
	frames->desktop = desktop;
	pthread_mutex_unlock(&frames->lock);
}

/* Records what a frame tells before it is converted. */
static void note_frame(struct frames *frames, const struct frame *frame) {
	frames->width = frame->width;
	frames->height = frame->height;
	notice_seen(frames->notice, frame);
	note_desktop(frames, frame);
}

void frames_desktop(struct frames *frames, struct frames_desktop *desktop) {
	pthread_mutex_lock(&frames->lock);
	*desktop = frames->desktop;
	pthread_mutex_unlock(&frames->lock);
}

unsigned frames_darkness(const struct frames *frames) {
	return frames->darkness;
}

int frames_open_source(struct frames *frames, struct reason *why) {
	int error = source_open(&frames->options.source, &frames->source, why);
	frames->source_seen |= error == 0;
	frames->token = 0;
	vblank_init(&frames->vblank);
	frames->shown = SHOWN_NOTHING;
	return error;
}

bool frames_peek(struct frames *frames) {
	struct source *source = frames->source;
	uint64_t token;
	if (!source || !source->impl->peek || source->impl->peek(source, &token) < 0 ||
		token == frames->token)
		return false;
	frames->token = token;
	frames->flipped = true;
	return true;
}

/* A look tells what a peek would have told, and may be newer than the peek of this beat. */
static void note_token(struct frames *frames, uint64_t token, uint64_t now) {
	if (frames->source->impl->peek && token != frames->token) {
		frames->flipped = true;
		pacer_spring(&frames->pacer, now);
	}
	frames->token = token;
}

/* Reads the scanout once. 0, or -errno with a reason. -EAGAIN: it is dark. */
static int look_at_source(struct frames *frames, uint64_t now, struct reason *reason) {
	struct frame frame;
	bool first = frames->shown != SHOWN_SCANOUT;
	struct look look = look_of(frames);
	int error = look_acquire(&look, &frame, reason);
	if (!error) {
		note_frame(frames, &frame);
		error = convert(frames, &frame, reason);
		if (error >= 0)
			note_shortfall(frames);
		if (frame.token) /* 0: the frame could not be acquired again */
			note_token(frames, frame.token, now);
	}
	frame_finish(&frame);
	if (error < 0)
		return error;
	pacer_captured(&frames->pacer, now, error > 0);
	if (error > 0 && !first)
		pacer_learn(&frames->pacer, frames->flipped);
	frames->flipped = false;
	out_of_trouble(frames);
	if (error > 0)
		frames->options.events.published(frames->options.events.context);
	return 0;
}

/* What the converters keep of a card's buffers keeps the card from disappearing. So it goes together with the
 * source. */
static void lose_source(struct frames *frames) {
	struct path *empty = path_create(frames->options.path), *full = frames->path;
	source_destroy(frames->source);
	frames->source = NULL;
	if (!empty)
		return;
	pthread_mutex_lock(&frames->lock);
	frames->path = empty;
	pthread_mutex_unlock(&frames->lock);
	path_destroy(full);
}

/* What the converters keep open of the card is closed first, because the source's close must be the last. */
void frames_let_go(struct frames *frames) {
	if (!frames->source || !frames->source->impl->let_go)
		return;
	path_let_go(frames->path);
	frames->source->impl->let_go(frames->source);
	frames->let_go = true;
	frames->sprung = false; /* it was set before the card was closed */
}

/* Decides what follows from a look that failed. */
static void fail_to_look(struct frames *frames, int error, const struct reason *reason, uint64_t now) {
	pacer_captured(&frames->pacer, now, false);
	if (error == -EAGAIN) {
		in_trouble(frames, "The display is dark", reason, now + dark_interval_ns);
		if (frames->source->abandoned)
			frames_let_go(frames);
	} else if (error == -ENOTSUP || error == -ENOMEM || error == -ETIMEDOUT) {
		/* this framebuffer or its painter is the trouble; the next one may do better */
		in_trouble(frames, "The display cannot be read", reason, now + dark_interval_ns);
		frames->unreadable = true;
	} else {
		const char *headline = frames->source_seen ? "The display is lost" : "There is no display";
		in_trouble(frames, headline, reason, now + lost_interval_ns);
		lose_source(frames);
	}
}

static int open_and_look(struct frames *frames, uint64_t now, struct reason *reason) {
	int error = frames->source ? 0 : frames_open_source(frames, reason);
	return error ? error : look_at_source(frames, now, reason);
}

/* Returns whether the card that was let go has disappeared in the meantime, which nobody could see. Another
 * card may have taken its place. */
static bool was_replaced(struct frames *frames, int error) {
	bool replaced = error == -ENODEV && frames->let_go && frames->source;
	frames->let_go = false;
	if (replaced)
		lose_source(frames);
	return replaced;
}

int frames_look(struct frames *frames, uint64_t now) {
	struct reason reason = {""};
	int error = open_and_look(frames, now, &reason);
	if (was_replaced(frames, error))
		error = open_and_look(frames, now, &reason);
	frames->start_reason = reason;
	if (error)
		fail_to_look(frames, error, &reason, now);
	return error;
}

void frames_look_at_state(struct frames *frames, uint64_t now) {
	struct reason reason = {""};
	struct frame frame;
	if (!frames->source || frames->unreadable) {
		frames_look(frames, now);
		return;
	}
	frame_init(&frame);
	int error = source_acquire(frames->source, 0, &frame, &reason);
	if (was_replaced(frames, error)) {
		frames_look(frames, now);
	} else if (!error) {
		note_frame(frames, &frame);
		note_shortfall(frames);
		out_of_trouble(frames);
	} else {
		fail_to_look(frames, error, &reason, now);
	}
	frame_finish(&frame);
}
