/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library is told all of a viewer's encodings that it sends correctly in the viewer's format, and no
 * others. */
#include "server/vnc/encodings.h"

#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "tests/test.h"

enum { RAW, COPYRECT, RRE, CORRE = 4, HEXTILE, ZLIB, TIGHT, ZLIBHEX, ULTRA, ZRLE = 16, ZYWRLE, H264 = 50 };
enum { LAST_RECT = -224, CURSOR = -239, WITHOUT_ZLIB = -317, END = 1 << 30 };
#define LEVEL(n)   (-256 + (n))
#define QUALITY(n) (-32 + (n))
#define FINE(n)    (-512 + (n))

#define FORMAT(bits, depth, big, r, g, b, rs, gs, bs)                                                        \
	{ bits, depth, big, 1, (r) >> 8, (r)&255, (g) >> 8, (g)&255, (b) >> 8, (b)&255, rs, gs, bs }
static const uint8_t rgb888[16] = FORMAT(32, 24, 0, 255, 255, 255, 16, 8, 0);
static const uint8_t rgb888_big[16] = FORMAT(32, 24, 1, 255, 255, 255, 16, 8, 0);
static const uint8_t rgb888_depth_32[16] = FORMAT(32, 32, 0, 255, 255, 255, 16, 8, 0);
static const uint8_t rgb888_upper[16] = FORMAT(32, 24, 0, 255, 255, 255, 24, 16, 8);
static const uint8_t rgb888_upper_big[16] = FORMAT(32, 24, 1, 255, 255, 255, 24, 16, 8);
static const uint8_t rgb888_ends[16] = FORMAT(32, 24, 0, 255, 255, 255, 24, 8, 0);
static const uint8_t rgb888_odd[16] = FORMAT(32, 24, 0, 255, 255, 255, 17, 9, 1);
static const uint8_t rgb888_odd_big[16] = FORMAT(32, 24, 1, 255, 255, 255, 17, 9, 1);
static const uint8_t rgb888_odd_big_32[16] = FORMAT(32, 32, 1, 255, 255, 255, 17, 9, 1);
static const uint8_t grey[16] = FORMAT(32, 8, 0, 255, 255, 255, 0, 0, 0);
static const uint8_t overlapping[16] = FORMAT(32, 24, 0, 255, 255, 255, 16, 15, 0);
static const uint8_t ten_bits[16] = FORMAT(32, 30, 0, 1023, 1023, 1023, 20, 10, 0);
static const uint8_t ten_bits_upper[16] = FORMAT(32, 30, 0, 1023, 1023, 1023, 22, 12, 2);
static const uint8_t middle[16] = FORMAT(32, 16, 0, 31, 63, 31, 19, 13, 8);
static const uint8_t middle_big[16] = FORMAT(32, 16, 1, 31, 63, 31, 19, 13, 8);
static const uint8_t rgb565[16] = FORMAT(16, 16, 0, 31, 63, 31, 11, 5, 0);
static const uint8_t rgb555[16] = FORMAT(16, 15, 0, 31, 31, 31, 10, 5, 0);
static const uint8_t rgb444_big[16] = FORMAT(16, 12, 1, 15, 15, 15, 8, 4, 0);
static const uint8_t bgr233[16] = FORMAT(8, 8, 0, 7, 7, 3, 0, 3, 6);
static const uint8_t mapped[16] = {8, 8};

enum { MOST = 8 };

static const struct row {
	const char *what;
	const uint8_t *format;
	int32_t list[MOST], told[MOST]; /* without Raw, which is always last */
} rows[] = {
	{"nothing", rgb888, {END}, {END}},
	{"what is ours", rgb888, {CURSOR, WITHOUT_ZLIB, H264, END}, {END}},
	{"their order", rgb888, {ZRLE, TIGHT, HEXTILE, COPYRECT, RAW, END},
		{ZRLE, TIGHT, HEXTILE, COPYRECT, RAW, END}},
	{"those that no viewer needs", rgb888, {ULTRA, ZYWRLE, CORRE, ZLIBHEX, ZLIB, RRE, END},
		{ZLIB, RRE, END}},

	{"ZRLE, big-endian", rgb888_big, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, upper bits", rgb888_upper, {ZRLE, HEXTILE, END}, {HEXTILE, END}},
	{"ZRLE, upper bits, big-endian", rgb888_upper_big, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, bits at both ends", rgb888_ends, {ZRLE, END}, {END}},
	{"ZRLE, bits across", rgb888_odd, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE of depth 32", rgb888_depth_32, {ZRLE, ZLIB, END}, {ZLIB, END}},
	{"ZRLE, ten bits", ten_bits, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, ten bits, upper", ten_bits_upper, {ZRLE, END}, {END}},
	{"ZRLE, bits in the middle", middle, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, bits in the middle, big-endian", middle_big, {ZRLE, END}, {END}},
	{"ZRLE, 16 bits", rgb565, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, 15 bits", rgb555, {ZRLE, TIGHT, END}, {TIGHT, END}},
	{"ZRLE, 12 bits", rgb444_big, {ZRLE, TIGHT, END}, {TIGHT, END}},
	{"ZRLE, 8 bits", bgr233, {ZRLE, END}, {ZRLE, END}},
	{"ZRLE, a colour map", mapped, {ZRLE, END}, {ZRLE, END}},
	{"RRE, 16 bits", rgb555, {RRE, END}, {RRE, END}},
	{"RRE, 8 bits", mapped, {RRE, HEXTILE, END}, {HEXTILE, END}},

	{"JPEG", rgb888, {TIGHT, QUALITY(5), FINE(50), -766, END}, {TIGHT, QUALITY(5), FINE(50), -766, END}},
	{"JPEG, 15 bits", rgb555, {TIGHT, QUALITY(0), END}, {TIGHT, QUALITY(0), END}},
	{"JPEG, 8 bits", bgr233, {TIGHT, QUALITY(9), FINE(0), FINE(100), LEVEL(9), END},
		{TIGHT, LEVEL(9), END}},
	{"JPEG, a colour map", mapped, {QUALITY(0), TIGHT, END}, {TIGHT, END}},
	{"the lowest quality", rgb888, {TIGHT, FINE(0), END}, {TIGHT, FINE(1), END}},
	{"subsampling", rgb888, {TIGHT, -764, -763, -765, END}, {TIGHT, -767, -767, -765, END}},

	{"Tight, level 0", rgb888, {TIGHT, LEVEL(0), END}, {TIGHT, LEVEL(1), END}},
	{"level 0, then Tight", rgb888, {LEVEL(0), LAST_RECT, TIGHT, END}, {LEVEL(1), LAST_RECT, TIGHT, END}},
	{"Tight, level 0, and without zlib", rgb888, {TIGHT, LEVEL(0), WITHOUT_ZLIB, END},
		{TIGHT, LEVEL(0), END}},
	{"Tight, level 0, 8 bits", bgr233, {TIGHT, LEVEL(0), QUALITY(3), END}, {TIGHT, LEVEL(1), END}},
	{"zlib, level 0", rgb888, {ZLIB, TIGHT, LEVEL(0), END}, {ZLIB, TIGHT, LEVEL(0), END}},
	{"Tight after what is left out", rgb555, {ZRLE, TIGHT, LEVEL(0), END}, {TIGHT, LEVEL(1), END}},
	{"Tight after what is not", rgb565, {ZRLE, TIGHT, LEVEL(0), END}, {ZRLE, TIGHT, LEVEL(0), END}},
	{"Tight after CopyRect", rgb888, {COPYRECT, TIGHT, LEVEL(0), END}, {COPYRECT, TIGHT, LEVEL(1), END}},
	{"level 0 of nothing", rgb888, {LEVEL(0), END}, {LEVEL(0), END}},

	{"Tight, bits across", rgb888_odd, {TIGHT, END}, {TIGHT, END}},
	{"Tight, bits across, depth 32", rgb888_odd_big_32, {TIGHT, END}, {TIGHT, END}},
	{"Tight, one byte for all", grey, {TIGHT, ZRLE, END}, {ZRLE, END}},
	{"Tight, channels that overlap", overlapping, {TIGHT, ZRLE, END}, {ZRLE, END}},
	{"Tight, bits in the middle, big-endian", middle_big, {TIGHT, END}, {TIGHT, END}},
};

/* On a big-endian machine, the bytes of little-endian pixels are swapped. */
static const struct row swapped = {
	"Tight, bits across, swapped", rgb888_odd_big, {TIGHT, ZRLE, LEVEL(0), END}, {ZRLE, LEVEL(0), END}};

static size_t length(const int32_t *list) {
	size_t count = 0;
	while (count < MOST && list[count] != END)
		count++;
	return count;
}

static void filters(const struct row *row, const uint8_t *format, unsigned minor) {
	uint8_t message[4 + 4 * (MOST + 1)];
	struct encodings_wish wish = {.list = row->list,
		.count = length(row->list),
		.format = format_read(format),
		.minor = minor,
		.library_only = true};
	size_t size = encodings_filter(&wish, message), count = length(row->told);
	CHECK_SAY(size == 4 + 4 * (count + 1) && message[0] == 2 && bytes_get16(message + 2) == count + 1,
		"%s: %zu bytes", row->what, size);
	for (size_t i = 0; i <= count; i++) {
		int32_t told = (int32_t)bytes_get32(message + 4 + 4 * i);
		CHECK_SAY(
			told == (i < count ? row->told[i] : RAW), "%s: number %zu is %d", row->what, i, told);
	}
}

/* Viewers of RFB 3.3 may ignore LastRect. */
static void heeds_the_version(void) {
	static const struct row with = {"LastRect", NULL, {TIGHT, LAST_RECT, END}, {TIGHT, LAST_RECT, END}};
	static const struct row without = {"LastRect of 3.3", NULL, {TIGHT, LAST_RECT, END}, {TIGHT, END}};
	filters(&with, rgb888, 8);
	filters(&with, rgb888, 7);
	filters(&without, rgb888, 3);
}

static const char *why(const uint8_t *format, const int32_t *list) {
	struct encodings_wish wish = {.list = list,
		.count = length(list),
		.format = format_read(format),
		.minor = 8,
		.library_only = true};
	return encodings_why_not_first(&wish);
}

/* Colour maps with wide pixels and the like. True colour of the same size stands for them. */
static void keeps_pixels_whole(void) {
	static const int32_t list[] = {ZRLE, TIGHT, HEXTILE, ZLIB, QUALITY(5)};
	uint8_t message[4 + 4 * 6];
	struct encodings_wish wish = {
		.list = list, .count = 5, .format = format_read(rgb565), .minor = 8, .plain = true};
	CHECK(encodings_filter(&wish, message) == 4 + 4 * 4);
	CHECK(bytes_get32(message + 4) == HEXTILE && bytes_get32(message + 8) == ZLIB);
	CHECK(strstr(encodings_why_not_first(&wish), "this pixel format does not have"));
}

static void says_why(void) {
	CHECK(!why(rgb565, (const int32_t[]){COPYRECT, ZRLE, END}));
	CHECK(strstr(
		why(rgb555, (const int32_t[]){COPYRECT, ZRLE, TIGHT, END}), "half of each 16-bit pixel"));
	CHECK(strstr(why(rgb888_depth_32, (const int32_t[]){ZRLE, END}), "other bytes"));
	CHECK(!why(rgb555, (const int32_t[]){TIGHT, ZRLE, END}));
	CHECK(!why(bgr233, (const int32_t[]){QUALITY(3), TIGHT, END}));
	CHECK(!why(bgr233, (const int32_t[]){END}));
}

/* Our own ZRLE and Tight express every format that has real channels. */
static void serves_our_own(void) {
	static const uint8_t *const wrong[] = {rgb888_upper, rgb888_ends, rgb888_depth_32, ten_bits_upper,
		middle_big, rgb555, rgb444_big, rgb888_odd_big};
	static const int32_t list[] = {ZRLE, TIGHT};
	uint8_t message[4 + 4 * 3];
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct encodings_wish wish = {
			.list = list, .count = 2, .format = format_read(wrong[i]), .minor = 8};
		CHECK(encodings_filter(&wish, message) == sizeof message);
		CHECK(bytes_get32(message + 4) == ZRLE && bytes_get32(message + 8) == TIGHT);
		CHECK(!encodings_why_not_first(&wish));
	}
}

/* What viewers name, as their sources have it. */
static void knows_who_takes_gradients(void) {
	static const struct {
		const char *viewer;
		int32_t list[MOST];
		bool takes;
	} viewers[] = {
		{"TigerVNC", {COPYRECT, TIGHT, ZRLE, HEXTILE, RRE, -314, CURSOR, END}, true},
		{"libvncclient", {TIGHT, ZRLE, ULTRA, COPYRECT, HEXTILE, ZLIB, CORRE, END}, true},
		{"noVNC 0.5 to 1.4", {COPYRECT, TIGHT, -260, HEXTILE, RRE, RAW, QUALITY(6), END}, false},
		{"noVNC 1.5", {COPYRECT, 21, TIGHT, -260, ZRLE, HEXTILE, RRE, END}, false},
		{"one that we do not know", {TIGHT, HEXTILE, LAST_RECT, CURSOR, END}, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(viewers); i++) {
		struct encodings_wish wish = {.list = viewers[i].list, .count = length(viewers[i].list)};
		CHECK_SAY(encodings_take_gradient(&wish) == viewers[i].takes, "%s", viewers[i].viewer);
	}
}

/* What viewers name, as their sources have it. */
static void knows_who_takes_videos(void) {
	enum { BUTTONS = -316 };
	static const struct {
		const char *viewer;
		const uint8_t *format;
		int32_t list[MOST];
		int quality;
		bool only_wide;
	} viewers[] = {
		{"noVNC 1.7", rgb888, {COPYRECT, H264, TIGHT, -260, ZRLE, QUALITY(6), BUTTONS, END}, 79,
			false},
		{"TigerVNC 1.15", rgb888, {BUTTONS, H264, COPYRECT, TIGHT, ZRLE, QUALITY(8), END}, 92, false},
		{"TigerVNC 1.14", rgb888, {H264, COPYRECT, TIGHT, ZRLE, QUALITY(8), END}, 92, true},
		{"in ZRLE", rgb888, {ZRLE, H264, QUALITY(0), BUTTONS, END}, 15, false},
		{"without losses", rgb888, {COPYRECT, H264, TIGHT, BUTTONS, END}, 0, false},
		{"in few colours", rgb565, {H264, TIGHT, QUALITY(6), BUTTONS, END}, 0, false},
		{"without H.264", rgb888, {TIGHT, QUALITY(6), BUTTONS, END}, 0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(viewers); i++) {
		struct own_wish own;
		struct encodings_wish wish = {.list = viewers[i].list,
			.count = length(viewers[i].list),
			.format = format_read(viewers[i].format),
			.minor = 8};
		CHECK_SAY(encodings_choose_own(&wish, &own) && own.video == viewers[i].quality, "%s: %d",
			viewers[i].viewer, own.video);
		CHECK_SAY(!own.video || own.video_only_wide == viewers[i].only_wide, "%s", viewers[i].viewer);
	}
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		filters(&rows[i], rows[i].format, 8);
	bool big_endian_here = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	filters(&swapped, big_endian_here ? rgb888_odd : rgb888_odd_big, 8);
	heeds_the_version();
	keeps_pixels_whole();
	says_why();
	serves_our_own();
	knows_who_takes_gradients();
	knows_who_takes_videos();
	return 0;
}
