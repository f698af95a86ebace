/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/notice.h"
#include "server/durations.h"
#include "server/log.h"
#include "server/pacer.h"

static const uint64_t millisecond = 1000000;
static const uint64_t dark_interval_ns = 250 * 1000000ull;  /* between two tries while the output is dark */
static const uint64_t lost_interval_ns = 2000 * 1000000ull; /* and while the source is gone */

/* What the picture that was published last shows. */
enum shown { SHOWN_NOTHING, SHOWN_SCANOUT, SHOWN_NOTICE };

struct frames {
	struct frames_options options;
	pthread_t thread;
	int wake_fd;
	_Atomic bool quit, wanted, sprung, dark;

	/* The start: frames_create() waits for the thread's first look. */
	pthread_mutex_t lock; /* and over `report` and the durations */
	pthread_cond_t started_condition;
	bool started;
	int start_error;
	struct reason start_reason, why;

	/* The thread's own. */
	struct source *source; /* NULL while it is lost */
	struct path *path, *notice_path;
	struct notice *notice;
	struct pacer pacer;
	struct damage damage, retry_damage;
	uint64_t token;
	bool vblank_missing;
	enum shown shown;
	uint32_t width, height;
	uint64_t retry_ns; /* dark or lost: when to try again; 0: lit */
	struct reason trouble;

	struct cursor looked_at; /* the thread's own */
	struct cursor cursor;    /* under `lock`, as the next */
	struct frames_desktop desktop;
	struct frames_report report;
	struct durations capture_times, convert_times;
};

static void wake(struct frames *frames) {
	uint64_t one = 1;
	ssize_t written = write(frames->wake_fd, &one, sizeof one);
	(void)written; /* it fails only where it is readable already */
}

/* --- one look --- */

/* What a conversion did, into the report. */
static void count(struct frames *frames, const struct converter_result *result, bool changed) {
	pthread_mutex_lock(&frames->lock);
	struct frames_report *report = &frames->report;
	report->frames++;
	report->frames_changed += changed;
	report->tiles_changed += result->tiles_changed;
	report->bytes_read_back += result->bytes_read_back;
	report->fences_waited += result->fence_waited;
	report->width = frames->width;
	report->height = frames->height;
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
	snprintf(frames->report.state, sizeof frames->report.state, "%s", state);
	snprintf(frames->report.source, sizeof frames->report.source, "%s",
		frames->source ? frames->source->impl->name : "");
	snprintf(frames->report.output, sizeof frames->report.output, "%s",
		frames->source ? frames->source->output : "");
	pthread_mutex_unlock(&frames->lock);
}

static int acquire(struct frames *frames, struct frame *frame, struct reason *reason) {
	struct source *source = frames->source;
	uint64_t start = clock_now_ns();
	frame_init(frame);
	int error = source->impl->acquire(source, path_source_flags(frames->path), frame, reason);
	if (error == 0)
		add_time(frames, &frames->capture_times, start);
	return error;
}

/* One conversion, acquiring again where the converter needs the memory mapped by the source. */
static int convert_once(struct frames *frames, struct frame *frame, struct picture *picture, bool fresh,
	struct damage *damage, struct converter_result *result, struct reason *reason) {
	const char *card = frames->source->card_node;
	uint32_t width = frame->width, height = frame->height;
	memset(result, 0, sizeof *result);
	if (damage_resize(damage, width, height) < 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = path_convert(frames->path, card, frame, picture, fresh, damage, result, reason);
	if (error != -ENODATA)
		return error;
	frame_finish(frame);
	error = acquire(frames, frame, reason);
	if (error < 0)
		return error;
	if (frame->width != width || frame->height != height)
		return reason_set(reason, -EAGAIN, "the mode changes");
	return path_convert(frames->path, card, frame, picture, fresh, damage, result, reason);
}

enum { MAX_AGAIN = 3 };

/*
 * Whether what was read may mix two pictures. For sure where the scanout flipped meanwhile: its owner may
 * have been drawing into what we read. Perhaps where reading took so long that it may have flipped there and
 * back; then `stored`, whether this pass still found something to store, tells: a pass that found nothing saw
 * what the one before saw.
 */
static bool may_be_torn(const struct frames *frames, const struct frame *frame, bool stored) {
	struct source *source = frames->source;
	if (!source->impl->is_current)
		return false;
	uint64_t refresh_mhz = source->refresh_mhz ? source->refresh_mhz : 60000;
	bool slow = clock_now_ns() - frame->time_ns > 2 * 1000000000000u / refresh_mhz;
	return !source->impl->is_current(source, frame) || (slow && stored);
}

/* Reads the scanout once more into the same picture. False: it cannot be, or has another size now. */
static bool convert_again(struct frames *frames, struct frame *frame, struct picture *picture,
	struct converter_result *result) {
	struct converter_result again;
	struct reason ignored;
	uint32_t width = frame->width, height = frame->height;
	frame_finish(frame);
	if (acquire(frames, frame, &ignored) < 0 || frame->width != width || frame->height != height)
		return false;
	int error = convert_once(frames, frame, picture, false, &frames->retry_damage, &again, &ignored);
	damage_merge(&frames->damage, &frames->retry_damage);
	result->tiles_changed += again.tiles_changed;
	result->bytes_read_back += again.bytes_read_back;
	return error == 0;
}

/* Until the picture is of one moment. A painter that never rests is not waited for: what still differs is
 * found by the next look, for it compares with what was sent. */
static void settle(struct frames *frames, struct frame *frame, struct picture *picture,
	struct converter_result *result) {
	bool stored = !damage_is_empty(&frames->damage);
	for (int i = 0; i < MAX_AGAIN && may_be_torn(frames, frame, stored); i++) {
		if (!convert_again(frames, frame, picture, result))
			return;
		stored = !damage_is_empty(&frames->retry_damage);
	}
}

/* Converts a frame into the store's picture. 1: the picture changed, 0: it did not, or -errno with a reason.
 */
static int convert(struct frames *frames, struct frame *frame, struct reason *reason) {
	struct converter_result result;
	struct picture *picture = picture_store_begin(frames->options.store, frame->width, frame->height);
	if (!picture)
		return reason_set(
			reason, -ENOMEM, "out of memory for a picture of %ux%u", frame->width, frame->height);
	bool fresh = frames->shown != SHOWN_SCANOUT || picture->generation == 0;
	uint64_t start = clock_now_ns();
	frames->width = frame->width;
	frames->height = frame->height;
	int error = convert_once(frames, frame, picture, fresh, &frames->damage, &result, reason);
	if (error < 0) {
		picture_store_cancel(
			frames->options.store, damage_is_empty(&frames->damage) ? NULL : &frames->damage);
		frames->shown = SHOWN_NOTHING;
		return error;
	}
	settle(frames, frame, picture, &result);
	bool changed = !damage_is_empty(&frames->damage);
	if (changed)
		picture_store_publish(frames->options.store, &frames->damage);
	else
		picture_store_cancel(frames->options.store, NULL);
	frames->shown = SHOWN_SCANOUT;
	add_time(frames, &frames->convert_times, start);
	count(frames, &result, changed);
	return changed;
}

/* Shows words in place of the scanout, as large as it was. */
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
	bool fresh = frames->shown != SHOWN_NOTICE || picture->generation == 0;
	int error = path_convert(
		frames->notice_path, "", &frame, picture, fresh, &frames->damage, &result, &reason);
	bool changed = !damage_is_empty(&frames->damage);
	if (error == 0 && changed)
		picture_store_publish(options->store, &frames->damage);
	else
		picture_store_cancel(options->store, changed ? &frames->damage : NULL);
	frames->shown = error == 0 ? SHOWN_NOTICE : SHOWN_NOTHING;
	frame_finish(&frame);
	if (changed)
		options->events.published(options->events.context);
}

/* Says each new trouble once in the log, and in the picture as long as it lasts. */
static void in_trouble(
	struct frames *frames, const char *headline, const struct reason *reason, uint64_t retry_ns) {
	if (strcmp(frames->trouble.text, reason->text) != 0)
		log_warning("%s: %s", headline, reason->text);
	frames->trouble = *reason;
	frames->dark = true;
	frames->retry_ns = retry_ns;
	say_state(frames, reason->text);
	show_notice(frames, headline, reason->text);
}

static void out_of_trouble(struct frames *frames) {
	if (frames->trouble.text[0])
		log_info("the screen is there again: %s, %ux%u", frames->source->output, frames->width,
			frames->height);
	frames->trouble.text[0] = '\0';
	frames->retry_ns = 0;
	frames->dark = false;
	say_state(frames, "");
}

/* One framebuffer of which the output shows a part as it is: the others show the rest. */
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

void frames_desktop(struct frames *frames, struct frames_desktop *desktop) {
	pthread_mutex_lock(&frames->lock);
	*desktop = frames->desktop;
	pthread_mutex_unlock(&frames->lock);
}

bool frames_dark(const struct frames *frames) {
	return frames->dark;
}

static int open_source(struct frames *frames, struct reason *why) {
	int error = source_open(&frames->options.source, &frames->source, why);
	frames->token = 0;
	frames->vblank_missing = false;
	frames->shown = SHOWN_NOTHING;
	return error;
}

/* Reads the scanout once. 0, or -errno with a reason; -EAGAIN: it is dark. */
static int look_at_source(struct frames *frames, uint64_t now, struct reason *reason) {
	struct frame frame;
	int error = acquire(frames, &frame, reason);
	if (error == 0) {
		notice_seen(frames->notice, &frame);
		note_desktop(frames, &frame);
		error = convert(frames, &frame, reason);
	}
	frame_finish(&frame);
	if (error < 0)
		return error;
	pacer_captured(&frames->pacer, now, error > 0);
	out_of_trouble(frames);
	if (error > 0)
		frames->options.events.published(frames->options.events.context);
	return 0;
}

/* What the converters keep of a card's buffers keeps the card from going: they go with the source. */
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

static int look(struct frames *frames, uint64_t now) {
	struct reason reason = {""};
	int error = frames->source ? 0 : open_source(frames, &reason);
	if (error == 0)
		error = look_at_source(frames, now, &reason);
	frames->start_reason = reason;
	if (error == 0)
		return 0;
	pacer_captured(&frames->pacer, now, false);
	if (error == -EAGAIN) {
		in_trouble(frames, "The display is dark", &reason, now + dark_interval_ns);
	} else if (error == -ENOTSUP || error == -ENOMEM) { /* this framebuffer; the next may do */
		in_trouble(frames, "The display cannot be read", &reason, now + dark_interval_ns);
	} else {
		in_trouble(frames, "The display is lost", &reason, now + lost_interval_ns);
		lose_source(frames);
	}
	return error;
}

/* --- the thread --- */

static bool peek_says_changed(struct frames *frames) {
	struct source *source = frames->source;
	uint64_t token;
	if (!source || !source->impl->peek || source->impl->peek(source, &token) < 0 ||
		token == frames->token)
		return false;
	frames->token = token;
	return true;
}

/* Moves of the cursor are no damage: the viewers are told of them beside the picture. */
static void look_at_cursor(struct frames *frames) {
	struct source *source = frames->source;
	struct cursor *cursor = &frames->looked_at;
	if (!source || !source->impl->cursor || frames->retry_ns || source->impl->cursor(source, cursor) < 0)
		cursor->visible = false;
	pthread_mutex_lock(&frames->lock);
	bool changed = cursor_differs(cursor, &frames->cursor);
	if (changed)
		cursor_copy(&frames->cursor, cursor);
	pthread_mutex_unlock(&frames->lock);
	if (changed)
		frames->options.events.cursor_changed(frames->options.events.context);
}

void frames_cursor(struct frames *frames, struct cursor *cursor) {
	pthread_mutex_lock(&frames->lock);
	cursor_copy(cursor, &frames->cursor);
	pthread_mutex_unlock(&frames->lock);
}

static void beat(struct frames *frames) {
	uint64_t now = clock_now_ns();
	look_at_cursor(frames);
	bool flipped = peek_says_changed(frames);
	if (atomic_exchange(&frames->sprung, false) || flipped)
		pacer_spring(&frames->pacer, now);
	if (frames->retry_ns ? now >= frames->retry_ns || flipped : pacer_due(&frames->pacer, now)) {
		look(frames, now);
		frames->options.events.looked(frames->options.events.context);
	}
}

/* Whether the next beat comes from the vertical blank. */
static bool arm_vblank(struct frames *frames, uint64_t now) {
	struct source *source = frames->source;
	if (!source || source->event_fd < 0 || !source->impl->arm_vblank || frames->vblank_missing ||
		frames->retry_ns || !pacer_wants_vblank(&frames->pacer, now))
		return false;
	int error = source->impl->arm_vblank(source);
	frames->vblank_missing = error == -EOPNOTSUPP;
	return error == 0;
}

static void wait_for_beat(struct frames *frames, bool wanted) {
	struct source *source = frames->source;
	uint64_t now = clock_now_ns(), wait = UINT64_MAX;
	bool vblank = wanted && arm_vblank(frames, now);
	if (vblank)
		wait = 100 * millisecond; /* a driver that took the request and never answers it */
	else if (wanted && frames->retry_ns)
		wait = frames->retry_ns > now ? frames->retry_ns - now : 0;
	else if (wanted)
		wait = pacer_wait_ns(&frames->pacer, now, source && source->impl->peek);
	struct timespec timeout = {
		.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
	struct pollfd fds[] = {
		{.fd = frames->wake_fd, .events = POLLIN},
		{.fd = source ? source->event_fd : -1, .events = POLLIN},
	};
	if (ppoll(fds, 2, wait == UINT64_MAX ? NULL : &timeout, NULL) <= 0)
		return;
	uint64_t ignored;
	if (fds[0].revents && read(frames->wake_fd, &ignored, sizeof ignored) < 0)
		log_debug("the frame thread's wake-up: %s", strerror(errno));
	if (fds[1].revents)
		source->impl->read_events(source);
}

static void report_start(struct frames *frames, int error) {
	pthread_mutex_lock(&frames->lock);
	frames->started = true;
	frames->start_error = error;
	pthread_cond_signal(&frames->started_condition);
	pthread_mutex_unlock(&frames->lock);
}

/* The first look decides whether there is anything to serve. A dark output is; it may be lit any time. */
static bool start(struct frames *frames) {
	frames->path = path_create(frames->options.path);
	frames->notice_path = path_create(PATH_CPU);
	frames->notice = notice_create();
	int error = -ENOMEM;
	reason_set(&frames->start_reason, error, "out of memory");
	if (frames->path && frames->notice_path && frames->notice) {
		error = open_source(frames, &frames->why);
		frames->start_reason = frames->why;
		if (error == 0)
			error = look(frames, clock_now_ns());
	}
	if (error == -EAGAIN)
		error = 0;
	report_start(frames, error);
	return error == 0;
}

static void *run(void *argument) {
	pthread_setname_np(pthread_self(), "frames");
	struct frames *frames = argument;
	if (start(frames)) {
		while (!frames->quit) {
			bool wanted = frames->wanted;
			if (wanted)
				beat(frames);
			wait_for_beat(frames, wanted);
		}
	}
	source_destroy(frames->source);
	path_destroy(frames->path);
	path_destroy(frames->notice_path);
	notice_destroy(frames->notice);
	return NULL;
}

static int start_thread(struct frames *frames) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&frames->thread, NULL, run, frames);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void frames_free(struct frames *frames) {
	if (frames->wake_fd >= 0)
		close(frames->wake_fd);
	damage_finish(&frames->damage);
	damage_finish(&frames->retry_damage);
	pthread_cond_destroy(&frames->started_condition);
	pthread_mutex_destroy(&frames->lock);
	free(frames);
}

int frames_create(const struct frames_options *options, struct frames **result, struct reason *why,
	struct reason *reason) {
	struct frames *frames = calloc(1, sizeof *frames);
	if (!frames)
		return reason_set(reason, -ENOMEM, "out of memory");
	frames->options = *options;
	pthread_mutex_init(&frames->lock, NULL);
	pthread_cond_init(&frames->started_condition, NULL);
	damage_init(&frames->damage);
	damage_init(&frames->retry_damage);
	pacer_init(&frames->pacer, options->fps);
	frames->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = frames->wake_fd < 0 ? -errno : start_thread(frames);
	if (error < 0) {
		reason_set(reason, error, "cannot start the frame thread: %s", strerror(-error));
		frames_free(frames);
		return error;
	}
	pthread_mutex_lock(&frames->lock);
	while (!frames->started)
		pthread_cond_wait(&frames->started_condition, &frames->lock);
	error = frames->start_error;
	pthread_mutex_unlock(&frames->lock);
	if (error < 0) {
		*reason = frames->start_reason;
		frames_destroy(frames);
		return error;
	}
	*why = frames->why;
	*result = frames;
	return 0;
}

void frames_destroy(struct frames *frames) {
	if (!frames)
		return;
	frames->quit = true;
	wake(frames);
	pthread_join(frames->thread, NULL);
	frames_free(frames);
}

void frames_want(struct frames *frames, bool wanted) {
	if (atomic_exchange(&frames->wanted, wanted) != wanted && wanted)
		wake(frames);
}

void frames_spring(struct frames *frames) {
	if (!atomic_exchange(&frames->sprung, true))
		wake(frames);
}

void frames_report(struct frames *frames, struct frames_report *report) {
	pthread_mutex_lock(&frames->lock);
	*report = frames->report;
	report->capture.p50 = durations_percentile(&frames->capture_times, 50);
	report->capture.p95 = durations_percentile(&frames->capture_times, 95);
	report->convert.p50 = durations_percentile(&frames->convert_times, 50);
	report->convert.p95 = durations_percentile(&frames->convert_times, 95);
	path_report(frames->path, &report->path);
	pthread_mutex_unlock(&frames->lock);
}
