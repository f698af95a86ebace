/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/frames.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/base/thread.h"
#include "server/frames/frames_state.h"
#include "server/log.h"

static const uint64_t millisecond = 1000000;
static const uint64_t vblank_late_ns = 100 * 1000000ull; /* longer than a frame of the slowest display */
static const uint64_t cursor_slow_ns = 4 * 1000000ull, longest_cursor_pause_ns = 500 * 1000000ull;
/* Once it is stirred, the thread looks at every frame by itself for longer than this. */
static const uint64_t stir_wake_ns = 100 * 1000000ull;

static void wake(struct frames *frames) {
	uint64_t one = 1;
	ssize_t written = write(frames->wake_fd, &one, sizeof one);
	(void)written; /* the write fails only if wake_fd is readable already */
}

/* Reading the cursor may have waited for a client that holds the card's locks. If so, reading it at each beat
 * would cost pictures. */
static uint64_t next_cursor_look(uint64_t begin_ns, uint64_t end_ns) {
	uint64_t took = end_ns - begin_ns;
	if (took < cursor_slow_ns)
		return 0;
	return end_ns + (16 * took < longest_cursor_pause_ns ? 16 * took : longest_cursor_pause_ns);
}

/* A moved cursor causes no damage: viewers are told about it apart from the picture. */
static void look_at_cursor(struct frames *frames) {
	struct source *source = frames->source;
	struct cursor *cursor = &frames->looked_at;
	uint64_t now = clock_now_ns();
	if (now < frames->cursor_ns)
		return;
	if (!source || !source->impl->cursor || frames->retry_ns || source_cursor(source, cursor) < 0)
		cursor->visible = false;
	frames->cursor_ns = next_cursor_look(now, clock_now_ns());
	pthread_mutex_lock(&frames->lock);
	bool changed = cursor_differs(cursor, &frames->cursor);
	bool moved = changed && cursor_differs_in_place_only(cursor, &frames->cursor);
	if (changed)
		cursor_copy(&frames->cursor, cursor);
	pthread_mutex_unlock(&frames->lock);
	if (changed)
		frames->options.events.cursor_changed(frames->options.events.context, moved);
}

void frames_cursor(struct frames *frames, struct cursor *cursor) {
	pthread_mutex_lock(&frames->lock);
	cursor_copy(cursor, &frames->cursor);
	pthread_mutex_unlock(&frames->lock);
}

/* If a picture is due, it is read in any case, and that also tells whether the scanout flipped. A peek before
 * it would only be one more wait for a client that holds the card's locks. */
static void beat(struct frames *frames) {
	look_at_cursor(frames);
	uint64_t now = clock_now_ns();
	if (atomic_exchange(&frames->sprung, false))
		pacer_spring(&frames->pacer, now);
	if (atomic_exchange(&frames->stirred, false))
		pacer_stir(&frames->pacer, now);
	bool due = frames->retry_ns ? now >= frames->retry_ns : pacer_due(&frames->pacer, now);
	if (!due && frames_peek(frames)) {
		now = clock_now_ns(); /* the peek may have waited for the flip: this is the moment to read the
				       * new picture */
		pacer_spring(&frames->pacer, now);
		due = frames->retry_ns || pacer_due(&frames->pacer, now);
	}
	if (due) {
		frames_look(frames, now);
		frames->options.events.looked(frames->options.events.context);
	}
}

/* Returns whether the next beat comes from the vertical blank. */
static bool arm_vblank(struct frames *frames, uint64_t now) {
	struct source *source = frames->source;
	if (!source || source->event_fd < 0 || !source->impl->arm_vblank || frames->retry_ns ||
		!vblank_is_usable(&frames->vblank, now) || !pacer_wants_vblank(&frames->pacer, now))
		return false;
	int error = source->impl->arm_vblank(source);
	vblank_asked(&frames->vblank, error, now);
	return error == 0;
}

/* No viewer waits. Our mappings and images must not keep a compositor's buffers after it has exited, until
 * the next viewer comes. */
static void release(struct frames *frames) {
	path_release(frames->path);
	path_release(frames->notice_path);
	if (frames->source && frames->source->impl->release)
		frames->source->impl->release(frames->source);
}

/* Does `act` if its time has come. Returns how long it is until then; UINT64_MAX: nothing is left to do. */
static uint64_t do_at(
	struct frames *frames, uint64_t *when_ns, uint64_t now, void (*act)(struct frames *frames)) {
	if (*when_ns == 0)
		return UINT64_MAX;
	if (now < *when_ns)
		return *when_ns - now;
	*when_ns = 0;
	act(frames);
	return UINT64_MAX;
}

static uint64_t rest_later(struct frames *frames, uint64_t now) {
	uint64_t first = do_at(frames, &frames->release_ns, now, release);
	uint64_t second = do_at(frames, &frames->let_go_ns, now, frames_let_go);
	return first < second ? first : second;
}

static void rest_after(struct frames *frames, uint64_t now, unsigned let_go_ms) {
	frames->release_ns = now + FRAMES_RELEASE_MS * millisecond;
	frames->let_go_ns = now + let_go_ms * millisecond;
}

static void wait_for_beat(struct frames *frames, bool wanted) {
	struct source *source = frames->source;
	uint64_t now = clock_now_ns(), wait = UINT64_MAX;
	bool vblank = wanted && arm_vblank(frames, now);
	if (wanted)
		rest_after(frames, now, FRAMES_LET_GO_MS);
	else
		wait = rest_later(frames, now);
	if (vblank)
		wait = vblank_late_ns;
	else if (wanted && frames->retry_ns)
		wait = frames->retry_ns > now ? frames->retry_ns - now : 0;
	else if (wanted)
		wait = pacer_wait_ns(&frames->pacer, now, source && source->impl->peek);
	struct timespec timeout = {
		.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
	struct pollfd fds[] = {
		{.fd = frames->wake_fd, .events = POLLIN},
		{.fd = source ? source->event_fd : -1, .events = POLLIN},
		{.fd = card_watch_fd(frames->watch), .events = POLLIN},
	};
	frames->beat = frames->vblank.beat;
	frames->turn++;
	int ready = ppoll(fds, 3, wait == UINT64_MAX ? NULL : &timeout, NULL);
	frames->turn++;
	if (ready == 0 && vblank)
		vblank_missed(&frames->vblank, clock_now_ns());
	if (ready <= 0)
		return;
	uint64_t ignored;
	if (fds[0].revents && read(frames->wake_fd, &ignored, sizeof ignored) < 0)
		log_debug("the frame thread's wake-up: %s", strerror(errno));
	if (fds[1].revents && source->impl->read_events(source))
		vblank_came(&frames->vblank);
	if (fds[2].revents)
		frames->cards_changed |= card_watch_read(frames->watch);
}

/* A card that appears is opened at once, even if no viewer waits, so that `status` and the log report it. */
static void look_at_cards(struct frames *frames) {
	if (frames->cards_changed && !frames->source)
		frames_look(frames, clock_now_ns());
	frames->cards_changed = false;
}

/* While a viewer waits, the beats find out everything anyway. */
static void check(struct frames *frames, bool wanted) {
	uint64_t now = clock_now_ns();
	if (!wanted)
		frames_look_at_state(frames, now);
	if (!wanted && !frames->let_go_ns)
		rest_after(frames, now, FRAMES_RELEASE_MS);
	frames->options.events.checked(frames->options.events.context);
}

/* A viewer is about to join. Opening a card and its GPU takes longer than the handshake. */
static void prepare(struct frames *frames) {
	uint64_t now = clock_now_ns();
	frames_look(frames, now);
	pacer_init(&frames->pacer, frames->options.fps); /* so that the first request does not wait for its
							  * turn */
	rest_after(frames, now, FRAMES_LET_GO_MS);
}

static void report_start(struct frames *frames, int error) {
	pthread_mutex_lock(&frames->lock);
	frames->started = true;
	frames->start_error = error;
	pthread_cond_signal(&frames->started_condition);
	pthread_mutex_unlock(&frames->lock);
}

/* Nobody asked for a card by name, so any card that appears will do. */
static bool may_come(const struct source_options *options, int error) {
	return error == -ENODEV && options->kind == SOURCE_AUTO && !options->card && !options->output;
}

/* Whatever a display does or shows is served as a notice, and never ends the server, neither at the start nor
 * later. Only what the administrator has to change ends it: a card that was named and does not exist, or
 * framebuffers that we are not allowed to see. */
static int look_first(struct frames *frames) {
	int error = frames_open_source(frames, &frames->why);
	frames->start_reason = frames->why;
	if (error && !may_come(&frames->options.source, error))
		return error;
	error = frames_look(frames, clock_now_ns());
	return error == -EACCES || error == -ENOMEM ? error : 0;
}

static bool start(struct frames *frames) {
	frames->path = path_create(frames->options.path);
	frames->notice_path = path_create(PATH_CPU);
	frames->notice = notice_create();
	if (frames->options.source.kind != SOURCE_PATTERN)
		frames->watch = card_watch_create();
	int error = -ENOMEM;
	reason_set(&frames->start_reason, error, "out of memory");
	if (frames->path && frames->notice_path && frames->notice)
		error = look_first(frames);
	report_start(frames, error);
	return error == 0;
}

static void *run(void *argument) {
	pthread_setname_np(pthread_self(), "frames");
	struct frames *frames = argument;
	if (start(frames)) {
		rest_after(frames, clock_now_ns(), FRAMES_LET_GO_MS);
		frames->turn = 1;
		while (!frames->quit) {
			bool wanted = frames->wanted, asked = atomic_exchange(&frames->asked, false);
			look_at_cards(frames);
			if (wanted)
				beat(frames);
			else if (frames->let_go && atomic_exchange(&frames->sprung, false))
				prepare(frames);
			if (asked)
				check(frames, wanted);
			wait_for_beat(frames, wanted);
		}
	}
	card_watch_destroy(frames->watch);
	source_destroy(frames->source);
	path_destroy(frames->path);
	path_destroy(frames->notice_path);
	notice_destroy(frames->notice);
	return NULL;
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
	vblank_init(&frames->vblank);
	frames->beat = frames->vblank.beat;
	frames->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = frames->wake_fd < 0 ? -errno : thread_start(&frames->thread, NULL, run, frames);
	if (error) {
		reason_set(reason, error, "cannot start the frame thread: %s", strerror(-error));
		frames_free(frames);
		return error;
	}
	pthread_mutex_lock(&frames->lock);
	while (!frames->started)
		pthread_cond_wait(&frames->started_condition, &frames->lock);
	error = frames->start_error;
	pthread_mutex_unlock(&frames->lock);
	if (error) {
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

bool frames_alive(struct frames *frames) {
	unsigned turn = frames->turn;
	bool stuck = turn % 2 && turn == frames->turn_seen;
	frames->turn_seen = turn;
	return !stuck;
}

void frames_want(struct frames *frames, bool wanted) {
	if (atomic_exchange(&frames->wanted, wanted) != wanted && wanted)
		wake(frames);
}

void frames_check(struct frames *frames) {
	if (!atomic_exchange(&frames->asked, true))
		wake(frames);
}

void frames_spring(struct frames *frames) {
	if (!atomic_exchange(&frames->sprung, true))
		wake(frames);
}

void frames_stir(struct frames *frames) {
	if (atomic_exchange(&frames->stirred, true))
		return; /* the thread will see it soon anyway */
	uint64_t now = clock_now_ns();
	if (now < frames->stir_woke_ns + stir_wake_ns)
		return;
	frames->stir_woke_ns = now;
	wake(frames);
}

void frames_report(struct frames *frames, struct frames_report *report) {
	pthread_mutex_lock(&frames->lock);
	*report = frames->report;
	report->state_age_ms = (double)(clock_now_ns() - frames->state_ns) / 1e6;
	report->capture.p50 = durations_percentile(&frames->capture_times, 50);
	report->capture.p95 = durations_percentile(&frames->capture_times, 95);
	report->convert.p50 = durations_percentile(&frames->convert_times, 50);
	report->convert.p95 = durations_percentile(&frames->convert_times, 95);
	report->copy.p50 = durations_percentile(&frames->copy_times, 50);
	report->copy.p95 = durations_percentile(&frames->copy_times, 95);
	path_report(frames->path, &report->path);
	report->beat = frames->beat;
	pthread_mutex_unlock(&frames->lock);
}
