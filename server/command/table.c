/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/table.h"
#include "server/json_member.h"

#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"

enum { CELL = 320 }; /* bytes; what does not fit is cut */

static void write_id(const json_t *viewer, char cell[CELL]) {
	snprintf(cell, CELL, "%.0f", json_member_number(viewer, "id"));
}

static void write_address(const json_t *viewer, char cell[CELL]) {
	utf8_copy(cell, CELL, json_member_text(viewer, "address"));
}

/* The name that it logged in with says more than who runs the viewer on this machine. */
static void write_user(const json_t *viewer, char cell[CELL]) {
	const char *account = json_member_text(viewer, "account"), *user = json_member_text(viewer, "user");
	const char *who = account[0] ? account : user;
	utf8_copy(cell, CELL, who[0] ? who : "-");
}

static void write_security(const json_t *viewer, char cell[CELL]) {
	utf8_copy(cell, CELL, json_member_text(viewer, "security"));
}

static void write_rights(const json_t *viewer, char cell[CELL]) {
	bool waits = json_is_true(json_object_get(viewer, "waits"));
	bool watches = json_is_true(json_object_get(viewer, "view_only"));
	utf8_copy(cell, CELL, waits ? "waits" : watches ? "watches" : "types");
}

static void write_encoding(const json_t *viewer, char cell[CELL]) {
	utf8_copy(cell, CELL, json_member_text(viewer, "encoding"));
}

static void write_size(const json_t *viewer, char cell[CELL]) {
	snprintf(cell, CELL, "%.0fx%.0f", json_member_number(viewer, "width"),
		json_member_number(viewer, "height"));
}

static void write_sent(const json_t *viewer, char cell[CELL]) {
	snprintf(cell, CELL, "%.1f MB", json_member_number(viewer, "bytes_sent") / 1e6);
}

static void write_round_trip(const json_t *viewer, char cell[CELL]) {
	const json_t *rtt = json_object_get(viewer, "rtt_ms");
	if (json_is_number(rtt))
		snprintf(cell, CELL, "%.1f ms", json_number_value(rtt));
	else
		snprintf(cell, CELL, "-");
}

static void write_time(const json_t *viewer, char cell[CELL]) {
	unsigned long long seconds = (unsigned long long)json_member_number(viewer, "connected_s");
	snprintf(cell, CELL, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static const struct {
	const char *title;
	void (*write)(const json_t *viewer, char cell[CELL]);
} columns[] = {
	{"ID", write_id},
	{"ADDRESS", write_address},
	{"USER", write_user},
	{"SECURITY", write_security},
	{"RIGHTS", write_rights},
	{"ENCODING", write_encoding},
	{"SIZE", write_size},
	{"SENT", write_sent},
	{"ROUND TRIP", write_round_trip},
	{"CONNECTED", write_time},
};

/* In characters, each of which is taken to be as wide as any other. */
static size_t width_of(const char *text) {
	size_t width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static size_t find_width(const json_t *viewers, size_t column) {
	size_t width = width_of(columns[column].title);
	char cell[CELL];
	for (size_t i = 0; i < json_array_size(viewers); i++) {
		columns[column].write(json_array_get(viewers, i), cell);
		if (width_of(cell) > width)
			width = width_of(cell);
	}
	return width;
}

static void print_cell(const char *cell, size_t width, size_t column) {
	size_t blanks = column + 1 == ARRAY_LEN(columns) ? 0 : width - width_of(cell) + 2;
	printf("%s%*s", cell, (int)blanks, "");
}

void table_print_viewers(const json_t *viewers) {
	size_t widths[ARRAY_LEN(columns)];
	char cell[CELL];
	for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
		widths[c] = find_width(viewers, c);
		print_cell(columns[c].title, widths[c], c);
	}
	putchar('\n');
	for (size_t i = 0; i < json_array_size(viewers); i++) {
		for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
			columns[c].write(json_array_get(viewers, i), cell);
			print_cell(cell, widths[c], c);
		}
		putchar('\n');
	}
}
