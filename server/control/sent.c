/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/sent.h"

#include <stdio.h>

#include "capture/base/array.h"
#include "server/json_member.h"

static double ms(uint64_t ns) {
	return (double)ns / 1e6;
}

static json_t *build_class(const struct tally_class_sent *class) {
	return json_pack("{s:I, s:I, s:I, s:f, s:I, s:I}", "rectangles", (json_int_t) class->rectangles,
		"bytes", (json_int_t) class->bytes, "pixels", (json_int_t) class->pixels, "encode_ms",
		ms(class->ns), "shared_rectangles", (json_int_t) class->shared_rectangles, "shared_bytes",
		(json_int_t) class->shared_bytes);
}

json_t *sent_build(const struct tally_sent *sent) {
	json_t *classes = json_object();
	for (unsigned i = 0; i < TALLY_CLASSES; i++)
		json_object_set_new(classes, tally_class_name(i), build_class(&sent->classes[i]));
	return json_pack("{s:I, s:I, s:f, s:I, s:o}", "pieces", (json_int_t)sent->pieces, "shared_pieces",
		(json_int_t)sent->shared_pieces, "encode_ms", ms(sent->ns), "copyrect_saved_bytes",
		(json_int_t)sent->copies_saved, "classes", classes);
}

/* --- for people --- */

static double bytes_of(const json_t *classes) {
	double sum = 0;
	for (unsigned i = 0; i < TALLY_CLASSES; i++)
		sum += json_member_number(json_object_get(classes, tally_class_name(i)), "bytes");
	return sum;
}

static void print_share(const json_t *classes, enum tally_class class, double all) {
	static const char *const words[TALLY_CLASSES] = {[TALLY_SOLID] = "solid",
		[TALLY_TWO_COLOURS] = "two colours",
		[TALLY_PALETTE] = "palette",
		[TALLY_TRUE_COLOUR] = "true colour",
		[TALLY_JPEG] = "JPEG",
		[TALLY_MIXED] = "ZRLE",
		[TALLY_H264] = "H.264",
		[TALLY_RAW] = "Raw",
		[TALLY_COPY] = "CopyRect"};
	const json_t *counts = json_object_get(classes, tally_class_name(class));
	if (json_member_number(counts, "rectangles") > 0)
		printf(", %s %.0f %%", words[class], json_member_number(counts, "bytes") / all * 100);
}

void sent_print_text(const json_t *sent) {
	const json_t *classes = json_object_get(sent, "classes");
	double all = bytes_of(classes), pieces = json_member_number(sent, "pieces");
	if (!(all > 0))
		return;
	printf("     %.0f pieces", pieces);
	if (pieces > 0)
		printf(" (%.0f %% were there for other viewers)",
			json_member_number(sent, "shared_pieces") / pieces * 100);
	printf(", encoded in %.0f ms", json_member_number(sent, "encode_ms"));
	for (unsigned i = 0; i < TALLY_CLASSES; i++)
		print_share(classes, i, all);
	if (json_member_number(sent, "copyrect_saved_bytes") > 0)
		printf("; CopyRect saved about %.1f MB",
			json_member_number(sent, "copyrect_saved_bytes") / 1e6);
	putchar('\n');
}

/* --- for Prometheus --- */

static void print_header(const char *name, const char *help) {
	printf("# HELP zerovnc_%s %s\n# TYPE zerovnc_%s counter\n", name, help, name);
}

static void print_totals(const json_t *clients) {
	static const struct {
		const char *key, *name, *help;
		double unit;
	} totals[] = {
		{"pieces", "viewer_pieces_total",
			"Parts of updates that were encoded at once, shared or not.", 1},
		{"shared_pieces", "viewer_shared_pieces_total", "Those that were there for other viewers.",
			1},
		{"encode_ms", "viewer_encode_seconds_total", "Time to encode those that were not there.",
			1000},
		{"copyrect_saved_bytes", "viewer_copyrect_saved_bytes_total",
			"Bytes that CopyRect saved, estimated from what pixels took before.", 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(totals); i++) {
		print_header(totals[i].name, totals[i].help);
		for (size_t k = 0; k < json_array_size(clients); k++) {
			const json_t *client = json_array_get(clients, k);
			printf("zerovnc_%s{viewer=\"%.0f\"} %.17g\n", totals[i].name,
				json_member_number(client, "id"),
				json_member_number(json_object_get(client, "sent"), totals[i].key) /
					totals[i].unit);
		}
	}
}

static void print_classes_of(const json_t *client, const char *name, const char *key, double unit) {
	const json_t *classes = json_object_get(json_object_get(client, "sent"), "classes");
	for (unsigned i = 0; i < TALLY_CLASSES; i++) {
		const char *class = tally_class_name(i);
		printf("zerovnc_%s{viewer=\"%.0f\",class=\"%s\"} %.17g\n", name,
			json_member_number(client, "id"), class,
			json_member_number(json_object_get(classes, class), key) / unit);
	}
}

static void print_classes(const json_t *clients) {
	static const struct {
		const char *key, *name, *help;
		double unit;
	} counts[] = {
		{"rectangles", "viewer_class_rectangles_total", "Rectangles that a viewer was sent.", 1},
		{"bytes", "viewer_class_bytes_total", "Bytes of these rectangles.", 1},
		{"pixels", "viewer_class_pixels_total", "Pixels of these rectangles.", 1},
		{"encode_ms", "viewer_class_encode_seconds_total",
			"Time to compress those that were not there for other viewers.", 1000},
		{"shared_rectangles", "viewer_class_shared_rectangles_total",
			"Rectangles that were there for other viewers.", 1},
		{"shared_bytes", "viewer_class_shared_bytes_total", "Bytes of these.", 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		print_header(counts[i].name, counts[i].help);
		for (size_t k = 0; k < json_array_size(clients); k++)
			print_classes_of(
				json_array_get(clients, k), counts[i].name, counts[i].key, counts[i].unit);
	}
}

void sent_print_prometheus(const json_t *clients) {
	print_totals(clients);
	print_classes(clients);
}
