/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A video goes from the scanout through the GPU to a viewer without being read back: what the frame thread
 * does with exposures (exposing.h), the GPU path by a software renderer, our encoder, and libva with the
 * driver of the tests, which loses nothing. A viewer of the video must see it at every moment, and pixels
 * must be read as soon as somebody needs them. The screen is a memfd, which stands for a dma-buf; the GPU
 * path is given the same bytes as memory, since software renderers import none.
 */
#include <drm_fourcc.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/draw/canvas.h"
#include "encode/gl/gl.h"
#include "encode/h264/h264.h"
#include "encode/rfb/own.h"
#include "encode/rfb/protocol.h"
#include "encode/rfb/video_find.h"
#include "server/frames/exposing.h"
#include "tests/encode/rfb/film.h"
#include "tests/encode/rfb/watcher.h"
#include "tests/test.h"

enum { WIDTH = 640, HEIGHT = 512, FRAME_MS = 12, TYPICAL = 79 };

/* Of whole tiles, since only those are spared. */
static const struct rect film = {64, 64, 384, 256};

static struct {
	struct canvas canvas; /* what is drawn */
	uint8_t *memory;      /* what is scanned out */
	size_t size;
	uint32_t stride;
	struct frame memory_frame; /* the same as the GPU path reads it */
	struct converter *gpu;
	struct picture_store *store;
	struct drawing drawing;
	struct view view;
	struct desktop desktop;
	struct own *own;
	uint64_t read_back; /* bytes, by the last look */
	atomic_bool wanted; /* pixels that the picture lacks */
	bool fresh;
} machine;

static char log_path[] = "/tmp/zerovnc-va-log-XXXXXX";

static void on_wanted(void *context) {
	(void)context;
	machine.wanted = true;
}

/* --- the machine --- */

static void make_frames(void) {
	int fd = memfd_create("scanout", MFD_CLOEXEC);
	struct frame_layer *layer;
	machine.stride = WIDTH * 4;
	machine.size = (size_t)machine.stride * HEIGHT;
	CHECK(fd >= 0 && ftruncate(fd, (off_t)machine.size) == 0);
	machine.memory = mmap(NULL, machine.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(machine.memory != MAP_FAILED);
	frame_init(&machine.memory_frame);
	frame_set_memory(&machine.memory_frame, WIDTH, HEIGHT, (const uint32_t *)(const void *)machine.memory,
		machine.stride, 1);
	frame_init(&machine.view.frame);
	machine.view.frame.width = WIDTH;
	machine.view.frame.height = HEIGHT;
	layer = frame_add_layer(&machine.view.frame);
	*layer = machine.memory_frame.layers[0];
	layer->memory = NULL;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0] = (struct frame_plane){fd, 0, machine.stride};
}

static void begin(void) {
	const struct own_options options = {.refreshes = false};
	const struct own_events events = watcher_events();
	struct reason reason;
	if (gl_converter_create(NULL, NULL, &machine.gpu, &reason))
		SKIP("%s", reason.text);
	make_frames();
	machine.store = picture_store_create();
	CHECK(machine.store && canvas_init(&machine.canvas, WIDTH, HEIGHT) == 0);
	canvas_fill(&machine.canvas, (struct rect){0, 0, WIDTH, HEIGHT}, 0xe0e0d0);
	canvas_text(&machine.canvas, 4, 4, 1, 0x101010, "This stays exactly what it is.");
	picture_store_on_wanted(machine.store, on_wanted, NULL);
	drawing_init(&machine.drawing, machine.store);
	machine.view.due = true;
	machine.view.place = (struct rect){0, 0, WIDTH, HEIGHT};
	machine.desktop.views[0] = &machine.view;
	machine.desktop.count = 1;
	machine.fresh = true;
	CHECK((machine.own = own_create(machine.store, &options, &events)));
}

static void end(void) {
	own_destroy(machine.own);
	picture_store_destroy(machine.store);
	drawing_finish(&machine.drawing);
	converter_destroy(machine.gpu);
	frame_finish(&machine.view.frame);
	munmap(machine.memory, machine.size);
	canvas_finish(&machine.canvas);
}

/* One look of the frame thread. */
static void look(void) {
	struct converter_result result;
	struct reason reason;
	for (uint32_t y = 0; y < HEIGHT; y++)
		memcpy(machine.memory + (size_t)y * machine.stride,
			machine.canvas.pixels + (size_t)y * machine.canvas.stride, WIDTH * 4);
	CHECK(drawing_begin(&machine.drawing, WIDTH, HEIGHT) == 0);
	exposing_begin(&machine.drawing, &machine.desktop);
	const struct conversion conversion = {.frame = &machine.memory_frame,
		.picture = machine.drawing.picture,
		.fresh = machine.fresh,
		.damage = &machine.drawing.part,
		.result = &result,
		.reason = &reason};
	int error = machine.gpu->impl->convert(machine.gpu, &conversion);
	CHECK_SAY(!error, "%s", reason.text);
	machine.fresh = false;
	drawing_add_part(&machine.drawing);
	exposing_take(&machine.drawing, &machine.view);
	drawing_end(&machine.drawing);
	machine.read_back = result.bytes_read_back;
	own_published(machine.own);
}

static void show(unsigned number) {
	film_draw(&machine.canvas, film, number);
	look();
	usleep(FRAME_MS * 1000);
}

/* Until the viewer has its update. The frame thread looks again when it is told to. */
static unsigned serve(struct watcher *watcher) {
	unsigned looks = 0;
	uint64_t end_ns = clock_now_ns() + 60000000000u;
	watcher->updated = false;
	if (!watcher->encoder->open)
		watcher_request(watcher, true);
	while (!watcher->updated) {
		CHECK(clock_now_ns() < end_ns);
		watcher_run(watcher, 2);
		if (!watcher->updated && machine.wanted) {
			machine.wanted = false;
			look();
			looks++;
		}
	}
	return looks;
}

/* --- what a viewer sees --- */

/* The largest difference of a channel. */
static unsigned difference(const struct watcher *watcher, struct rect part) {
	unsigned largest = 0;
	for (uint32_t y = (uint32_t)part.y; y < (uint32_t)part.y + part.height; y++)
		for (uint32_t x = (uint32_t)part.x; x < (uint32_t)part.x + part.width; x++)
			for (unsigned shift = 0; shift < 24; shift += 8) {
				int seen = watcher->pixels[y * watcher->width + x] >> shift & 255,
				    shown = machine.canvas.pixels[y * machine.canvas.stride + x] >> shift &
					    255;
				unsigned much = (unsigned)abs(seen - shown);
				largest = much > largest ? much : largest;
			}
	return largest;
}

static bool is_exact(const struct watcher *watcher) {
	return !difference(watcher, (struct rect){0, 0, WIDTH, HEIGHT});
}

/* Of what is sent as video, chroma has half the resolution. */
static double error_of_film(const struct watcher *watcher) {
	double sum = 0;
	for (uint32_t y = (uint32_t)film.y; y < (uint32_t)film.y + film.height; y++)
		for (uint32_t x = (uint32_t)film.x; x < (uint32_t)film.x + film.width; x++)
			for (unsigned shift = 0; shift < 24; shift += 8) {
				double much =
					(double)(watcher->pixels[y * watcher->width + x] >> shift & 255) -
					(machine.canvas.pixels[y * machine.canvas.stride + x] >> shift & 255);
				sum += much * much;
			}
	return sqrt(sum / (3.0 * film.width * film.height));
}

static void check_seen(const struct watcher *watcher) {
	double error = error_of_film(watcher);
	CHECK_SAY(error < 6, "off by %.1f", error);
	CHECK(!difference(watcher, (struct rect){0, 0, WIDTH, (uint32_t)film.y}));
	CHECK(!difference(watcher,
		(struct rect){0, film.y + (int)film.height, WIDTH, HEIGHT - film.height - (uint32_t)film.y}));
}

static bool is_absent(void) {
	const struct picture *picture = picture_store_acquire(machine.store);
	bool absent = picture->absent_count > 0;
	CHECK(absent == !picture_has_pixels(picture, &film));
	picture_store_release(machine.store, picture);
	return absent;
}

static struct watcher *come(bool takes_video) {
	const struct own_wish wish = {
		.encoding = ENCODING_RAW, .format = format_native, .video = takes_video ? TYPICAL : 0};
	struct watcher *watcher = watcher_create(machine.own, &wish);
	watcher_request(watcher, false);
	serve(watcher);
	CHECK(is_exact(watcher));
	return watcher;
}

/* Plays until the film is not read back any more. */
static unsigned play_until_spared(struct watcher *watcher, unsigned number) {
	for (unsigned last = number + 2000; !is_absent(); number++) {
		CHECK_SAY(number < last, "nothing is spared");
		show(number);
		serve(watcher);
	}
	return number;
}

/* --- what is tried --- */

/* Plays until so many pictures in a row were sent without being read back. Where the machine is busy, the
 * video may stand still in between, and is read then. The viewer sees every picture in any case. */
static unsigned check_spared(struct watcher *watcher, unsigned number) {
	enum { ROW = 30 };
	unsigned row = 0;
	uint64_t read_back = 0;
	for (unsigned last = number + 2000; row < ROW; number++) {
		CHECK_SAY(number < last, "nothing is spared for long");
		unsigned frames = watcher->frames, raw = watcher->raw;
		show(number);
		uint64_t bytes = machine.read_back;
		bool looked = serve(watcher) > 0;
		check_seen(watcher);
		bool straight =
			!looked && is_absent() && watcher->frames == frames + 1 && watcher->raw == raw;
		row = straight ? row + 1 : 0;
		read_back = straight ? read_back + bytes : 0;
	}
	printf("%.0f bytes are read back for a picture of %u\n", (double)read_back / ROW,
		film.width * film.height * 4);
	CHECK(read_back / ROW < film.width * film.height / 64);
	return number;
}

/* What stands still is sent exactly, for which it is read. On a busy machine, this may have been done
 * already. */
static void check_still(struct watcher *watcher) {
	uint64_t end_ns = clock_now_ns() + 60000000000u;
	while (!is_exact(watcher)) {
		CHECK(clock_now_ns() < end_ns);
		look();
		serve(watcher);
	}
	look();
	CHECK(!is_absent());
}

/* A viewer that takes no video, or has just come, is shown all of one picture. Meanwhile nothing is spared.
 */
static unsigned check_others(struct watcher *watcher, unsigned number) {
	struct watcher *other = come(false);
	CHECK(!is_absent());
	for (unsigned n = 0; n < 60; n++) {
		show(number++);
		serve(watcher);
		serve(other);
		check_seen(watcher);
		CHECK(is_exact(other) && !other->frames);
	}
	watcher_destroy(other);
	number = play_until_spared(watcher, number);
	other = come(true);
	for (unsigned last = number + 2000; !other->frames || !is_absent(); number++) {
		CHECK_SAY(number < last, "nothing is spared for two");
		show(number);
		serve(watcher);
		serve(other);
		check_seen(watcher);
	}
	watcher_destroy(other);
	return number;
}

/* A viewer asks for all of the screen anew, which may be for a picture to keep. */
static unsigned check_anew(struct watcher *watcher, unsigned number) {
	number = play_until_spared(watcher, number);
	watcher_request(watcher, false);
	serve(watcher);
	CHECK(is_exact(watcher) && !is_absent());
	return number;
}

/* Something else is drawn over the film, and changes beside it. */
static unsigned check_mixed(struct watcher *watcher, unsigned number) {
	number = play_until_spared(watcher, number);
	for (unsigned n = 0; n < 60; n++) {
		canvas_fill(&machine.canvas, (struct rect){540, 100 + (int)n, 80, 40}, 0x1020 * n);
		show(number++);
		serve(watcher);
		check_seen(watcher);
		CHECK(!difference(watcher, (struct rect){448, 0, WIDTH - 448, HEIGHT}));
	}
	return number;
}

/* A reader that is no encoder of ours, as libvncserver's viewers are. */
static unsigned check_whole(struct watcher *watcher, unsigned number) {
	number = play_until_spared(watcher, number);
	picture_store_want_pixels(machine.store);
	CHECK(machine.wanted && picture_store_lacks_pixels(machine.store));
	machine.wanted = false;
	look();
	CHECK(!picture_store_lacks_pixels(machine.store));
	const struct picture *picture = picture_store_acquire_whole(machine.store);
	CHECK(!picture->absent_count);
	for (uint32_t y = 0; y < HEIGHT; y++)
		CHECK(memcmp(picture->pixels + (size_t)y * picture->stride,
			      machine.canvas.pixels + (size_t)y * machine.canvas.stride, WIDTH * 4) == 0);
	picture_store_release(machine.store, picture);
	serve(watcher);
	return number;
}

/* An output whose planes cannot be exposed any more is read. */
static unsigned check_composed(struct watcher *watcher, unsigned number) {
	number = play_until_spared(watcher, number);
	machine.view.frame.layers[0].alpha = 0x8000;
	for (unsigned n = 0; n < 40; n++) {
		show(number++);
		serve(watcher);
		check_seen(watcher);
		CHECK(!is_absent());
	}
	machine.view.frame.layers[0].alpha = 0xffff;
	return number;
}

/* Whether the driver's log says so. */
static bool is_driver_open(void) {
	char line[256];
	int open = 0;
	FILE *log = fopen(log_path, "r");
	CHECK(log);
	while (fgets(line, sizeof line, log))
		open += (strcmp(line, "open\n") == 0) - (strcmp(line, "close\n") == 0);
	fclose(log);
	return open > 0;
}

/* Shows no video until the driver is closed, so that the next video opens it with these options. */
static void give_driver(struct watcher *watcher, const char *options) {
	uint64_t end_ns = clock_now_ns() + 60000000000u;
	CHECK(setenv("ZEROVNC_TEST_VA", options, 1) == 0);
	for (unsigned n = 0; is_driver_open(); n++) {
		CHECK(clock_now_ns() < end_ns);
		canvas_fill(&machine.canvas, (struct rect){600, 480, 2, 12}, n % 2 ? 0xffffff : 0);
		look();
		serve(watcher);
		usleep(50000);
	}
}

/* A driver that takes no framebuffers encodes what was read. */
static unsigned check_not_imported(struct watcher *watcher, unsigned number) {
	unsigned frames = watcher->frames;
	give_driver(watcher, "noimport");
	for (unsigned last = number + 2000; watcher->frames < frames + 40; number++) {
		CHECK_SAY(number < last, "no video");
		show(number);
		serve(watcher);
		check_seen(watcher);
		CHECK(!is_absent());
	}
	check_still(watcher);
	return number;
}

/* The GPU fails in the middle of a video that is spared. */
static unsigned check_failing(struct watcher *watcher, unsigned number) {
	struct h264_report report;
	give_driver(watcher, "fails=50");
	number = play_until_spared(watcher, number);
	for (unsigned failed = 0, last = number + 2000; failed < 20; number++) {
		CHECK_SAY(number < last, "the GPU does not fail");
		show(number);
		serve(watcher);
		CHECK_SAY(error_of_film(watcher) < 8, "off by %.1f", error_of_film(watcher));
		h264_report(&report);
		failed += strstr(report.gpu.text, "again in a minute") != NULL;
	}
	CHECK(!is_absent());
	return number;
}

int main(void) {
	struct reason reason;
	setvbuf(stdout, NULL, _IOLBF, 0);
	int log = mkstemp(log_path);
	CHECK(log >= 0 && close(log) == 0);
	CHECK(setenv("ZEROVNC_TEST_VA", "", 1) == 0 && setenv("ZEROVNC_TEST_VA_LOG", log_path, 1) == 0);
	CHECK_SAY(h264_load(H264_GPU | H264_CPU, &reason) == 0, "%s", reason.text);
	begin();
	look();
	struct watcher *watcher = come(true);
	unsigned number = play_until_spared(watcher, 0);
	number = check_spared(watcher, number);
	check_still(watcher);
	number = play_until_spared(watcher, number);
	number = check_others(watcher, number);
	number = check_anew(watcher, number);
	number = check_mixed(watcher, number);
	number = check_whole(watcher, number);
	number = check_composed(watcher, number);
	number = play_until_spared(watcher, number);
	check_still(watcher);
	number = check_not_imported(watcher, number);
	check_failing(watcher, number);
	check_still(watcher);
	watcher_destroy(watcher);
	end();
	CHECK(!is_driver_open() && unlink(log_path) == 0);
	return 0;
}
