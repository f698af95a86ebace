/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "encode/h264/h264.h"
#include "encode/rfb/own_state.h"
#include "encode/rfb/protocol.h"

static struct own_viewer *viewer_of(struct encoder *encoder) {
	return (struct own_viewer *)encoder;
}

static const struct own_viewer *const_viewer_of(const struct encoder *encoder) {
	return (const struct own_viewer *)encoder;
}

/* --- users --- */

void own_viewer_use(struct own_viewer *viewer) {
	viewer->references++;
}

void own_viewer_release(struct own_viewer *viewer) {
	if (atomic_fetch_sub(&viewer->references, 1) != 1)
		return;
	own_pieces_finish(&viewer->pieces);
	own_update_finish(&viewer->update);
	region_finish(&viewer->asked);
	region_finish(&viewer->asked_anew);
	zrle_destroy(viewer->zrle);
	pthread_mutex_destroy(&viewer->painting);
	free(viewer);
}

/* --- what its job does --- */

static int find(struct own_viewer *viewer, unsigned worker, struct pool_job **rest) {
	struct own *own = viewer->own;
	if (viewer->update.takes_copies)
		picture_store_want_moves(viewer->update.store);
	if (viewer->style.encoding == ENCODING_TIGHT && viewer->style.format.depth == 24)
		picture_store_want_colours(viewer->update.store);
	const struct picture *picture = shots_picture(&own->shots, viewer->shot);
	if (!picture)
		return 0;
	int error = own_update_find(&viewer->update, own, picture);
	if (!error && own_update_any(&viewer->update))
		error = own_pieces_begin(viewer, picture, worker, rest);
	return error;
}

/* The rest of an update may be newer than its beginning: pixels that changed in between are sent again with
 * the next one, and nothing may be copied there. */
static int go_on(struct own_viewer *viewer, unsigned worker, struct pool_job **rest) {
	const struct picture *picture = shots_picture(&viewer->own->shots, viewer->shot);
	if (!picture)
		return 0;
	if (viewer->shot->store != viewer->update.shown || picture->generation != viewer->update.seen)
		viewer->update.mixed = true;
	return own_pieces_go_on(viewer, picture, worker, rest);
}

/* A viewer that is gone needs nothing. What is ready may be sent while this thread makes a piece itself, or
 * all of them in ZRLE. */
static void run(struct pool_job *job, unsigned worker) {
	struct own_viewer *viewer = (struct own_viewer *)((char *)job - offsetof(struct own_viewer, job));
	struct own *own = viewer->own;
	struct pool_job *rest = NULL;
	if (viewer->gone)
		viewer->found = 0;
	else
		viewer->found = viewer->goes_on ? go_on(viewer, worker, &rest) : find(viewer, worker, &rest);
	shots_drop(&own->shots, viewer->shot);
	viewer->step = OWN_FOUND; /* from here on, the loop has all but `rest` */
	own_wake(own);
	if (rest)
		rest->run(rest, worker);
	own_viewer_release(viewer);
}

static void pass_on_requests(struct own_viewer *viewer) {
	struct own_update *update = &viewer->update;
	region_add_all(&update->asked, &viewer->asked);
	region_add_all(&update->asked_anew, &viewer->asked_anew);
	region_clear(&viewer->asked);
	region_clear(&viewer->asked_anew);
	update->settles = viewer->settles;
	viewer->answers += viewer->requests;
	viewer->requests = 0;
}

/* --- what is lost --- */

static struct encoder_line line_of(const struct own_viewer *viewer) {
	struct encoder_line line = {0};
	if (viewer->about.line)
		viewer->about.line(viewer->about.context, &line);
	return line;
}

static struct quality_setting wished_setting(const struct own_viewer *viewer) {
	return (struct quality_setting){viewer->style.quality, viewer->style.chroma};
}

/* Of video, which goes down with that of JPEG, if there is any. */
static struct quality_setting wished_video(const struct own_viewer *viewer) {
	return (struct quality_setting){viewer->video_quality, PHOTO_420};
}

static void take_settings(struct own_viewer *viewer) {
	const struct quality_setting wish = wished_setting(viewer), video = wished_video(viewer);
	viewer->setting = quality_setting(&viewer->quality, &wish);
	viewer->update.video.quality = video_quality(quality_setting(&viewer->quality, &video).quality);
}

static void choose_quality(struct own_viewer *viewer, uint64_t now_ns) {
	const struct quality_setting jpeg = wished_setting(viewer), video = wished_video(viewer),
				     *wish = jpeg.quality ? &jpeg : &video;
	if (wish->quality && viewer->own->options.refreshes && quality_is_due(&viewer->quality, now_ns)) {
		const struct encoder_line line = line_of(viewer);
		quality_look(&viewer->quality, wish, &line, now_ns);
	}
	take_settings(viewer);
}

/* All bytes of JPEG and video that it was ever sent. */
static uint64_t lossy_bytes(const struct own_viewer *viewer) {
	const struct tally_class_sent *classes = viewer->pieces.sent.classes;
	return classes[TALLY_JPEG].bytes + classes[TALLY_H264].bytes;
}

/* How many pixels may be sent exactly now, if nothing is new. While other viewers' updates wait to be
 * encoded, these come first. */
static uint32_t refresh_now(struct own_viewer *viewer, uint64_t now_ns) {
	struct refresh *refresh = &viewer->refresh;
	if (!lossy_any(&viewer->update.lossy) || !refresh_is_due(refresh, now_ns))
		return 0;
	if (pool_is_busy(viewer->own->pool)) {
		refresh_later(refresh, now_ns);
		return 0;
	}
	const struct encoder_line line = line_of(viewer);
	return refresh_pixels(refresh, &line, lossy_oldest_ns(&viewer->update.lossy), now_ns);
}

/* --- updates --- */

static void add_job(struct own_viewer *viewer, bool goes_on) {
	struct own *own = viewer->own;
	viewer->goes_on = goes_on;
	viewer->urgent = own->typed == viewer;
	viewer->step = OWN_BEGINS;
	own_viewer_use(viewer);
	pool_add(own->pool, &viewer->job, viewer->urgent);
}

/* Begins an update if there is reason to. If there are too many shots, it is tried again when one is free. */
static void begin(struct own_viewer *viewer) {
	struct own *own = viewer->own;
	viewer->update.store = viewer->store;
	viewer->update.draws_cursor = viewer->draws_cursor;
	bool due = viewer->requests || viewer->settles || own_update_slipped_by(&viewer->update, own);
	uint64_t now_ns = clock_now_ns();
	uint32_t pixels = refresh_now(viewer, now_ns);
	if (!due && !pixels)
		return;
	if (!(viewer->shot = shots_begin(&own->shots, viewer->store))) {
		refresh_later(&viewer->refresh, now_ns);
		return;
	}
	if (due)
		choose_quality(viewer, now_ns);
	viewer->began_ns = now_ns;
	viewer->lossy_bytes = lossy_bytes(viewer);
	viewer->update.refresh_pixels = pixels;
	viewer->update.refresh_until_ns = now_ns - REFRESH_STILL_NS;
	pass_on_requests(viewer);
	add_job(viewer, false);
}

/* Begins the next portion of an update. It may be tried again, as above, and when there is a picture, or one
 * that has what the last one lacked. */
static void begin_portion(struct own_viewer *viewer) {
	struct own *own = viewer->own;
	uint64_t generation = picture_store_generation(viewer->store, NULL, NULL);
	bool lacks =
		viewer->pieces.lacking == viewer->store && viewer->pieces.lacking_generation == generation;
	if (!viewer->error && generation && !lacks &&
		(viewer->shot = shots_begin(&own->shots, viewer->store)))
		add_job(viewer, true);
}

static void begin_if_waits(struct own_viewer *viewer) {
	if (viewer->step == OWN_WAITS && viewer->encoder.open && !viewer->error)
		begin(viewer);
}

/* The requests that the update answers stay open as long as there is nothing to send. */
static void take_over(struct own_viewer *viewer) {
	if (viewer->found < 0)
		viewer->error = viewer->found;
	viewer->desktop = viewer->update.framebuffer.desktop;
	if (own_pieces_any(&viewer->pieces))
		viewer->step = OWN_SENDS;
	else
		viewer->step = own_pieces_lack(&viewer->pieces) ? OWN_PAUSES : OWN_WAITS;
	if (viewer->step == OWN_WAITS && viewer->update.refresh_pixels)
		refresh_in_vain(&viewer->refresh, clock_now_ns());
}

/* Key pictures of a video are much larger than the others, and come again whenever its quality changes. */
static void note_quality(struct own_viewer *viewer) {
	uint64_t bytes = lossy_bytes(viewer) - viewer->lossy_bytes, keys = viewer->update.video.key_bytes;
	quality_sent(&viewer->quality, bytes > keys ? bytes - keys : 0, viewer->began_ns);
}

static void end_update(struct own_viewer *viewer) {
	struct encoder *encoder = &viewer->encoder;
	encoder->complete = true;
	encoder->open -= viewer->answers;
	viewer->answers = 0;
	viewer->updates++;
	viewer->mixed_updates += viewer->update.mixed;
	viewer->step = OWN_WAITS;
	refresh_sent(&viewer->refresh, !viewer->update.refreshes);
	note_quality(viewer);
	if (!encoder->open)
		viewer->settles = false;
	begin_if_waits(viewer);
}

static void end_portion(struct own_viewer *viewer) {
	if (!own_pieces_lack(&viewer->pieces)) {
		end_update(viewer);
		return;
	}
	viewer->step = OWN_PAUSES;
	begin_portion(viewer);
}

static bool has_bytes(const struct own_viewer *viewer) {
	return viewer->error || (viewer->step == OWN_SENDS && own_pieces_ready(&viewer->pieces));
}

/* The owner may leave bytes behind because it has other things to do first. It is told again. */
void own_viewer_turn(struct own_viewer *viewer) {
	struct own *own = viewer->own;
	if (viewer->step == OWN_FOUND)
		take_over(viewer);
	begin_if_waits(viewer);
	if (viewer->step == OWN_PAUSES)
		begin_portion(viewer);
	if (viewer->held || !has_bytes(viewer))
		return;
	uint64_t taken = viewer->taken;
	own_viewer_use(viewer);
	viewer->about.ready(viewer->about.context);
	if (!viewer->gone && !viewer->held && has_bytes(viewer) && viewer->taken != taken)
		own_wake(own);
	own_viewer_release(viewer);
}

int own_viewer_wait_ms(const struct own_viewer *viewer) {
	if (viewer->step != OWN_WAITS || !viewer->encoder.open || viewer->error)
		return -1;
	int wait = own_update_wait_ms(&viewer->update);
	if (!lossy_any(&viewer->update.lossy))
		return wait;
	int refresh = refresh_wait_ms(&viewer->refresh, clock_now_ns());
	return wait < 0 || refresh < wait ? refresh : wait;
}

/* --- the encoder --- */

static void show(struct encoder *encoder, struct picture_store *instead) {
	struct own_viewer *viewer = viewer_of(encoder);
	viewer->store = instead ? instead : viewer->own->store;
	own_wake(viewer->own);
}

static void draws_cursor(struct encoder *encoder, bool draws) {
	viewer_of(encoder)->draws_cursor = draws;
}

static void typed(struct encoder *encoder) {
	viewer_of(encoder)->own->typed = viewer_of(encoder);
}

static void request(struct encoder *encoder, bool incremental, const struct rect *area) {
	struct own_viewer *viewer = viewer_of(encoder);
	region_add(incremental ? &viewer->asked : &viewer->asked_anew, *area);
	viewer->requests++;
	refresh_asked(&viewer->refresh);
	encoder->open++;
	encoder->settled = !incremental;
	if (incremental)
		encoder->area = *area;
}

static void settle(struct encoder *encoder) {
	if (!encoder->open || encoder->settled)
		return;
	encoder->settled = true;
	viewer_of(encoder)->settles = true;
}

static int flush(struct encoder *encoder) {
	struct own_viewer *viewer = viewer_of(encoder);
	begin_if_waits(viewer);
	return viewer->error;
}

static ssize_t lend(struct encoder *encoder, struct loan *loan, size_t size) {
	struct own_viewer *viewer = viewer_of(encoder);
	ssize_t taken = 0;
	bool more = true;
	if (!viewer->error && viewer->step == OWN_SENDS) {
		taken = own_pieces_lend(viewer, loan, size, &more);
		if (taken < 0)
			viewer->error = (int)taken;
	}
	if (viewer->error)
		return viewer->error;
	viewer->taken += (uint64_t)taken;
	if (taken > 0) {
		encoder->inside = true;
		encoder->complete = false;
	}
	if (!more)
		end_portion(viewer);
	if (!taken && !encoder->open && encoder->inside) {
		encoder->inside = false;
		encoder->area.width = 0;
	}
	return taken;
}

static void hold(struct encoder *encoder, bool held) {
	struct own_viewer *viewer = viewer_of(encoder);
	viewer->held = held;
	if (!held && has_bytes(viewer))
		own_wake(viewer->own);
}

static bool accepts(const struct encoder *encoder) {
	(void)encoder;
	return true;
}

static void desktop(const struct encoder *encoder, struct encoder_desktop *desktop) {
	*desktop = const_viewer_of(encoder)->desktop;
}

const char *own_encoding_name(int32_t encoding) {
	return encoding == ENCODING_TIGHT ? "Tight" : encoding == ENCODING_ZRLE ? "ZRLE" : "Raw";
}

static void report(const struct encoder *encoder, struct encoder_report *report) {
	const struct own_viewer *viewer = const_viewer_of(encoder);
	*report = (struct encoder_report){.updates = viewer->updates,
		.mixed_updates = viewer->mixed_updates,
		.width = viewer->desktop.width,
		.height = viewer->desktop.height,
		.quality = viewer->style.format.bits > 8 ? viewer->setting.quality : 0,
		.sent = viewer->pieces.sent};
	snprintf(report->encoding, sizeof report->encoding, "%s", own_encoding_name(viewer->style.encoding));
}

static void destroy(struct encoder *encoder) {
	struct own_viewer *viewer = viewer_of(encoder);
	struct own *own = viewer->own;
	if (own->next == viewer)
		own->next = LIST_NEXT(viewer, link);
	if (own->typed == viewer)
		own->typed = NULL;
	LIST_REMOVE(viewer, link);
	viewer->gone = true;
	if (viewer->step == OWN_SENDS)
		own_pieces_clear(&viewer->pieces);
	own_viewer_release(viewer);
}

static const struct encoder_impl own_viewer_impl = {
	.show = show,
	.draws_cursor = draws_cursor,
	.typed = typed,
	.request = request,
	.settle = settle,
	.flush = flush,
	.lend = lend,
	.hold = hold,
	.accepts = accepts,
	.desktop = desktop,
	.report = report,
	.destroy = destroy,
};

/* --- what it is --- */

static bool same_but_quality(struct worker_style one, const struct worker_style *other) {
	one.quality = other->quality;
	one.chroma = other->chroma;
	return worker_style_equals(&one, other);
}

/* Viewers that wish the same, apart from quality, have the same number. */
static uint64_t number_of(struct own *own, const struct own_viewer *self, const struct worker_style *style) {
	const struct own_viewer *viewer;
	LIST_FOREACH(viewer, &own->viewers, link)
		if (viewer != self && same_but_quality(viewer->style, style))
			return viewer->style_number;
	return ++own->styles;
}

void own_viewer_wish(struct encoder *encoder, const struct own_wish *wish) {
	struct own_viewer *viewer = viewer_of(encoder);
	const bool tight = wish->encoding == ENCODING_TIGHT;
	const struct worker_style style = {.encoding = wish->encoding,
		.format = wish->format,
		.quality = tight ? wish->quality : 0,
		.chroma = tight ? wish->chroma : PHOTO_444,
		.gradient = tight && wish->gradient,
		.whole = tight && !wish->last_rect};
	if (!viewer->style_number || !same_but_quality(viewer->style, &style))
		viewer->style_number = number_of(viewer->own, viewer, &style);
	viewer->style = style;
	viewer->video_quality = h264_can() ? wish->video : 0;
	take_settings(viewer);
	viewer->last_rect = wish->last_rect;
	viewer->update.follows = wish->follows;
	viewer->update.takes_copies = wish->copies;
	viewer->update.video.only_wide = wish->video_only_wide;
}

void own_viewer_known(const struct encoder *encoder, struct framebuffer_known *known) {
	own_update_known(&const_viewer_of(encoder)->update, known);
}

void own_viewer_adopt(struct encoder *encoder, const struct framebuffer_known *known) {
	struct own_viewer *viewer = viewer_of(encoder);
	own_update_adopt(&viewer->update, known);
	viewer->desktop = known->framebuffer.desktop;
}

int own_viewer_create(struct own *own, const struct encoder_viewer *about, struct encoder **encoder,
	struct reason *reason) {
	struct picture_store *store = about->instead ? about->instead : own->store;
	uint32_t width, height;
	if (!picture_store_generation(store, &width, &height))
		return reason_set(reason, -EAGAIN, "there is no picture to show yet");
	struct own_viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return reason_set(reason, -ENOMEM, "out of memory");
	viewer->encoder.impl = &own_viewer_impl;
	viewer->encoder.lends = true;
	viewer->own = own;
	viewer->about = *about;
	viewer->references = 1;
	viewer->store = store;
	viewer->job.run = run;
	own_update_init(&viewer->update, store, width, height);
	viewer->desktop = viewer->update.framebuffer.desktop;
	pthread_mutex_init(&viewer->painting, NULL);
	own_viewer_wish(
		&viewer->encoder, &(struct own_wish){.encoding = ENCODING_RAW, .format = format_native});
	LIST_INSERT_HEAD(&own->viewers, viewer, link);
	*encoder = &viewer->encoder;
	return 0;
}
