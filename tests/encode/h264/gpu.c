/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Videos that a GPU encodes: libva and everything of ours is real, and its driver is a test's
 * (driver/driver.h), which checks what it is told and codes pictures without losses. So what libavcodec
 * decodes must be exactly the pixels that were put in. Each case is a process of its own, since the library
 * and a GPU that failed are remembered.
 */
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encode/h264/h264.h"
#include "encode/h264/yuv420.h"
#include "tests/encode/h264/decoder.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { QUALITY = 79 };

static char log_path[] = "/tmp/zerovnc-va-log-XXXXXX";

/* --- the driver's log --- */

/* How many lines of the driver's log begin so. */
static unsigned logged(const char *beginning) {
	char line[256];
	unsigned count = 0;
	FILE *log = fopen(log_path, "r");
	CHECK(log);
	while (fgets(line, sizeof line, log))
		count += strncmp(line, beginning, strlen(beginning)) == 0;
	fclose(log);
	return count;
}

/* Returns the qp of the log's last picture. */
static int last_qp(void) {
	char line[256];
	int qp = -1;
	FILE *log = fopen(log_path, "r");
	CHECK(log);
	while (fgets(line, sizeof line, log)) {
		const char *at = strncmp(line, "encode ", 7) == 0 ? strstr(line, " qp ") : NULL;
		if (at)
			qp = atoi(at + 4);
	}
	fclose(log);
	return qp;
}

/* --- pictures --- */

struct film {
	unsigned width, height;
	uint32_t *pixels; /* rows without gaps */
	struct h264 *h264;
	AVCodecContext *decoder;
	struct random random;
};

static struct film begin(unsigned width, unsigned height, int quality) {
	struct film film = {.width = width,
		.height = height,
		.pixels = calloc((size_t)width * height, 4),
		.h264 = h264_create(width, height, quality),
		.decoder = decoder_open(),
		.random = {width * 7919u + height}};
	CHECK(film.pixels && film.h264);
	return film;
}

static void end(struct film *film) {
	h264_destroy(film->h264);
	avcodec_free_context(&film->decoder);
	free(film->pixels);
}

/* Noise in some part. */
static void change(struct film *film) {
	unsigned x = random_below(&film->random, film->width), y = random_below(&film->random, film->height);
	for (unsigned row = y; row < film->height && row < y + 40; row++)
		for (unsigned column = x; column < film->width && column < x + 40; column++)
			film->pixels[row * film->width + column] = random_below(&film->random, 1u << 24);
}

static void check_plane(const uint8_t *is, size_t is_stride, const uint8_t *wanted, size_t stride,
	unsigned width, unsigned height, int tolerance) {
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++)
			CHECK_SAY(abs(is[y * is_stride + x] - wanted[y * stride + x]) <= tolerance,
				"at %u, %u: %u, not %u", x, y, is[y * is_stride + x], wanted[y * stride + x]);
}

static void check_decoded(struct film *film, const uint8_t *data, size_t size, bool key, int tolerance) {
	size_t luma_stride = film->width, chroma_stride = film->width / 2;
	uint8_t *luma = malloc(2 * luma_stride * film->height), *cb = luma + luma_stride * film->height,
		*cr = cb + chroma_stride * film->height / 2;
	CHECK(luma && size);
	const struct yuv420 yuv = {.width = film->width,
		.height = film->height,
		.luma = luma,
		.cb = cb,
		.cr = cr,
		.luma_stride = luma_stride,
		.chroma_stride = chroma_stride};
	yuv420_convert(&yuv, film->pixels, film->width);
	AVFrame *frame = decoder_decode(film->decoder, data, size);
	CHECK(frame->width == (int)film->width && frame->height == (int)film->height);
	CHECK(!!frame->key_frame == key);
	CHECK(decoder_knows_colours(frame) || strstr(getenv("ZEROVNC_TEST_VA"), "plain"));
	check_plane(frame->data[0], (size_t)frame->linesize[0], luma, luma_stride, film->width, film->height,
		tolerance);
	check_plane(frame->data[1], (size_t)frame->linesize[1], cb, chroma_stride, film->width / 2,
		film->height / 2, tolerance);
	check_plane(frame->data[2], (size_t)frame->linesize[2], cr, chroma_stride, film->width / 2,
		film->height / 2, tolerance);
	av_frame_free(&frame);
	free(luma);
}

static void encode(struct film *film, bool key, bool is_key) {
	const uint8_t *data;
	size_t size = h264_encode(film->h264, film->pixels, film->width, key, &data);
	check_decoded(film, data, size, is_key, 0);
}

/* --- cases --- */

/* Also more pictures than frame_num and pic_order_cnt_lsb count. */
static void check_streams(void) {
	static const unsigned sizes[][2] = {{128, 128}, {200, 140}, {640, 362}, {132, 1026}};
	struct h264_report report;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct film film = begin(sizes[i][0], sizes[i][1], QUALITY);
		for (unsigned n = 0; n < (i ? 24 : 300); n++) {
			bool key = n % 290 == 7 || n == 8;
			change(&film);
			encode(&film, key, key || n == 0);
		}
		end(&film);
	}
	h264_report(&report);
	CHECK_SAY(
		report.can && strstr(report.by, "VA-API on /dev/null: zerovnc test driver"), "%s", report.by);
	CHECK(!report.gpu.text[0]);
	CHECK(logged("open") == logged("close") && logged("open") == sizeof sizes / sizeof sizes[0]);
	CHECK(logged("put") == 300 + 3 * 24);
}

static void check_two_at_once(void) {
	struct film one = begin(200, 140, QUALITY), other = begin(128, 144, 30);
	for (unsigned n = 0; n < 10; n++) {
		change(&one);
		change(&other);
		encode(&one, false, n == 0);
		encode(&other, n == 5, n == 0 || n == 5);
	}
	end(&one);
	encode(&other, false, false);
	end(&other);
	CHECK(logged("open") == 1 && logged("close") == 1);
}

static int qp_for(int quality) {
	struct film film = begin(128, 144, quality);
	encode(&film, false, true);
	end(&film);
	return last_qp();
}

static void check_quality(void) {
	int last = 100;
	for (int quality = 10; quality <= 100; quality += 10) {
		int qp = qp_for(quality);
		CHECK_SAY(qp >= 10 && qp <= 48 && qp < last, "quality %d: qp %d after %d", quality, qp, last);
		last = qp;
	}
}

/* Not every GPU takes them, so no driver is even opened for them. */
static void check_small(void) {
	struct film narrow = begin(126, 400, QUALITY), low = begin(400, 126, QUALITY);
	CHECK(!h264_camera(narrow.h264) && !h264_camera(low.h264));
	end(&narrow);
	end(&low);
	FILE *log = fopen(log_path, "r");
	CHECK(log && fgetc(log) == EOF && fclose(log) == 0);
}

/* What a driver writes is taken as it is, apart from headers that it does not write. */
static void check_short_stream(void) {
	struct film film = begin(200, 140, QUALITY);
	for (unsigned n = 0; n < 5; n++) {
		change(&film);
		encode(&film, n == 3, n == 0 || n == 3);
	}
	end(&film);
}

/* The third picture fails. */
static void check_failure(void) {
	struct h264_report report;
	const uint8_t *data;
	struct film film = begin(200, 140, QUALITY);
	encode(&film, false, true);
	encode(&film, false, false);
	CHECK(h264_encode(film.h264, film.pixels, film.width, false, &data) == 0);
	end(&film);
	h264_report(&report);
	CHECK_SAY(strstr(report.gpu.text, "again in a minute"), "%s", report.gpu.text);
	CHECK(report.can && strncmp(report.by, "libx264", 7) == 0);
	unsigned opened = logged("open");
	film = begin(200, 140, QUALITY);
	CHECK(h264_encode(film.h264, film.pixels, film.width, false, &data) > 0);
	CHECK(!h264_camera(film.h264));
	end(&film);
	CHECK(logged("open") == opened);
}

/* --wrap=clock_now_ns: the clock, and this. */
static uint64_t later_ns;
uint64_t __real_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return __real_clock_now_ns() + later_ns;
}

/* If there is nobody else, those who ask must not be told for ever that nobody can. */
static void check_only_failure(void) {
	const uint8_t *data;
	struct reason reason;
	CHECK(h264_load(H264_GPU, &reason) == 0 && h264_can());
	struct film film = begin(200, 140, QUALITY);
	encode(&film, false, true);
	encode(&film, false, false);
	CHECK(h264_encode(film.h264, film.pixels, film.width, false, &data) == 0);
	end(&film);
	CHECK(!h264_can() && !h264_create(200, 140, QUALITY));
	later_ns = 61000000000u;
	CHECK(h264_can());
	film = begin(200, 140, QUALITY);
	encode(&film, false, true);
	end(&film);
}

static void check_no_encoder(void) {
	struct h264_report report;
	struct film film = begin(200, 140, QUALITY);
	end(&film);
	h264_report(&report);
	CHECK(report.can && strncmp(report.by, "libx264", 7) == 0);
	CHECK_SAY(strstr(report.gpu.text, "does not encode H.264"), "%s", report.gpu.text);
}

static void check_nobody(void) {
	struct h264_report report;
	struct reason reason;
	CHECK(h264_load(H264_GPU, &reason) == 0);
	CHECK(h264_can()); /* as far as that is known */
	h264_try_gpu();
	h264_report(&report);
	CHECK(!report.can && !report.by[0] && report.gpu.text[0]);
	CHECK(!h264_create(128, 128, QUALITY));
}

/* --- exposures --- */

enum { SCREEN_WIDTH = 320, SCREEN_HEIGHT = 200, PITCH = SCREEN_WIDTH * 4 + 256, OFFSET = 4096, PAGE = 4096 };

struct screen {
	struct frame frame;
	uint8_t *memory;
};

/* A dma-buf of the memory, where the kernel can make one, as in the tests' guest. Otherwise the memfd stands
 * for it. */
static int make_dmabuf(int memory, size_t size) {
	struct udmabuf_create create = {
		.memfd = (uint32_t)memory, .flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return memory;
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	CHECK(fd >= 0 && close(device) == 0 && close(memory) == 0);
	return fd;
}

static struct screen make_screen(uint32_t fourcc) {
	struct screen screen;
	size_t size = (OFFSET + PITCH * SCREEN_HEIGHT + PAGE - 1) / PAGE * PAGE;
	int fd = memfd_create("screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	screen.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(screen.memory != MAP_FAILED);
	frame_init(&screen.frame);
	screen.frame.width = SCREEN_WIDTH;
	screen.frame.height = SCREEN_HEIGHT;
	struct frame_layer *layer = frame_add_layer(&screen.frame);
	layer->width = SCREEN_WIDTH;
	layer->height = SCREEN_HEIGHT;
	layer->fourcc = fourcc;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->plane_count = 1;
	layer->planes[0] = (struct frame_plane){make_dmabuf(fd, size), OFFSET, PITCH};
	layer->source = (struct rect_fixed){0, 0, SCREEN_WIDTH << 16, SCREEN_HEIGHT << 16};
	layer->destination = (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT};
	return screen;
}

/* Shows the film's pixels there. */
static void show(const struct screen *screen, const struct film *film, struct rect part) {
	bool blue_first = screen->frame.layers[0].fourcc == DRM_FORMAT_XRGB8888 ||
			  screen->frame.layers[0].fourcc == DRM_FORMAT_ARGB8888;
	for (uint32_t y = 0; y < part.height; y++)
		for (uint32_t x = 0; x < part.width; x++) {
			uint32_t pixel = film->pixels[y * film->width + x];
			uint8_t *to = screen->memory + OFFSET + ((uint32_t)part.y + y) * PITCH +
				      ((uint32_t)part.x + x) * 4;
			to[blue_first ? 0 : 2] = (uint8_t)pixel;
			to[1] = (uint8_t)(pixel >> 8);
			to[blue_first ? 2 : 0] = (uint8_t)(pixel >> 16);
			to[3] = (uint8_t)(x * 7);
		}
}

static void close_screen(struct screen *screen) {
	munmap(screen->memory, OFFSET + PITCH * SCREEN_HEIGHT);
	frame_finish(&screen->frame);
}

/* The GPU rounds otherwise than we do, by one level at most. */
static void check_exposed(uint32_t fourcc) {
	struct screen screen = make_screen(fourcc);
	struct film film = begin(200, 140, QUALITY);
	const struct rect part = {37, 50, 200, 140};
	struct camera *camera = h264_camera(film.h264);
	const uint8_t *data;
	CHECK(camera);
	for (unsigned n = 0; n < 6; n++) {
		change(&film);
		show(&screen, &film, part);
		CHECK(camera->impl->can(camera, &screen.frame, part));
		struct exposure *exposure = camera->impl->take(camera, &screen.frame, part);
		CHECK(exposure);
		memset(screen.memory + OFFSET, (int)n,
			PITCH * SCREEN_HEIGHT); /* it is no view of the screen */
		size_t size = h264_encode_exposure(film.h264, exposure, n == 3, &data);
		check_decoded(&film, data, size, n == 0 || n == 3, 1);
		exposure_drop(exposure);
		encode(&film, false, false); /* the same from pixels, which may follow */
	}
	end(&film);
	close_screen(&screen);
}

static void check_exposures(void) {
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888};
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		check_exposed(formats[i]);
	CHECK(logged("import") == 6 * 4 && logged("proc 37 50 200 140") == 6 * 4);
	CHECK(logged("open") == logged("close"));
}

static bool can(struct film *film, const struct screen *screen, int32_t x, int32_t y) {
	const struct camera *camera = h264_camera(film->h264);
	return camera->impl->can(camera, &screen->frame, (struct rect){x, y, film->width, film->height});
}

/* Only what is seen as it is in the framebuffer can be taken from there. */
static void check_what_can_be_exposed(void) {
	struct screen screen = make_screen(DRM_FORMAT_XRGB8888);
	struct frame_layer *layer = &screen.frame.layers[0];
	const struct frame_layer plain = *layer;
	const struct frame_colour colour = {.serial = 1};
	struct film film = begin(200, 140, QUALITY);
	CHECK(can(&film, &screen, 0, 0) && can(&film, &screen, 120, 60));
	CHECK(!can(&film, &screen, 122, 0) && !can(&film, &screen, 0, 62));
	CHECK(!can(&film, &screen, -2, 0));
#define CANNOT(change)                                                                                       \
	change;                                                                                              \
	CHECK_SAY(!can(&film, &screen, 10, 10), #change);                                                    \
	*layer = plain
	CANNOT(layer->alpha = 0xfffe);
	CANNOT(layer->rotation = DRM_MODE_ROTATE_180);
	CANNOT(layer->rotation = DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X);
	CANNOT(layer->fourcc = DRM_FORMAT_NV12);
	CANNOT(layer->fourcc = DRM_FORMAT_XRGB2101010);
	CANNOT(layer->fourcc = DRM_FORMAT_ARGB8888; layer->blend = FRAME_BLEND_COVERAGE);
	CANNOT(layer->source.width >>= 1);
	CANNOT(layer->source.x = 1 << 15);
	CANNOT(layer->source.height = layer->destination.height = 0);
	CANNOT(layer->plane_count = 0);
	screen.frame.colour = &colour;
	CHECK(!can(&film, &screen, 10, 10));
	screen.frame.colour = NULL;
	screen.frame.signal.transfer = FRAME_TRANSFER_PQ;
	CHECK(!can(&film, &screen, 10, 10));
	screen.frame.signal.transfer = FRAME_TRANSFER_SDR;
	struct frame_layer *above = frame_add_layer(&screen.frame);
	above->destination = (struct rect){0, 0, 60, 60};
	CHECK(!can(&film, &screen, 10, 10) && can(&film, &screen, 60, 10) && can(&film, &screen, 10, 60));
	CHECK(can(&film, &screen, 60, 60));
	end(&film);
	close_screen(&screen);
}

/* The framebuffer may be larger than the screen, which shows a part of it. */
static void check_panned(void) {
	struct screen screen = make_screen(DRM_FORMAT_XRGB8888);
	struct frame_layer *layer = &screen.frame.layers[0];
	struct film film = begin(200, 140, QUALITY);
	struct camera *camera = h264_camera(film.h264);
	const uint8_t *data;
	layer->source = (struct rect_fixed){40 << 16, 20 << 16, 230 << 16, 160 << 16};
	layer->destination = (struct rect){12, 6, 230, 160};
	change(&film);
	show(&screen, &film, (struct rect){50, 31, 200, 140});
	struct exposure *exposure =
		camera->impl->take(camera, &screen.frame, (struct rect){22, 17, 200, 140});
	CHECK(exposure);
	size_t size = h264_encode_exposure(film.h264, exposure, false, &data);
	check_decoded(&film, data, size, true, 1);
	end(&film);
	exposure_drop(exposure); /* it may outlive its video */
	close_screen(&screen);
	CHECK(logged("open") == 1 && logged("close") == 1);
}

/* A driver that cannot import framebuffers still encodes pixels. */
static void check_not_imported(void) {
	struct screen screen = make_screen(DRM_FORMAT_XRGB8888);
	struct film film = begin(200, 140, QUALITY);
	struct camera *camera = h264_camera(film.h264);
	CHECK(camera && !camera->impl->take(camera, &screen.frame, (struct rect){0, 0, 200, 140}));
	encode(&film, false, true);
	end(&film);
	close_screen(&screen);
}

static void check_no_camera(void) {
	struct film film = begin(200, 140, QUALITY);
	CHECK(!h264_camera(film.h264));
	encode(&film, false, true);
	end(&film);
}

/* --- all of them --- */

static void run(const char *options, void (*check)(void), const char *name) {
	pid_t child = fork();
	int status;
	CHECK(child >= 0);
	if (child == 0) {
		struct reason reason;
		int log = open(log_path, O_WRONLY | O_TRUNC);
		CHECK(log >= 0 && close(log) == 0 && setenv("ZEROVNC_TEST_VA", options, 1) == 0);
		CHECK_SAY(h264_load(H264_GPU | H264_CPU, &reason) == 0, "%s", reason.text);
		check();
		exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_SAY(status == 0, "%s with \"%s\"", name, options);
}

#define RUN(options, check) run(options, check, #check)

int main(void) {
	CHECK(getenv("LIBVA_DRIVER_NAME") && getenv("LIBVA_DRIVERS_PATH"));
	int log = mkstemp(log_path);
	CHECK(log >= 0 && close(log) == 0);
	CHECK(setenv("ZEROVNC_TEST_VA_LOG", log_path, 1) == 0);
	RUN("", check_streams);
	RUN("plain", check_short_stream);
	RUN("plain,segments", check_short_stream);
	RUN("segments", check_short_stream);
	RUN("lowpower", check_short_stream);
	RUN("", check_two_at_once);
	RUN("", check_quality);
	RUN("", check_small);
	RUN("fails=3", check_failure);
	RUN("fails=3", check_only_failure);
	RUN("noencoder", check_no_encoder);
	RUN("noencoder", check_nobody);
	RUN("", check_exposures);
	RUN("", check_what_can_be_exposed);
	RUN("", check_panned);
	RUN("noimport", check_not_imported);
	RUN("noproc", check_no_camera);
	RUN("oldmesa", check_no_camera);
	CHECK(unlink(log_path) == 0);
	return 0;
}
