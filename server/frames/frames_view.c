/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "capture/base/clock.h"
#include "server/frames/exposing.h"
#include "server/frames/frames_state.h"
#include "server/frames/look.h"
#include "server/log.h"

static const uint64_t dark_interval_ns = 250 * 1000000ull;  /* between two attempts while the output is dark
							     * */
static const uint64_t lost_interval_ns = 2000 * 1000000ull; /* the same while the source is gone */
static const uint64_t broker_interval_ns = 500000000;       /* another broker is there in no time */

struct acquiring {
	struct frames *frames;
	struct view *view;
};

static void on_acquired(void *context, uint64_t start_ns, int error) {
	struct acquiring *acquiring = context;
	if (!error)
		frames_report_time(acquiring->frames, &acquiring->frames->capture_times, start_ns);
	if (acquiring->view->source->waited)
		vblank_yield(&acquiring->view->vblank, clock_now_ns());
}

static struct look look_of(struct view *view, struct acquiring *acquiring) {
	return (struct look){.source = view->source,
		.path = view->path,
		.x = (uint32_t)view->place.x,
		.y = (uint32_t)view->place.y,
		.acquired = on_acquired,
		.context = acquiring};
}

/* If the output shows an unscaled part of a framebuffer, other outputs may show the rest of it. */
static void note_shared(struct view *view) {
	const struct frame *frame = &view->frame;
	const struct frame_layer *layer = &frame->layers[0];
	view->shared = (struct layout_shared){0};
	if (frame->layer_count > 0 && layer->source.width >> 16 == frame->width &&
		layer->source.height >> 16 == frame->height)
		view->shared = (struct layout_shared){layer->fb_id, layer->width, layer->height,
			layer->source.x >> 16, layer->source.y >> 16};
}

/* Records what a frame tells before it is converted. */
static void note_frame(struct view *view) {
	view->width = view->frame.width;
	view->height = view->frame.height;
	notice_seen(view->notice, &view->frame);
	note_shared(view);
}

/* A look tells what a peek would have told, and may be newer than the peek of this beat. */
static void note_token(struct view *view, uint64_t token, uint64_t now) {
	if (view_can_peek(view)) {
		pacer_peeked(&view->pacer, view->frame.time_ns);
		if (token != view->token) {
			view->flipped = true;
			pacer_spring(&view->pacer, now);
		}
	}
	view->token = token;
}

/* Reports each new trouble once in the log, and in the picture for as long as it lasts. */
static void in_trouble(struct frames *frames, struct view *view, const char *headline, uint64_t retry_ns) {
	bool told = strcmp(view->trouble.text, view->reason.text) == 0;
	if (!told)
		log_warning("%s: %s", headline, view->reason.text);
	view->trouble = view->reason;
	view->headline = headline;
	view->retry_ns = retry_ns;
	view->unreadable = false;
	/* the clock in the notice goes on while viewers watch */
	view->draw_notice = !told || frames->wanted || view->shown != SHOWN_NOTICE;
}

static void out_of_trouble(struct view *view) {
	if (view->trouble.text[0])
		log_info("serving %s, %ux%u", view->source->output, view->width, view->height);
	view->trouble.text[0] = '\0';
	view->retry_ns = 0;
	view->unreadable = false;
}

void frames_view_fail(struct frames *frames, struct view *view, int error, uint64_t now) {
	view->error = error;
	view->abandoned = false;
	frame_finish(&view->frame);
	pacer_captured(&view->pacer, now, false);
	if (error == -EAGAIN) {
		in_trouble(frames, view, "The display is dark", now + dark_interval_ns);
		view->abandoned = view->source && view->source->abandoned;
	} else if (error == -ENOTSUP || error == -ENOMEM || error == -ETIMEDOUT) {
		/* this framebuffer or its painter is the trouble; the next one may do better */
		in_trouble(frames, view, "The display cannot be read", now + dark_interval_ns);
		view->unreadable = true;
	} else {
		const char *headline = view->source_seen ? "The display is lost" : "There is no display";
		in_trouble(frames, view, headline,
			now + (frames->options.source.broker ? broker_interval_ns : lost_interval_ns));
		view_lose_source(view);
	}
}

static int open_and_acquire(struct frames *frames, struct view *view) {
	struct acquiring acquiring = {frames, view};
	int error = view->source ? 0 : view_open(view, &view->reason);
	if (error)
		return error;
	struct look look = look_of(view, &acquiring);
	return look_acquire(&look, &view->frame, &view->reason);
}

void frames_view_begin(struct frames *frames, struct view *view, uint64_t now) {
	view->due = true;
	view->draw_notice = view->changed = false;
	view->reason.text[0] = '\0';
	int error = open_and_acquire(frames, view);
	if (view_was_replaced(view, error))
		error = open_and_acquire(frames, view);
	view->error = error;
	if (error)
		frames_view_fail(frames, view, error, now);
	else
		note_frame(view);
}

/* --- conversion --- */

enum { MAX_AGAIN = 3 };

/*
 * Returns whether what was read may mix two pictures. It does if the scanout flipped in the meantime: its
 * owner may have drawn into what we were reading. It may if reading took so long that the scanout may have
 * flipped there and back. Then `stored` decides, which says whether this pass still found something to store:
 * a pass that found nothing saw what the previous pass saw.
 */
static bool may_be_torn(const struct view *view, bool stored) {
	struct source *source = view->source;
	if (!source->impl->is_current)
		return false;
	uint64_t refresh_mhz = source->refresh_mhz ? source->refresh_mhz : 60000;
	bool slow = clock_now_ns() - view->frame.time_ns > 2 * 1000000000000u / refresh_mhz;
	return !source->impl->is_current(source, &view->frame) || (slow && stored);
}

/* What became of reading the scanout once more. An error is negative: there is no scanout to read any more,
 * so what was read of it may be anything. */
enum { AGAIN_READ, AGAIN_OTHERWISE /* it has another size now, or cannot be converted */ };

/* Reads the scanout once more into the same picture. */
static int convert_again(struct frames *frames, struct view *view, struct converter_result *result) {
	struct converter_result again;
	struct reason ignored;
	struct acquiring acquiring = {frames, view};
	struct look look = look_of(view, &acquiring);
	struct drawing *drawing = &frames->drawing;
	frame_finish(&view->frame);
	int error = look_acquire(&look, &view->frame, &view->reason);
	if (error)
		return error;
	if (view->frame.width != view->width || view->frame.height != view->height)
		return AGAIN_OTHERWISE;
	if (!damage_is_empty(&drawing->damage)) /* the next pass compares with this picture */
		frames_catch_up(frames);
	error = look_convert(&look, &view->frame, drawing->picture, false, &drawing->part, &again, &ignored);
	drawing_add_part(&frames->drawing);
	if (!error)
		exposing_take(drawing, view);
	result->tiles_changed += again.tiles_changed;
	result->bytes_read_back += again.bytes_read_back;
	return error ? AGAIN_OTHERWISE : AGAIN_READ;
}

/* Reads again until the picture shows one moment. We do not wait for a painter that never rests: the next
 * look finds what still differs, because it compares with what was sent. 0, or -errno with the view's reason:
 * there is nothing to read any more. */
static int settle(struct frames *frames, struct view *view, struct converter_result *result) {
	bool stored = !damage_is_empty(&frames->drawing.part);
	for (int i = 0; i < MAX_AGAIN && may_be_torn(view, stored); i++) {
		int again = convert_again(frames, view, result);
		if (again != AGAIN_READ)
			return again < 0 ? again : 0;
		stored = !damage_is_empty(&frames->drawing.part);
		view->changed |= stored;
	}
	return 0;
}

static bool is_fresh(const struct frames *frames, const struct view *view) {
	return view->shown != SHOWN_SCANOUT || picture_is_first(frames->drawing.picture);
}

void frames_view_launch(struct frames *frames, struct view *view) {
	const struct look look = look_of(view, NULL);
	if (!view->error)
		look_begin(&look, &view->frame, frames->drawing.picture, is_fresh(frames, view),
			&frames->drawing.part);
}

/* Converts the view's frame into its part of the picture. 0, or -errno with a reason. */
static int convert(struct frames *frames, struct view *view) {
	struct converter_result result;
	struct acquiring acquiring = {frames, view};
	struct look look = look_of(view, &acquiring);
	struct picture *picture = frames->drawing.picture;
	uint64_t start = clock_now_ns();
	view->first = view->shown != SHOWN_SCANOUT;
	int error = look_convert(&look, &view->frame, picture, is_fresh(frames, view), &frames->drawing.part,
		&result, &view->reason);
	drawing_add_part(&frames->drawing);
	view->shown = error ? SHOWN_NOTHING : SHOWN_SCANOUT;
	if (error)
		return error;
	view->left_out = result.layers_left_out;
	view->left_out_reason = view->reason;
	view->changed = !damage_is_empty(&frames->drawing.part);
	exposing_take(&frames->drawing, view);
	error = settle(frames, view, &result);
	if (error) {
		view->shown = SHOWN_NOTHING;
		return error;
	}
	frames_report_time(frames, &frames->convert_times, start);
	frames_report_conversion(frames, &result);
	return 0;
}

void frames_view_draw_notice(struct view *view) {
	frame_finish(&view->frame);
	if (notice_draw(view->notice, view->headline, view->trouble.text, time(NULL), &view->frame) < 0)
		view->draw_notice = false;
}

static void convert_notice(struct frames *frames, struct view *view) {
	struct picture *picture = frames->drawing.picture;
	struct converter_result result;
	struct reason reason;
	const struct conversion conversion = {
		.frame = &view->frame,
		.picture = picture,
		.x = (uint32_t)view->place.x,
		.y = (uint32_t)view->place.y,
		.fresh = view->shown != SHOWN_NOTICE || picture_is_first(picture),
		.damage = &frames->drawing.part,
		.result = &result,
		.reason = &reason,
	};
	damage_clear(&frames->drawing.part);
	int error = path_convert(frames->notice_path, "", &conversion);
	drawing_add_part(&frames->drawing);
	view->shown = error ? SHOWN_NOTHING : SHOWN_NOTICE;
}

void frames_view_end(struct view *view, uint64_t now) {
	if (!view->error) {
		if (view->frame.token) /* 0: the frame could not be acquired again */
			note_token(view, view->frame.token, now);
		if (view->changed && !view->first)
			pacer_learn(&view->pacer, view->flipped);
		pacer_captured(&view->pacer, now, view->changed);
		view->flipped = false;
		out_of_trouble(view);
	}
	frame_finish(&view->frame);
}

void frames_view_show(struct frames *frames, struct view *view, uint64_t now) {
	picture_store_prepare(frames->drawing.store, &view->place);
	int error = view->error ? 0 : convert(frames, view);
	if (error) {
		frames_view_fail(frames, view, error, now);
		frames_view_draw_notice(view);
		exposing_cancel(&frames->drawing);
	}
	if (view->error && view->draw_notice)
		convert_notice(frames, view);
}

bool frames_view_look_at_state(struct frames *frames, struct view *view, uint64_t now) {
	if (!view->source || view->unreadable)
		return false;
	view->draw_notice = view->changed = false;
	view->reason.text[0] = '\0';
	view->error = source_acquire(view->source, 0, &view->frame, &view->reason);
	if (view_was_replaced(view, view->error))
		return false;
	if (view->error) {
		frames_view_fail(frames, view, view->error, now);
	} else {
		note_frame(view);
		frame_finish(&view->frame);
		out_of_trouble(view);
	}
	view->due = view->draw_notice;
	return true;
}
