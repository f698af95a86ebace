/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/frames.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
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
/* Once it is stirred, the thread looks at every frame by itself for longer than this. */
static const uint64_t stir_wake_ns = 100 * 1000000ull;

static void wake(struct frames *frames) {
	uint64_t one = 1;
	ssize_t written = write(frames->wake_fd, &one, sizeof one);
	(void)written; /* the write fails only if wake_fd is readable already */
}

/* If a picture is due, it is read in any case, and that also tells whether the scanout flipped. A peek before
 * it would only be one more wait for a client that holds the card's locks. Returns whether it is due. */
static bool beat_of(struct view *view, bool sprung, bool stirred) {
	uint64_t now = clock_now_ns();
	if (sprung)
		pacer_spring(&view->pacer, now);
	if (stirred)
		pacer_stir(&view->pacer, now);
	if (view->beat_ns > now)
		return false; /* another view's beat */
	bool due = view->retry_ns ? now >= view->retry_ns : pacer_due(&view->pacer, now);
	if (!due && view_peek(view)) {
		now = clock_now_ns(); /* the peek may have waited for the flip: this is the moment to read the
				       * new picture */
		pacer_spring(&view->pacer, now);
		due = view->retry_ns || pacer_due(&view->pacer, now);
	}
	return due;
}

static void beat(struct frames *frames) {
	bool sprung = atomic_exchange(&frames->sprung, false),
	     stirred = atomic_exchange(&frames->stirred, false);
	bool any = desktop_follow(&frames->desktop, clock_now_ns()), cursor = false;
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (view->beat_ns <= clock_now_ns())
			cursor |= view_look_at_cursor(view);
		view->due = beat_of(view, sprung, stirred);
		any |= view->due;
	}
	if (cursor)
		frames_cursor_note(frames);
	if (any) {
		frames_look(frames, clock_now_ns());
		frames->options.events.looked(frames->options.events.context);
	}
}

/* No viewer waits. Our mappings and images must not keep a compositor's buffers after it has exited, until
 * the next viewer comes. */
static void release(struct frames *frames) {
	path_release(frames->notice_path);
	for (size_t i = 0; i < frames->desktop.count; i++)
		view_release(frames->desktop.views[i]);
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

/* Asks for the next beat of each view. Returns how long it is until the first of those that a timer gives. */
static uint64_t plan_beats(struct frames *frames, uint64_t now) {
	uint64_t wait = desktop_wait_ns(&frames->desktop, now);
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (view->beat_ns <= now) { /* otherwise it is on its way, while another view had its beat */
			view_arm(view, now);
			view->beat_ns = now + (view->armed ? vblank_late_ns : view_wait_ns(view, now));
		}
		uint64_t own = view->beat_ns > now ? view->beat_ns - now : 0;
		wait = own < wait ? own : wait;
	}
	return wait;
}

/* Something else than a beat woke the thread: each view has its beat now. */
static void beat_now(struct frames *frames) {
	for (size_t i = 0; i < frames->desktop.count; i++)
		frames->desktop.views[i]->beat_ns = 0;
}

/* What came while the thread waited. `fds` are those of wait_for_beat(). */
static void read_events(struct frames *frames, const struct pollfd *fds) {
	uint64_t ignored;
	if (fds[0].revents && read(frames->wake_fd, &ignored, sizeof ignored) < 0)
		log_debug("the frame thread's wake-up: %s", strerror(errno));
	if (fds[0].revents)
		beat_now(frames);
	if (fds[1].revents)
		frames->cards_changed |= card_watch_read(frames->watch);
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (!fds[2 + i].revents || !view->source->impl->read_events(view->source))
			continue;
		view_disarm(view, true, 0);
		view->beat_ns = 0;
	}
}

static void note_missed(struct frames *frames) {
	uint64_t now = clock_now_ns();
	for (size_t i = 0; i < frames->desktop.count; i++) {
		struct view *view = frames->desktop.views[i];
		if (view->armed && view->beat_ns <= now)
			view_disarm(view, false, now);
	}
}

static void wait_for_beat(struct frames *frames, bool wanted) {
	const struct desktop *desktop = &frames->desktop;
	uint64_t now = clock_now_ns();
	uint64_t wait = wanted ? plan_beats(frames, now) : rest_later(frames, now);
	if (wanted)
		rest_after(frames, now, FRAMES_LET_GO_MS);
	struct timespec timeout = {
		.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
	struct pollfd fds[2 + HEADS_MAX] = {
		{.fd = frames->wake_fd, .events = POLLIN},
		{.fd = card_watch_fd(frames->watch), .events = POLLIN},
	};
	for (size_t i = 0; i < desktop->count; i++) {
		const struct source *source = desktop->views[i]->source;
		fds[2 + i] = (struct pollfd){.fd = source ? source->event_fd : -1, .events = POLLIN};
	}
	frames->beat = desktop->views[0]->vblank.beat;
	frames->turn++;
	int ready = ppoll(fds, (nfds_t)(2 + desktop->count), wait == UINT64_MAX ? NULL : &timeout, NULL);
	frames->turn++;
	if (ready > 0)
		read_events(frames, fds);
	if (!wanted)
		beat_now(frames);
	note_missed(frames);
}

/* A card that appears is opened at once, even if no viewer waits, so that `status` and the log report it. The
 * kernel tells of cards and monitors that come and go. */
static void look_at_cards(struct frames *frames) {
	struct desktop *desktop = &frames->desktop;
	if (!frames->cards_changed)
		return;
	frames->cards_changed = false;
	bool any = desktop_follow(desktop, 0);
	for (size_t i = 0; i < desktop->count; i++) {
		desktop->views[i]->due = !desktop->views[i]->source || desktop->views[i]->retry_ns;
		any |= !desktop->views[i]->source || (frames->wanted && desktop->views[i]->retry_ns);
	}
	if (any)
		frames_look(frames, clock_now_ns());
}

static void tell_checked(struct frames *frames) {
	frames_report_state(frames);
	frames->options.events.checked(frames->options.events.context);
}

/* While a viewer waits, the beats find out everything anyway. */
static void check(struct frames *frames, bool wanted) {
	uint64_t now = clock_now_ns();
	if (!wanted)
		frames_look_at_state(frames, now);
	if (!wanted && !frames->let_go_ns)
		rest_after(frames, now, FRAMES_RELEASE_MS);
	tell_checked(frames);
}

/* Shows other outputs if frames_switch() asked for it. */
static void switch_outputs(struct frames *frames) {
	char outputs[FRAMES_SWITCH_SIZE];
	struct reason reason = {""};
	pthread_mutex_lock(&frames->lock);
	memcpy(outputs, frames->switch_to, sizeof outputs);
	frames->switch_to[0] = '\0';
	pthread_mutex_unlock(&frames->lock);
	if (!outputs[0])
		return;
	int error = desktop_switch(&frames->desktop, outputs, &reason);
	if (!error) {
		frames_look_at_all(frames, clock_now_ns());
	}
	pthread_mutex_lock(&frames->lock);
	if (!frames->switch_to[0]) { /* otherwise somebody has asked for others meanwhile */
		frames->switch_error = error;
		frames->switch_reason = reason;
	}
	pthread_mutex_unlock(&frames->lock);
	tell_checked(frames);
}

static void change_rate(struct frames *frames) {
	unsigned fps = frames->fps;
	if (fps != frames->desktop.fps)
		desktop_set_fps(&frames->desktop, fps);
}

/* A viewer is about to join. Opening a card and its GPU takes longer than the handshake. */
static void prepare(struct frames *frames) {
	uint64_t now = clock_now_ns();
	frames_look_at_all(frames, now);
	for (size_t i = 0; i < frames->desktop.count; i++) /* so that the first request does not wait for its
							    * turn */
		pacer_init(&frames->desktop.views[i]->pacer, frames->desktop.fps);
	rest_after(frames, now, FRAMES_LET_GO_MS);
}

static void report_start(struct frames *frames, int error) {
	pthread_mutex_lock(&frames->lock);
	frames->started = true;
	frames->start_error = error;
	pthread_cond_signal(&frames->started_condition);
	pthread_mutex_unlock(&frames->lock);
}

/* Nobody asked for a card by name, so any card that appears later will do. */
static bool any_card_will_do(const struct source_options *options, int error) {
	return error == -ENODEV && options->kind == SOURCE_AUTO && !options->card && !options->output;
}

/* The first error of the outputs that were looked at. Keeps its reason. */
static int first_error(struct frames *frames) {
	const struct desktop *desktop = &frames->desktop;
	for (size_t i = 0; i < desktop->count; i++) {
		const struct view *view = desktop->views[i];
		if (!view->due || !view->error)
			continue;
		frames->start_reason = view->reason;
		return view->error;
	}
	return 0;
}

/* Whatever a display does or shows is served as a notice, and never ends the server, neither at the start nor
 * later. Only what the administrator has to change ends it: a card that was named and does not exist, or
 * framebuffers that we are not allowed to see. */
static int look_first(struct frames *frames) {
	struct view *first = frames->desktop.views[0];
	int error = view_open(first, &frames->why);
	frames->start_reason = frames->why;
	if (error && !any_card_will_do(&first->options, error))
		return error;
	frames_look_at_all(frames, clock_now_ns());
	error = first_error(frames);
	return error == -EACCES || error == -ENOMEM ? error : 0;
}

static bool start(struct frames *frames) {
	frames->notice_path = path_create(PATH_CPU);
	if (frames->options.source.kind != SOURCE_PATTERN)
		frames->watch = card_watch_create();
	int error = -ENOMEM;
	reason_set(&frames->start_reason, error, "out of memory");
	if (frames->notice_path)
		error = desktop_create(&frames->desktop, &frames->options.source, frames->options.path,
			frames->options.fps, frames->watch != NULL, &frames->start_reason);
	if (!error)
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
			switch_outputs(frames);
			change_rate(frames);
			if (wanted)
				beat(frames);
			else if (picture_store_lacks_pixels(frames->options.store))
				frames_look_at_all(frames, clock_now_ns());
			else if (frames->let_go && atomic_exchange(&frames->sprung, false))
				prepare(frames);
			if (asked)
				check(frames, wanted);
			wait_for_beat(frames, wanted);
		}
	}
	card_watch_destroy(frames->watch);
	desktop_destroy(&frames->desktop);
	path_destroy(frames->notice_path);
	return NULL;
}

static void frames_free(struct frames *frames) {
	picture_store_on_wanted(frames->options.store, NULL, NULL);
	if (frames->wake_fd >= 0)
		close(frames->wake_fd);
	drawing_finish(&frames->drawing);
	pthread_cond_destroy(&frames->started_condition);
	pthread_mutex_destroy(&frames->lock);
	free(frames);
}

/* Somebody wants pixels that the picture lacks. */
static void on_wanted(void *context) {
	struct frames *frames = context;
	atomic_store(&frames->sprung, true);
	wake(frames);
}

int frames_create(const struct frames_options *options, struct frames **result, struct reason *why,
	struct reason *reason) {
	struct frames *frames = calloc(1, sizeof *frames);
	if (!frames)
		return reason_set(reason, -ENOMEM, "out of memory");
	frames->options = *options;
	frames->fps = options->fps;
	pthread_mutex_init(&frames->lock, NULL);
	pthread_cond_init(&frames->started_condition, NULL);
	drawing_init(&frames->drawing, options->store);
	picture_store_on_wanted(options->store, on_wanted, frames);
	frames->beat = "";
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

void frames_switch(struct frames *frames, const char *outputs) {
	pthread_mutex_lock(&frames->lock);
	snprintf(frames->switch_to, sizeof frames->switch_to, "%s", outputs);
	frames->switch_error = -EINPROGRESS;
	pthread_mutex_unlock(&frames->lock);
	wake(frames);
}

int frames_switched(struct frames *frames, struct reason *reason) {
	pthread_mutex_lock(&frames->lock);
	int error = frames->switch_error;
	*reason = frames->switch_reason;
	pthread_mutex_unlock(&frames->lock);
	return error;
}

void frames_set_fps(struct frames *frames, unsigned fps) {
	if (atomic_exchange(&frames->fps, fps) != fps)
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
