/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame thread with the pattern as its source: what it publishes must be a frame of the pattern, exact
 * and untorn. */
#include "server/frames/frames.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/pattern.h"
#include "tests/test.h"

enum { WIDTH = 640, HEIGHT = 360 };

struct seen {
	_Atomic unsigned published, looked, checked;
	_Atomic bool hang; /* in the next look, until it is set to false */
	_Atomic unsigned hanging;
	_Atomic unsigned missing; /* how often something was missing, minus how often nothing was */
};

/* The pictures of this store are looked at as they come; NULL: none. */
static struct picture_store *watched;
static uint32_t wrong_pixel; /* none of them may have it */
static const struct rect exposed = {0, 0, 16, 16};

static void watch(void) {
	const struct picture *picture = picture_store_acquire(watched);
	CHECK(picture && *(const uint32_t *)picture->pixels != wrong_pixel);
	CHECK(!picture_exposure(picture, &exposed));
	picture_store_release(watched, picture);
}

/* --- a camera that takes everything --- */

static _Atomic unsigned taken;

static bool can_take(const struct camera *camera, const struct frame *frame, struct rect part) {
	(void)camera;
	(void)frame;
	(void)part;
	return true;
}

static struct exposure *take(struct camera *camera, const struct frame *frame, struct rect part) {
	struct exposure *exposure = calloc(1, sizeof *exposure);
	(void)frame;
	(void)part;
	CHECK(exposure);
	*exposure = (struct exposure){camera_use(camera), 1};
	taken++;
	return exposure;
}

static void destroy_exposure(struct exposure *exposure) {
	free(exposure);
}

static void destroy_camera(struct camera *camera) {
	(void)camera;
}

static const struct camera_impl camera_impl = {can_take, take, destroy_exposure, destroy_camera};
static struct camera camera = {&camera_impl, 1};

/* --- what is told --- */

static void on_published(void *context) {
	if (watched)
		watch();
	((struct seen *)context)->published++;
}

static void on_cursor_changed(void *context, bool moved) {
	(void)context;
	(void)moved;
}

static void on_missing_changed(void *context, const char *missing) {
	((struct seen *)context)->missing += missing ? 1u : -1u;
}

static void on_looked(void *context) {
	struct seen *seen = context;
	seen->looked++;
	for (; seen->hang; usleep(1000))
		seen->hanging = 1;
}

static void on_checked(void *context) {
	((struct seen *)context)->checked++;
}

static struct frames *start_source(
	struct picture_store *store, struct seen *seen, const struct source_options *source) {
	struct frames_options options = {
		.source = *source,
		.path = PATH_CPU,
		.fps = 120,
		.store = store,
		.events = {.context = seen,
			.published = on_published,
			.cursor_changed = on_cursor_changed,
			.missing_changed = on_missing_changed,
			.looked = on_looked,
			.checked = on_checked},
	};
	struct frames *frames;
	struct reason why, reason = {""};
	CHECK_SAY(frames_create(&options, &frames, &why, &reason) == 0, "%s", reason.text);
	CHECK(why.text[0]);
	return frames;
}

static struct frames *start(struct picture_store *store, struct seen *seen, const char *pattern) {
	return start_source(store, seen,
		&(struct source_options){
			.kind = SOURCE_PATTERN, .width = WIDTH, .height = HEIGHT, .pattern = pattern});
}

/* Waits until a counter has reached a number, for at most a minute. */
static bool reaches(_Atomic unsigned *counter, unsigned number) {
	for (int i = 0; i < 60000 && *counter < number; i++)
		usleep(1000);
	return *counter >= number;
}

static void check_picture(struct picture_store *store, struct pattern *pattern) {
	const struct picture *picture = picture_store_acquire(store);
	CHECK(picture && picture->width == WIDTH && picture->height == HEIGHT);
	int64_t frame = pattern_read_counter(
		(const uint32_t *)(const void *)picture->pixels, picture->stride / 4, WIDTH, HEIGHT);
	CHECK(frame >= 0);
	pattern_draw(pattern, (uint64_t)frame);
	const struct canvas *canvas = pattern_canvas(pattern);
	for (uint32_t y = 0; y < HEIGHT; y++)
		CHECK_SAY(memcmp(picture->pixels + (size_t)y * picture->stride,
				  canvas->pixels + (size_t)y * canvas->stride, WIDTH * 4) == 0,
			"row %u of frame %lld", y, (long long)frame);
	picture_store_release(store, picture);
}

/* At one picture a second, this many would take longer than they are waited for. */
static void takes_another_rate(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "full");
	frames_set_fps(frames, 1);
	frames_want(frames, true);
	usleep(2500000);
	unsigned slow = seen.published;
	CHECK_SAY(slow <= 6, "%u pictures", slow);
	frames_set_fps(frames, 240);
	CHECK(reaches(&seen.published, slow + 80));
	frames_destroy(frames);
	picture_store_destroy(store);
}

static void publishes_the_pattern(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "full");
	struct pattern *pattern;
	unsigned parts;
	CHECK(pattern_kind("full", &parts) && pattern_create(WIDTH, HEIGHT, parts, &pattern) == 0);
	CHECK(seen.published == 1); /* the first look happens anyway, so that there is a size */
	check_picture(store, pattern);
	usleep(100000);
	CHECK(seen.published == 1); /* no viewer waits: nothing happens */

	frames_want(frames, true);
	for (unsigned i = 2; i < 30; i++) {
		CHECK(reaches(&seen.published, i));
		check_picture(store, pattern);
	}
	frames_want(frames, false);
	usleep(50000);
	unsigned published = seen.published;
	usleep(200000);
	CHECK(seen.published == published);

	struct frames_report report;
	frames_report(frames, &report);
	CHECK(report.frames_changed == published && report.frames >= published);
	CHECK(report.width == WIDTH && report.height == HEIGHT && strcmp(report.source, "pattern") == 0);
	CHECK(strcmp(report.path.path, "cpu") == 0 && strcmp(report.import, "memory") == 0 &&
		report.state[0] == '\0');
	CHECK(report.tiles_changed > 60 && report.bytes_read_back > 0 &&
		report.convert.p95 >= report.convert.p50);
	frames_destroy(frames);
	pattern_destroy(pattern);
	picture_store_destroy(store);
}

static void a_still_screen_is_published_once(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "still");
	frames_want(frames, true);
	CHECK(reaches(&seen.looked, 5));
	CHECK(seen.published == 1);
	struct frames_report report;
	frames_report(frames, &report);
	CHECK(report.frames >= 5 && report.frames_changed == 1 && report.tiles_changed == 60);
	frames_destroy(frames);
	picture_store_destroy(store);
}

/* A thread at rest is alive, and is not woken to prove it. A working thread is alive. One that hangs in a
 * driver is not, until it comes back. */
static void is_known_to_be_alive(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "full");
	CHECK(frames_alive(frames) && frames_alive(frames));
	frames_want(frames, true);
	for (int i = 0; i < 10; i++) {
		CHECK(reaches(&seen.looked, seen.looked + 2)); /* the next one may be in the same turn */
		CHECK(frames_alive(frames));
	}
	seen.hang = true;
	CHECK(reaches(&seen.hanging, 1));
	frames_alive(frames);
	for (int i = 0; i < 3; i++)
		CHECK(!frames_alive(frames));
	seen.hang = false;
	frames_want(frames, false);
	for (int i = 0; i < 60000 && !frames_alive(frames); i++)
		usleep(1000);
	CHECK(frames_alive(frames));
	usleep(50000); /* it may have been in one more look */
	unsigned looked = seen.looked;
	for (int i = 0; i < 100; i++)
		CHECK(frames_alive(frames));
	CHECK(seen.looked == looked);
	frames_destroy(frames);
	picture_store_destroy(store);
}

/* --wrap=path_release: counts the call, then does it. */
static _Atomic unsigned released;
void __real_path_release(struct path *path);
void __wrap_path_release(struct path *path);
void __wrap_path_release(struct path *path) {
	released++;
	__real_path_release(path);
}

static void gives_buffers_back_once_while_nobody_waits(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "full");
	released = 0;
	frames_want(frames, true);
	CHECK(reaches(&seen.looked, 3));
	frames_want(frames, false);
	CHECK(reaches(&released, 2)); /* the path of the scanout and that of the notices */
	frames_spring(frames);        /* this wakes the thread, though still no viewer waits */
	usleep(100000);
	CHECK(released == 2);
	unsigned looked = seen.looked;
	frames_want(frames, true);
	CHECK(reaches(&seen.looked, looked + 3) && released == 2);
	frames_destroy(frames);
	picture_store_destroy(store);
}

/* --wrap=path_let_go: counts the call, then does it. */
static _Atomic unsigned paths_let_go;
void __real_path_let_go(struct path *path);
void __wrap_path_let_go(struct path *path);
void __wrap_path_let_go(struct path *path) {
	paths_let_go++;
	__real_path_let_go(path);
}

/* --- a card that is pulled --- */

static _Atomic unsigned opened[SOURCE_PATTERN + 1];       /* how often a source of each kind was opened */
static _Atomic bool card_is_there, card_stays, only_card; /* false: the card is there for one look only */
static _Atomic int card_error;                            /* the error of reading the card; 0: none */
static int silent_fd = -1; /* an fd by which the events of a card would come; none ever do */
static int vblank_answer;  /* the card's result when a vertical blank is requested; none ever comes */
static _Atomic unsigned vblank_asks;
static _Atomic uint32_t card_size = 16;
static _Atomic bool abandoned; /* nobody uses the card any more, when it cannot be read */
static _Atomic bool replaced;  /* another card has taken its place, until it is opened */
static _Atomic unsigned cards_let_go;
static _Atomic bool moving_is_there = true;
static uint32_t card_pixels[24 * 24];
static int writer_fd = -1; /* stands for a dma-buf: it becomes readable once its writer is done */

static int card_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)flags;
	if (!card_is_there || replaced)
		return reason_set(reason, -ENODEV, "the card was removed");
	source->abandoned = card_error && abandoned;
	if (card_error)
		return reason_set(reason, card_error, "it is rotated");
	frame_set_memory(frame, card_size, card_size, card_pixels, 24 * 4, 1);
	card_is_there = card_stays || writer_fd >= 0;
	if (writer_fd >= 0)
		frame->layers[0].planes[0].fd = dup(writer_fd);
	return 0;
}

static _Atomic bool card_flips; /* whatever was read of it, it shows something else already */

static bool card_is_current(struct source *source, const struct frame *frame) {
	(void)source;
	(void)frame;
	return !card_flips;
}

static int moving_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	(void)flags;
	card_pixels[0]++;
	if (!moving_is_there)
		return reason_set(reason, -EAGAIN, "it is dark");
	source->shortfall = (struct shortfall){"plane 7", "a video"};
	frame_set_memory(frame, 16, 16, card_pixels, 16 * 4, 1);
	return 0;
}

static int moving_arm(struct source *source) {
	(void)source;
	vblank_asks++;
	return vblank_answer;
}

static bool moving_read_events(struct source *source) {
	(void)source;
	return false;
}

/* What imported the card's buffers must have closed it before. */
static void card_let_go(struct source *source) {
	(void)source;
	cards_let_go++;
	CHECK(paths_let_go == cards_let_go);
}

static void card_destroy(struct source *source) {
	(void)source;
}

/* --wrap=source_open: opens the test's card if a card is wanted, otherwise the real source. */
int __real_source_open(const struct source_options *options, struct source **source, struct reason *why);
int __wrap_source_open(const struct source_options *options, struct source **source, struct reason *why);
int __wrap_source_open(const struct source_options *options, struct source **source, struct reason *why) {
	static const struct source_impl impl = {.name = "kms",
		.acquire = card_acquire,
		.is_current = card_is_current,
		.let_go = card_let_go,
		.destroy = card_destroy};
	static const struct source_impl moving = {.name = "kms",
		.acquire = moving_acquire,
		.arm_vblank = moving_arm,
		.read_events = moving_read_events,
		.destroy = card_destroy};
	static struct source card = {.output = "card", .card_node = "/dev/dri/card99"};
	card.impl = silent_fd < 0 ? &impl : &moving;
	card.event_fd = silent_fd;
	opened[options->kind]++;
	if (!only_card)
		return __real_source_open(options, source, why);
	if (!card_is_there)
		return reason_set(why, -ENODEV, "there is no card");
	*source = &card;
	replaced = false;
	return reason_set(why, 0, "the only card");
}

/* Nothing else is shown in the place of a lost card: it may come back. */
static void waits_for_a_lost_card(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_is_there = only_card = true;
	opened[SOURCE_AUTO] = 0;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_AUTO});
	frames_want(frames, true);
	CHECK(reaches(&opened[SOURCE_AUTO], 2));
	unsigned looked = seen.looked;
	CHECK(reaches(&seen.looked, looked + 1));
	frames_report(frames, &report);
	CHECK_SAY(report.source[0] == '\0' && strstr(report.state, "no card"), "%s", report.state);
	frames_destroy(frames);
	picture_store_destroy(store);
	only_card = false;
}

static void fill_card(uint32_t pixel) {
	for (size_t i = 0; i < ARRAY_LEN(card_pixels); i++)
		card_pixels[i] = pixel;
}

/* The card goes while it is read: what was read or exposed may be anything, so no viewer sees it. */
static void shows_nothing_of_a_card_that_goes(void) {
	struct picture_store *store = picture_store_create();
	const struct exposures_wanted wanted = {{{exposed, &camera}}, 1};
	struct seen seen = {0};
	struct frames_report report = {0};
	card_is_there = only_card = card_stays = true;
	fill_card(0xffffff);
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_KMS});
	frames_want(frames, true);
	CHECK(reaches(&seen.published, 1));
	frames_want(frames, false);
	unsigned looked = seen.looked;
	CHECK(reaches(&seen.looked, looked));
	wrong_pixel = 0xff00ff;
	watched = store;
	card_flips = true;
	card_stays = false; /* one more look, and no other */
	fill_card(wrong_pixel);
	taken = 0;
	picture_store_want_exposures(store, &wanted);
	frames_want(frames, true);
	for (int i = 0; i < 60000 && !report.state[0]; i++, usleep(1000))
		frames_report(frames, &report);
	CHECK_SAY(strstr(report.state, "removed") || strstr(report.state, "no card"), "%s", report.state);
	CHECK(taken == 1);
	frames_destroy(frames);
	watched = NULL;
	card_flips = only_card = false;
	picture_store_destroy(store);
}

static void check_state(
	struct frames *frames, struct seen *seen, const char *words, struct frames_report *report) {
	unsigned checked = seen->checked;
	frames_check(frames);
	CHECK(reaches(&seen->checked, checked + 1));
	frames_report(frames, report);
	CHECK_SAY(words[0] ? strstr(report->state, words) != NULL : !report->state[0], "\"%s\" in \"%s\"",
		words, report->state);
}

/* While no viewer waits, no picture is read. The state of the display is reported all the same. */
static void tells_the_state_unwatched(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_is_there = card_stays = only_card = true;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_AUTO});
	check_state(frames, &seen, "", &report);
	uint64_t read = report.frames;
	unsigned published = seen.published;
	CHECK(read == 1 && report.width == 16);
	card_size = 24;
	check_state(frames, &seen, "", &report);
	CHECK(report.width == 24 && report.height == 24 && seen.published == published);
	card_error = -EAGAIN;
	for (int i = 0; i < 3; i++)
		check_state(frames, &seen, "rotated", &report);
	CHECK_SAY(seen.published == published + 1, "%u", seen.published); /* only the notice, once */
	CHECK(frames_darkness(frames) == 1);
	card_error = 0;
	check_state(frames, &seen, "", &report);
	CHECK(frames_darkness(frames) == 0 && report.frames == read);
	card_is_there = false;
	check_state(frames, &seen, "removed", &report);
	check_state(frames, &seen, "no card", &report);
	CHECK(!report.output[0]);
	card_is_there = true;
	check_state(frames, &seen, "", &report);
	CHECK(strcmp(report.output, "card") == 0 && seen.looked == 0);
	usleep(50000);
	CHECK(seen.checked == 9); /* nobody asked: nothing happens */
	frames_destroy(frames);
	picture_store_destroy(store);
	card_stays = only_card = false;
	card_size = 16;
}

/* The card is closed for the kernel in two cases: everybody else has left it, or the last look was only for
 * the status. It is opened again for a viewer that joins, before that viewer asks for anything. */
static void lets_the_card_go(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_is_there = card_stays = only_card = abandoned = true;
	paths_let_go = cards_let_go = 0;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_AUTO});
	check_state(frames, &seen, "", &report);
	CHECK(cards_let_go == 0);
	card_error = -EAGAIN;
	check_state(frames, &seen, "rotated", &report);
	CHECK(reaches(&cards_let_go, 1));
	replaced = true;
	card_error = 0;
	check_state(frames, &seen, "", &report);
	replaced = true;
	check_state(frames, &seen, "removed", &report); /* this happened while the card was open */
	check_state(frames, &seen, "", &report);
	card_error = -EAGAIN;
	frames_want(frames, true);
	CHECK(reaches(&cards_let_go, 2));
	card_error = 0;
	CHECK(reaches(&seen.looked, seen.looked + 3));
	frames_want(frames, false);
	abandoned = false;
	CHECK(reaches(&cards_let_go, 3));
	uint64_t published = seen.published;
	card_size = 20;
	frames_spring(frames);
	CHECK(reaches(&seen.published, (unsigned)published + 1));
	frames_report(frames, &report);
	CHECK(report.width == 20 && cards_let_go == 3);
	frames_destroy(frames);
	picture_store_destroy(store);
	card_stays = only_card = false;
	card_size = 16;
}

/* A scanout that could not be converted counts as readable only after it was converted. */
static void tells_what_cannot_be_read_unwatched(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_is_there = only_card = true;
	writer_fd = eventfd(0, EFD_CLOEXEC);
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_KMS});
	check_state(frames, &seen, "writer", &report);
	CHECK(eventfd_write(writer_fd, 1) == 0);
	check_state(frames, &seen, "", &report);
	CHECK(report.frames == 1);
	frames_destroy(frames);
	picture_store_destroy(store);
	close(writer_fd);
	writer_fd = -1;
	only_card = false;
}

/* The server may be started before the driver is loaded. */
static void waits_for_the_first_card(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_stays = true;
	card_is_there = false;
	only_card = true;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_AUTO});
	frames_report(frames, &report);
	CHECK_SAY(strstr(report.state, "no card") && !report.source[0], "%s", report.state);
	CHECK(picture_store_generation(store, NULL, NULL) > 0); /* a notice was published */
	card_is_there = true;
	frames_want(frames, true);
	for (int i = 0; i < 60000 && strcmp(report.output, "card") != 0; i++, usleep(1000))
		frames_report(frames, &report);
	CHECK(strcmp(report.output, "card") == 0);
	frames_destroy(frames);
	picture_store_destroy(store);
	card_stays = only_card = false;
}

/* Whatever a display shows, it does not end the server, no matter when that was started. */
static void serves_a_notice_from_the_start(int error) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_stays = true;
	card_is_there = only_card = true;
	card_error = error;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_KMS});
	frames_report(frames, &report);
	CHECK_SAY(strstr(report.state, "rotated"), "%s", report.state);
	card_error = 0;
	frames_want(frames, true);
	for (int i = 0; i < 60000 && report.state[0]; i++, usleep(1000))
		frames_report(frames, &report);
	CHECK(!report.state[0] && report.width == 16);
	frames_destroy(frames);
	picture_store_destroy(store);
	card_stays = only_card = false;
}

/* The program that paints hangs from the start: the card itself is as good as before. */
static void waits_for_a_late_writer(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames_report report;
	card_is_there = only_card = true;
	writer_fd = eventfd(0, EFD_CLOEXEC);
	opened[SOURCE_KMS] = 0;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_KMS});
	frames_want(frames, true);
	CHECK(reaches(&seen.looked, 2));
	frames_report(frames, &report);
	CHECK_SAY(strstr(report.state, "writer") && strcmp(report.output, "card") == 0, "%s", report.state);
	CHECK(eventfd_write(writer_fd, 1) == 0);
	CHECK(reaches(&seen.looked, seen.looked + 2));
	frames_report(frames, &report);
	CHECK_SAY(report.state[0] == '\0' && report.width == 16, "%s", report.state);
	CHECK(opened[SOURCE_KMS] == 1);
	frames_destroy(frames);
	picture_store_destroy(store);
	close(writer_fd);
	writer_fd = -1;
	only_card = false;
}

/* The timer gives the beat while vertical blanks do not come or are refused. They are not requested at each
 * beat. */
static void does_without_vertical_blanks(int answer) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	card_is_there = only_card = true;
	silent_fd = eventfd(0, EFD_CLOEXEC);
	vblank_answer = answer;
	vblank_asks = 0;
	struct frames *frames = start_source(store, &seen, &(struct source_options){.kind = SOURCE_KMS});
	frames_want(frames, true);
	CHECK(reaches(&seen.published, 100));
	struct frames_report report;
	frames_report(frames, &report);
	CHECK(strcmp(report.shortfall, "plane 7") == 0 && seen.missing == 1);
	moving_is_there = false; /* a notice lacks nothing */
	for (int i = 0; i < 60000 && seen.missing; i++)
		usleep(1000);
	CHECK(seen.missing == 0);
	moving_is_there = true;
	CHECK(reaches(&seen.missing, 1));
	CHECK_SAY(strstr(report.beat, answer ? "refused" : "did not come"), "%s", report.beat);
	CHECK_SAY(vblank_asks >= 1 && vblank_asks <= 10, "answer %d: asked %u times", answer, vblank_asks);
	frames_destroy(frames);
	picture_store_destroy(store);
	close(silent_fd);
	silent_fd = -1;
	only_card = false;
}

/* What was named, or what somebody has to permit, does not come by itself: the server does not start. */
static void says_why_it_cannot(void) {
	static const struct source_options sources[] = {{.kind = SOURCE_KMS, .card = "/dev/dri/card99"},
		{.kind = SOURCE_AUTO, .card = "/dev/dri/card99"}, {.kind = SOURCE_AUTO, .output = "DP-7"},
		{.kind = SOURCE_KMS}};
	struct picture_store *store = picture_store_create();
	struct frames *frames;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct frames_options options = {.source = sources[i], .fps = 60, .store = store};
		struct reason why, reason = {""};
		only_card = !sources[i].card;
		card_is_there = false;
		CHECK(frames_create(&options, &frames, &why, &reason) < 0);
		CHECK_SAY(strstr(reason.text, sources[i].card ? "card99" : "no card"), "'%s'", reason.text);
	}
	struct seen seen = {0};
	struct frames_options options = {.source = {.kind = SOURCE_KMS},
		.fps = 60,
		.store = store,
		.events = {&seen, on_published, on_cursor_changed, on_missing_changed, on_looked}};
	struct reason why, reason = {""};
	card_is_there = true;
	card_error = -EACCES;
	CHECK(frames_create(&options, &frames, &why, &reason) == -EACCES && strstr(reason.text, "rotated"));
	card_error = 0;
	only_card = false;
	picture_store_destroy(store);
}

int main(void) {
	publishes_the_pattern();
	takes_another_rate();
	a_still_screen_is_published_once();
	is_known_to_be_alive();
	gives_buffers_back_once_while_nobody_waits();
	waits_for_a_lost_card();
	shows_nothing_of_a_card_that_goes();
	waits_for_the_first_card();
	serves_a_notice_from_the_start(-ENOTSUP);
	serves_a_notice_from_the_start(-EPROTO);
	serves_a_notice_from_the_start(-EAGAIN);
	waits_for_a_late_writer();
	tells_the_state_unwatched();
	tells_what_cannot_be_read_unwatched();
	lets_the_card_go();
	does_without_vertical_blanks(0);
	does_without_vertical_blanks(-EINVAL);
	says_why_it_cannot();
	return 0;
}
