/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/history.h"

#include <stdbool.h>
#include <string.h>

static uint32_t area(struct damage_box box) {
	return (uint32_t)(box.right - box.left) * (uint32_t)(box.bottom - box.top);
}

static bool includes(struct damage_box box, struct damage_box other) {
	return area(damage_box_unite(box, other)) == area(box);
}

/* Whoever needs what lies within the new box needs the new box, too. */
static void drop_included(struct history *history, struct damage_box box) {
	uint32_t kept = 0;
	for (uint32_t i = 0; i < history->count; i++) {
		if (includes(box, history->boxes[i]))
			continue;
		history->generations[kept] = history->generations[i];
		history->boxes[kept++] = history->boxes[i];
	}
	history->count = kept;
}

/* Joins the two neighbours that grow least. Readers that saw the older one are told of both from then on. */
static void shorten(struct history *history) {
	struct damage_box *boxes = history->boxes;
	uint32_t best = 0, least = UINT32_MAX;
	for (uint32_t i = 0; i + 1 < history->count; i++) {
		uint32_t growth = area(damage_box_unite(boxes[i], boxes[i + 1])) - area(boxes[i]);
		if (growth <= least) {
			least = growth;
			best = i;
		}
	}
	boxes[best] = damage_box_unite(boxes[best], boxes[best + 1]);
	history->count--;
	for (uint32_t i = best + 1; i < history->count; i++) {
		history->generations[i] = history->generations[i + 1];
		boxes[i] = boxes[i + 1];
	}
}

void history_add(struct history *history, uint64_t generation, struct damage_box box) {
	drop_included(history, box);
	if (history->count == HISTORY_LENGTH)
		shorten(history);
	memmove(history->generations + 1, history->generations,
		history->count * sizeof *history->generations);
	memmove(history->boxes + 1, history->boxes, history->count * sizeof *history->boxes);
	history->generations[0] = generation;
	history->boxes[0] = box;
	history->count++;
}

struct damage_box history_since(const struct history *history, uint64_t seen) {
	struct damage_box box = history->boxes[0];
	for (uint32_t i = 1; i < history->count && history->generations[i] > seen; i++)
		box = damage_box_unite(box, history->boxes[i]);
	return box;
}
