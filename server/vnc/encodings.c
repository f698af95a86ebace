/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/encodings.h"

#include "capture/base/array.h"
#include "server/rfb/bytes.h"

/*
 * What the library may be told: real encodings, their levels, sizes and LastRect. We serve cursor, clipboard,
 * keyboard LEDs, power and file transfer ourselves. The library has three more encodings, which no viewer
 * needs, because every viewer that knows them also knows one of those below:
 * - CoRRE (4) counts colours in memory that all viewers' threads share, and cuts a large picture into more
 *   rectangles than the 16 bits of an update's header can count.
 * - Ultra (9) and ZYWRLE (17) have no specification that their data could be checked against. ZYWRLE shares
 *   ZRLE's faults.
 */
static const struct range {
	int32_t first, last;
} served[] = {
	{ENCODING_RAW, ENCODING_RAW},
	{ENCODING_COPYRECT, ENCODING_COPYRECT},
	{ENCODING_RRE, ENCODING_RRE},
	{ENCODING_HEXTILE, ENCODING_HEXTILE},
	{ENCODING_ZLIB, ENCODING_ZLIB},
	{ENCODING_TIGHT, ENCODING_TIGHT},
	{ENCODING_ZRLE, ENCODING_ZRLE},
	{ENCODING_JPEG_QUALITY_MIN, ENCODING_JPEG_QUALITY_MAX},
	{ENCODING_COMPRESSION_MIN, ENCODING_COMPRESSION_MAX},
	{ENCODING_FINE_QUALITY_MIN, ENCODING_FINE_QUALITY_MAX},
	{ENCODING_SUBSAMPLING_MIN, ENCODING_SUBSAMPLING_MAX},
	{ENCODING_LAST_RECT, ENCODING_LAST_RECT},
	{ENCODING_DESKTOP_SIZE, ENCODING_DESKTOP_SIZE},
	{ENCODING_EXTENDED_DESKTOP_SIZE, ENCODING_EXTENDED_DESKTOP_SIZE},
};

static bool is_for_library(int32_t encoding) {
	for (size_t i = 0; i < ARRAY_LEN(served); i++)
		if (encoding >= served[i].first && encoding <= served[i].last)
			return true;
	return false;
}

/* Whether the library can prefer this encoding. It never sends CopyRect. */
static bool is_preferable(int32_t encoding) {
	return encoding >= 0 && encoding != ENCODING_COPYRECT && is_for_library(encoding);
}

/* What the rules below depend on. */
struct traits {
	struct format format;
	bool plain;
	unsigned minor;
	bool tight_with_zlib; /* the library will use Tight, and the viewer did not ask for -317 */
};

/* --- when the library is wrong (0.9.14 and 0.9.15) --- */

static bool has_8_bits(const struct traits *traits) {
	return traits->format.bits == 8;
}

static bool has_15_bits(const struct traits *traits) {
	return traits->format.bits == 16 && traits->format.max[FORMAT_GREEN] <= 0x1f;
}

/* The bytes of a 32-bit pixel that ZRLE must send, as a mask: RFC 6143, 7.7.5, and rfbproto for pixels of
 * which both the lower and the upper three bytes would do. */
static uint32_t zrle_bytes(const struct format *format) {
	uint64_t used = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		used |= (uint64_t)format->max[i] << format->shift[i];
	if (format->depth > 24)
		return 0xffffffff;
	return used <= 0x00ffffff ? 0x00ffffff : !(used & 0xff) ? 0xffffff00 : 0xffffffff;
}

/* The bytes that the library sends. It ignores the depth. It computes with signed numbers, so a channel that
 * includes the topmost bit is negative and seems to fit into the lower bytes. For big-endian pixels it
 * prefers the upper bytes. */
static uint32_t library_zrle_bytes(const struct format *format) {
	bool lower = true, upper = true;
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		uint64_t channel = (uint64_t)format->max[i] << format->shift[i];
		lower = lower && (channel < 1 << 24 || channel & 1u << 31);
		upper = upper && format->shift[i] > 7;
	}
	if (format->big_endian)
		return upper ? 0xffffff00 : lower ? 0x00ffffff : 0xffffffff;
	return lower ? 0x00ffffff : upper ? 0xffffff00 : 0xffffffff;
}

static bool has_other_cpixels(const struct traits *traits) {
	const struct format *format = &traits->format;
	return format->bits == 32 && zrle_bytes(format) != library_zrle_bytes(format);
}

static bool has_channels_of_8_bits(const struct format *format) {
	return format->max[FORMAT_RED] == 255 && format->max[FORMAT_GREEN] == 255 &&
	       format->max[FORMAT_BLUE] == 255;
}

/* Tight's 24-bit pixels are extracted, from pixels whose bytes are swapped already, by a shift that is right
 * only for whole bytes. */
static bool has_swapped_bits(const struct traits *traits) {
	const struct format *format = &traits->format;
	bool big_endian_here = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, whole_bytes = true;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		whole_bytes = whole_bytes && format->shift[i] % 8 == 0;
	return has_channels_of_8_bits(format) && format->depth == 24 &&
	       format->big_endian != big_endian_here && !whole_bytes;
}

/* If the format has the server's own channels, Tight counts colours before translation, but the palette has
 * the colours after it. If overlapping channels turn three or more colours into two, it sends two that were
 * never set. */
static bool has_overlapping_bytes(const struct traits *traits) {
	const struct format *format = &traits->format;
	uint64_t used = 0, sum = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		used |= (uint64_t)format->max[i] << format->shift[i];
		sum += (uint64_t)format->max[i] << format->shift[i];
	}
	return format->bits == 32 && has_channels_of_8_bits(format) && used != sum;
}

static bool has_odd_channels(const struct traits *traits) {
	return traits->plain;
}

static bool speaks_3_3(const struct traits *traits) {
	return traits->minor <= 3;
}

static bool uses_tight_with_zlib(const struct traits *traits) {
	return traits->tight_with_zlib;
}

static bool always(const struct traits *traits) {
	(void)traits;
	return true;
}

enum { LEFT_OUT = INT32_MIN };

static const struct rule {
	int32_t first, last; /* encodings */
	bool (*holds)(const struct traits *traits);
	int32_t instead; /* what the library is told in their place */
	const char *why;
} rules[] = {
	{ENCODING_RRE, ENCODING_RRE, has_8_bits, LEFT_OUT,
		"libvncserver counts the colours of 8-bit pixels in memory that all viewers' threads share"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_swapped_bits, LEFT_OUT,
		"libvncserver sends wrong colours if 8-bit channels of big-endian pixels are not whole bytes"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_overlapping_bytes, LEFT_OUT,
		"libvncserver sends uninitialised memory as colours if 8-bit channels overlap"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_15_bits, LEFT_OUT,
		"libvncserver sends half of each 16-bit pixel if green has no more than 5 bits"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_other_cpixels, LEFT_OUT,
		"libvncserver sends other bytes of these 32-bit pixels than viewers expect"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_odd_channels, LEFT_OUT,
		"Tight packs pixels by channels that this pixel format does not have"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_odd_channels, LEFT_OUT,
		"ZRLE packs pixels by channels that this pixel format does not have"},
	/* rfbproto, Tight: "may only be used when bits-per-pixel is either 16 or 32" */
	{ENCODING_JPEG_QUALITY_MIN, ENCODING_JPEG_QUALITY_MAX, has_8_bits, LEFT_OUT,
		"libvncserver sends JPEG for 8-bit pixels"},
	{ENCODING_FINE_QUALITY_MIN, ENCODING_FINE_QUALITY_MAX, has_8_bits, LEFT_OUT,
		"libvncserver sends JPEG for 8-bit pixels"},
	{ENCODING_FINE_QUALITY_MIN, ENCODING_FINE_QUALITY_MIN, always, ENCODING_FINE_QUALITY_MIN + 1,
		"libvncserver takes the lowest quality for none at all"},
	/* rfbproto: "may only be used if the client has advertised" -317 */
	{ENCODING_COMPRESSION_MIN, ENCODING_COMPRESSION_MIN, uses_tight_with_zlib,
		ENCODING_COMPRESSION_MIN + 1, "libvncserver sends Tight of level 0 without zlib"},
	{ENCODING_SUBSAMPLING_8X, ENCODING_SUBSAMPLING_16X, always, ENCODING_SUBSAMPLING_4X,
		"libvncserver does not know 8X and 16X; 4X is the nearest"},
	/* vncsnapshot speaks 3.3, names LastRect, and waits for more rectangles all the same */
	{ENCODING_LAST_RECT, ENCODING_LAST_RECT, speaks_3_3, LEFT_OUT, "viewers of RFB 3.3 may ignore it"},
};

static const struct rule *rule_for(const struct traits *traits, int32_t encoding) {
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (encoding >= rules[i].first && encoding <= rules[i].last && rules[i].holds(traits))
			return &rules[i];
	return NULL;
}

/* What the library is told if the viewer names this encoding: the same one, another one, or LEFT_OUT. */
static int32_t told(const struct traits *traits, int32_t encoding) {
	if (!is_for_library(encoding))
		return LEFT_OUT;
	const struct rule *rule = rule_for(traits, encoding);
	return rule ? rule->instead : encoding;
}

/* The library prefers the first encoding that it is told. */
static bool prefers_tight(const struct encodings_wish *wish, const struct traits *traits) {
	for (size_t i = 0; i < wish->count; i++)
		if (is_preferable(wish->list[i]) && told(traits, wish->list[i]) != LEFT_OUT)
			return wish->list[i] == ENCODING_TIGHT;
	return false;
}

static struct traits traits_of(const struct encodings_wish *wish) {
	struct traits traits = {.format = wish->format, .plain = wish->plain, .minor = wish->minor};
	traits.tight_with_zlib = prefers_tight(wish, &traits);
	for (size_t i = 0; i < wish->count; i++)
		if (wish->list[i] == ENCODING_TIGHT_WITHOUT_ZLIB)
			traits.tight_with_zlib = false;
	return traits;
}

/* --- what the library is told --- */

size_t encodings_filter(const struct encodings_wish *wish, uint8_t *message) {
	struct traits traits = traits_of(wish);
	size_t kept = 0;
	for (size_t i = 0; i < wish->count; i++) {
		int32_t encoding = told(&traits, wish->list[i]);
		if (encoding != LEFT_OUT)
			bytes_put32(message + 4 + 4 * kept++, (uint32_t)encoding);
	}
	bytes_put32(message + 4 + 4 * kept++, ENCODING_RAW);
	message[0] = MESSAGE_SET_ENCODINGS;
	message[1] = 0;
	bytes_put16(message + 2, (uint16_t)kept);
	return 4 + 4 * kept;
}

const char *encodings_why_not_first(const struct encodings_wish *wish) {
	struct traits traits = traits_of(wish);
	for (size_t i = 0; i < wish->count; i++)
		if (is_preferable(wish->list[i])) {
			const struct rule *rule = rule_for(&traits, wish->list[i]);
			return rule ? rule->why : NULL;
		}
	return NULL;
}
