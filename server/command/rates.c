/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/rates.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "capture/base/array.h"

enum { EACH = 2 }; /* counters of the whole, and of each viewer */

struct counter {
	const char *name, *rate; /* in the JSON */
};
static const struct counter of_whole[EACH] = {[RATES_FRAMES] = {"frames", "frames_per_s"},
	[RATES_CHANGED] = {"frames_changed", "frames_changed_per_s"}};
static const struct counter of_viewer[EACH] = {
	[RATES_BYTES] = {"bytes_sent", "bytes_per_s"}, [RATES_UPDATES] = {"updates", "updates_per_s"}};

struct history {
	LIST_ENTRY(history) link;
	uint64_t id;
	bool seen; /* in the last status */
	double last[EACH];
	size_t count; /* of rates that are kept, the newest last */
	double kept[EACH][RATES_KEPT];
};

struct rates {
	LIST_HEAD(, history) list;
	uint64_t last_ns; /* 0: there was no status yet */
};

struct rates *rates_create(void) {
	return calloc(1, sizeof(struct rates));
}

static void forget(struct history *history) {
	LIST_REMOVE(history, link);
	free(history);
}

void rates_destroy(struct rates *rates) {
	while (rates && !LIST_EMPTY(&rates->list))
		forget(LIST_FIRST(&rates->list));
	free(rates);
}

static struct history *find(const struct rates *rates, uint64_t id) {
	struct history *history;
	LIST_FOREACH(history, &rates->list, link)
		if (history->id == id)
			return history;
	return NULL;
}

static bool has_begun_anew(const struct history *history, const double now[EACH]) {
	return now[0] < history->last[0] || now[1] < history->last[1];
}

static void keep(struct history *history, const double rate[EACH]) {
	bool full = history->count == RATES_KEPT;
	for (size_t i = 0; i < EACH; i++) {
		double *kept = history->kept[i];
		if (full)
			memmove(kept, kept + 1, (RATES_KEPT - 1) * sizeof *kept);
		kept[full ? RATES_KEPT - 1 : history->count] = rate[i];
	}
	history->count += !full;
}

/* Its first counters. Without memory there is no history. */
static void begin(struct rates *rates, uint64_t id, const double now[EACH]) {
	struct history *history = calloc(1, sizeof *history);
	if (!history)
		return;
	history->id = id;
	history->seen = true;
	memcpy(history->last, now, sizeof history->last);
	LIST_INSERT_HEAD(&rates->list, history, link);
}

static void add(struct rates *rates, uint64_t id, json_t *object, const struct counter counters[EACH],
	double seconds) {
	struct history *history = find(rates, id);
	double now[EACH], rate[EACH];
	for (size_t i = 0; i < EACH; i++)
		now[i] = json_number_value(json_object_get(object, counters[i].name));
	if (history && has_begun_anew(history, now)) {
		forget(history);
		history = NULL;
	}
	if (!history) {
		begin(rates, id, now);
		return;
	}
	for (size_t i = 0; i < EACH; i++) {
		rate[i] = (now[i] - history->last[i]) / seconds;
		json_object_set_new(object, counters[i].rate, json_real(rate[i]));
	}
	history->seen = true;
	memcpy(history->last, now, sizeof now);
	keep(history, rate);
}

static void forget_unseen(struct rates *rates) {
	struct history *next;
	for (struct history *history = LIST_FIRST(&rates->list); history; history = next) {
		next = LIST_NEXT(history, link);
		if (!history->seen)
			forget(history);
		else
			history->seen = false;
	}
}

void rates_add(struct rates *rates, json_t *status, uint64_t now_ns) {
	const json_t *viewers = json_object_get(status, "clients");
	double seconds = (double)(now_ns - rates->last_ns) / 1e9;
	rates->last_ns = now_ns;
	add(rates, RATES_WHOLE, status, of_whole, seconds);
	for (size_t i = 0; i < json_array_size(viewers); i++) {
		json_t *viewer = json_array_get(viewers, i);
		uint64_t id = (uint64_t)json_integer_value(json_object_get(viewer, "id"));
		add(rates, id, viewer, of_viewer, seconds);
	}
	forget_unseen(rates);
}

/* What is not 0 can be told from 0. */
static size_t height_of(double value, double highest, size_t heights) {
	if (value <= 0)
		return 0;
	return 1 + (size_t)(value / highest * (double)(heights - 2) + 0.5);
}

void rates_draw(const struct rates *rates, uint64_t id, unsigned which, bool blocks, char text[RATES_DRAWN]) {
	static const char *const of_blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const of_ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	const struct history *history = find(rates, id);
	size_t count = history ? history->count : 0;
	double highest = 0;
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (history->kept[which][i] > highest)
			highest = history->kept[which][i];
	for (size_t i = count; i < RATES_KEPT; i++)
		strcat(text, " ");
	for (size_t i = 0; i < count; i++)
		strcat(text, (blocks ? of_blocks : of_ascii)[height_of(
				     history->kept[which][i], highest, ARRAY_LEN(of_blocks))]);
}
