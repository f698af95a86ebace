/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/tally.h"

const char *tally_class_name(enum tally_class class) {
	static const char *const names[TALLY_CLASSES] = {[TALLY_SOLID] = "solid",
		[TALLY_TWO_COLOURS] = "two_colours",
		[TALLY_PALETTE] = "palette",
		[TALLY_TRUE_COLOUR] = "true_colour",
		[TALLY_JPEG] = "jpeg",
		[TALLY_MIXED] = "mixed",
		[TALLY_H264] = "h264",
		[TALLY_RAW] = "raw",
		[TALLY_COPY] = "copy"};
	return names[class];
}

static uint32_t sum(uint32_t one, uint64_t other) {
	return other < UINT32_MAX - one ? one + (uint32_t)other : UINT32_MAX;
}

void tally_add(struct tally *tally, enum tally_class class, uint64_t pixels, size_t bytes, uint64_t ns) {
	struct tally_count *count = &tally->classes[class];
	count->rectangles = sum(count->rectangles, 1);
	count->pixels = sum(count->pixels, pixels);
	count->bytes = sum(count->bytes, bytes);
	count->ns = sum(count->ns, ns);
}

void tally_took(struct tally *tally, uint64_t ns) {
	tally->ns = sum(0, ns);
}

/* What these pixels would have taken. */
static double bytes_for(const struct tally_sent *sent, uint64_t pixels) {
	uint64_t bytes_before = 0, pixels_before = 0;
	for (unsigned i = 0; i < TALLY_CLASSES; i++) {
		bytes_before += i == TALLY_COPY ? 0 : sent->classes[i].bytes;
		pixels_before += i == TALLY_COPY ? 0 : sent->classes[i].pixels;
	}
	return pixels_before ? (double)pixels * (double)bytes_before / (double)pixels_before : 0;
}

static void add_copies(struct tally_sent *sent, const struct tally_count *copies) {
	double saved = copies->pixels ? bytes_for(sent, copies->pixels) - copies->bytes : 0;
	if (saved > 0)
		sent->copies_saved += (uint64_t)saved;
}

static void add_class(struct tally_class_sent *sent, const struct tally_count *count, bool shared) {
	sent->rectangles += count->rectangles;
	sent->bytes += count->bytes;
	sent->pixels += count->pixels;
	sent->shared_rectangles += shared ? count->rectangles : 0;
	sent->shared_bytes += shared ? count->bytes : 0;
	sent->ns += shared ? 0 : count->ns;
}

void tally_sent_add(struct tally_sent *sent, const struct tally *tally, bool shared) {
	bool pixels = false;
	add_copies(sent, &tally->classes[TALLY_COPY]);
	for (unsigned i = 0; i < TALLY_CLASSES; i++) {
		add_class(&sent->classes[i], &tally->classes[i], shared);
		pixels = pixels || (i != TALLY_COPY && tally->classes[i].rectangles);
	}
	sent->pieces += pixels;
	sent->shared_pieces += pixels && shared;
	sent->ns += shared ? 0 : tally->ns;
}
