/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/encodings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"

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

/* Whether the viewer has named this encoding. */
static bool names(const struct encodings_wish *wish, int32_t encoding) {
	for (size_t i = 0; i < wish->count; i++)
		if (wish->list[i] == encoding)
			return true;
	return false;
}

/* Whether the library can prefer this encoding. CopyRect is no encoding for pixels. */
static bool is_preferable(int32_t encoding) {
	return encoding >= 0 && encoding != ENCODING_COPYRECT && is_for_library(encoding);
}

/* What the rules below depend on. */
struct traits {
	struct format format;
	bool plain, library_only;
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
/* Who is wrong: only the library, or whoever makes the encoding. */
enum { LIBRARY, ANYBODY };

static const struct rule {
	int32_t first, last; /* encodings */
	bool (*holds)(const struct traits *traits);
	int32_t instead; /* what the library is told in their place */
	int who;
	const char *why;
} rules[] = {
	{ENCODING_RRE, ENCODING_RRE, has_8_bits, LEFT_OUT, ANYBODY,
		"libvncserver counts the colours of 8-bit pixels in memory that all viewers' threads share"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_swapped_bits, LEFT_OUT, LIBRARY,
		"libvncserver sends wrong colours if 8-bit channels of big-endian pixels are not whole bytes"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_overlapping_bytes, LEFT_OUT, LIBRARY,
		"libvncserver sends uninitialised memory as colours if 8-bit channels overlap"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_15_bits, LEFT_OUT, LIBRARY,
		"libvncserver sends half of each 16-bit pixel if green has no more than 5 bits"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_other_cpixels, LEFT_OUT, LIBRARY,
		"libvncserver sends other bytes of these 32-bit pixels than viewers expect"},
	{ENCODING_TIGHT, ENCODING_TIGHT, has_odd_channels, LEFT_OUT, ANYBODY,
		"Tight packs pixels by channels that this pixel format does not have"},
	{ENCODING_ZRLE, ENCODING_ZRLE, has_odd_channels, LEFT_OUT, ANYBODY,
		"ZRLE packs pixels by channels that this pixel format does not have"},
	/* rfbproto, Tight: "may only be used when bits-per-pixel is either 16 or 32" */
	{ENCODING_JPEG_QUALITY_MIN, ENCODING_JPEG_QUALITY_MAX, has_8_bits, LEFT_OUT, ANYBODY,
		"Tight has no JPEG for 8-bit pixels"},
	{ENCODING_FINE_QUALITY_MIN, ENCODING_FINE_QUALITY_MAX, has_8_bits, LEFT_OUT, ANYBODY,
		"Tight has no JPEG for 8-bit pixels"},
	{ENCODING_FINE_QUALITY_MIN, ENCODING_FINE_QUALITY_MIN, always, ENCODING_FINE_QUALITY_MIN + 1, ANYBODY,
		"libvncserver takes the lowest quality for none at all"},
	/* rfbproto: "may only be used if the client has advertised" -317 */
	{ENCODING_COMPRESSION_MIN, ENCODING_COMPRESSION_MIN, uses_tight_with_zlib,
		ENCODING_COMPRESSION_MIN + 1, ANYBODY, "libvncserver sends Tight of level 0 without zlib"},
	{ENCODING_SUBSAMPLING_8X, ENCODING_SUBSAMPLING_16X, always, ENCODING_SUBSAMPLING_4X, ANYBODY,
		"libvncserver does not know 8X and 16X; 4X is the nearest"},
	/* vncsnapshot speaks 3.3, names LastRect, and waits for more rectangles all the same */
	{ENCODING_LAST_RECT, ENCODING_LAST_RECT, speaks_3_3, LEFT_OUT, ANYBODY,
		"viewers of RFB 3.3 may ignore it"},
};

static const struct rule *rule_for(const struct traits *traits, int32_t encoding) {
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (encoding >= rules[i].first && encoding <= rules[i].last &&
			(rules[i].who == ANYBODY || traits->library_only) && rules[i].holds(traits))
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

/* The first encoding that can be used, or Raw, which always can. */
static int32_t preferred(const struct encodings_wish *wish, const struct traits *traits) {
	for (size_t i = 0; i < wish->count; i++)
		if (is_preferable(wish->list[i]) && told(traits, wish->list[i]) != LEFT_OUT)
			return wish->list[i];
	return ENCODING_RAW;
}

static struct traits traits_of(const struct encodings_wish *wish) {
	struct traits traits = {.format = wish->format,
		.plain = wish->plain,
		.library_only = wish->library_only,
		.minor = wish->minor};
	traits.tight_with_zlib =
		preferred(wish, &traits) == ENCODING_TIGHT && !names(wish, ENCODING_TIGHT_WITHOUT_ZLIB);
	return traits;
}

/* --- the list --- */

int encodings_name(struct encodings_wish *wish, const int32_t *list, size_t count) {
	int32_t *copy = malloc(count * sizeof *copy + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, list, count * sizeof *copy);
	free((void *)wish->list);
	wish->list = copy;
	wish->count = count;
	return 0;
}

void encodings_finish(struct encodings_wish *wish) {
	free((void *)wish->list);
	wish->list = NULL;
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

/* Decoders that go back to TightVNC's, or are TigerVNC's, know the filter. So it is enough to tell their
 * viewers from noVNC, which has always named TightPNG, and never any of the encodings that those others name.
 */
bool encodings_take_gradient(const struct encodings_wish *wish) {
	return !names(wish, ENCODING_TIGHT_PNG) &&
	       (names(wish, ENCODING_CORRE) || names(wish, ENCODING_ZLIB) || names(wish, ENCODING_X_CURSOR) ||
		       names(wish, ENCODING_CURSOR_WITH_ALPHA));
}

/* --- what our own encoder is told --- */

/* What a level of quality means: as in TurboVNC, from which its numbers come. */
static const struct {
	int quality;
	enum photo_chroma chroma;
} qualities[] = {{15, PHOTO_420}, {29, PHOTO_420}, {41, PHOTO_420}, {42, PHOTO_422}, {62, PHOTO_422},
	{77, PHOTO_422}, {79, PHOTO_444}, {86, PHOTO_444}, {92, PHOTO_444}, {100, PHOTO_444}};

static void wish_more(struct own_wish *own, int32_t encoding) {
	if (encoding >= ENCODING_JPEG_QUALITY_MIN && encoding <= ENCODING_JPEG_QUALITY_MAX) {
		own->quality = qualities[encoding - ENCODING_JPEG_QUALITY_MIN].quality;
		own->chroma = qualities[encoding - ENCODING_JPEG_QUALITY_MIN].chroma;
	} else if (encoding >= ENCODING_FINE_QUALITY_MIN && encoding <= ENCODING_FINE_QUALITY_MAX) {
		own->quality = encoding - ENCODING_FINE_QUALITY_MIN;
	} else if (encoding >= ENCODING_SUBSAMPLING_MIN && encoding <= ENCODING_SUBSAMPLING_MAX) {
		own->chroma = (enum photo_chroma)(encoding - ENCODING_SUBSAMPLING_MIN);
	} else if (encoding == ENCODING_LAST_RECT) {
		own->last_rect = true;
	} else if (encoding == ENCODING_COPYRECT) {
		own->copies = true;
	} else if (encoding == ENCODING_EXTENDED_DESKTOP_SIZE) {
		own->follows = FRAMEBUFFER_FOLLOWS_SCREENS;
	} else if (encoding == ENCODING_DESKTOP_SIZE && own->follows == FRAMEBUFFER_FOLLOWS_NOTHING) {
		own->follows = FRAMEBUFFER_FOLLOWS_SIZES;
	}
}

/* H.264 is for viewers that allow losses, as they do by a level of quality. TigerVNC decodes it into true
 * colour of 32 bits. Before 1.15, which knows more than eight buttons, it writes past its memory where a
 * rectangle is less wide than the framebuffer (H264LibavDecoderContext.cxx). */
static void wish_video(struct own_wish *own, const struct encodings_wish *wish) {
	if (!names(wish, ENCODING_H264) || wish->plain || wish->format.bits != 32)
		return;
	own->video = own->quality;
	own->video_only_wide = !names(wish, ENCODING_EXTENDED_BUTTONS);
}

bool encodings_choose_own(const struct encodings_wish *wish, struct own_wish *own) {
	struct traits traits = traits_of(wish);
	*own = (struct own_wish){.encoding = preferred(wish, &traits),
		.format = wish->format,
		.gradient = encodings_take_gradient(wish)};
	for (size_t i = 0; i < wish->count; i++)
		wish_more(own, told(&traits, wish->list[i])); /* LEFT_OUT is none of them */
	wish_video(own, wish);
	return own->encoding == ENCODING_TIGHT || own->encoding == ENCODING_ZRLE ||
	       own->encoding == ENCODING_RAW;
}
