/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/crowd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_place(const void *a, const void *b) {
	const struct crowd_member *left = a, *right = b;
	int order = memcmp(left->place, right->place, sizeof *left->place);
	return order ? order : left->rank < right->rank ? -1 : 1;
}

static void sort(struct crowd_member *list, size_t count) {
	if (count)
		qsort(list, count, sizeof *list, by_place);
}

/* The number of members at the head of a sorted list that share the first one's network. */
static size_t run(const struct crowd_member *list, size_t count, size_t size) {
	size_t length = 1;
	while (length < count && memcmp(list->place, list[length].place, size) == 0)
		length++;
	return length;
}

/* --- which connection must end --- */

struct share {
	const struct crowd_member *list;
	size_t count, rank; /* the lowest rank */
};

static struct share make_share(const struct crowd_member *list, size_t count) {
	struct share share = {list, count, list->rank};
	for (size_t i = 1; i < count; i++)
		share.rank = list[i].rank < share.rank ? list[i].rank : share.rank;
	return share;
}

static bool is_larger(const struct share *share, const struct share *than) {
	return share->count != than->count ? share->count > than->count : share->rank < than->rank;
}

static unsigned widest(const struct place *place) {
	unsigned level = 0;
	while (place_network(place, level + 1))
		level++;
	return level;
}

/* The largest network inside a share. `inwards`: how many levels below the widest one it is. */
static struct share largest(const struct share *within, unsigned inwards) {
	struct share most = {0};
	for (size_t at = 0; at < within->count;) {
		const struct crowd_member *first = within->list + at;
		unsigned level = widest(first->place);
		level = level > inwards ? level - inwards : 0;
		struct share share =
			make_share(first, run(first, within->count - at, place_network(first->place, level)));
		if (!most.count || is_larger(&share, &most))
			most = share;
		at += share.count;
	}
	return most;
}

const struct crowd_member *crowd_most(struct crowd_member *list, size_t count) {
	if (!count)
		return NULL;
	sort(list, count);
	struct share share = {list, count, 0};
	unsigned levels = 0;
	do
		share = largest(&share, levels);
	while (levels++ < widest(share.list->place));
	return share.list; /* all of one place, sorted by rank */
}

/* --- which one is next --- */

static size_t count_runs(const struct crowd_member *list, size_t count, size_t size) {
	size_t runs = 0;
	for (size_t at = 0; at < count; runs++)
		at += run(list + at, count - at, size);
	return runs;
}

/* Choose byte by byte, because real networks have any prefix length. */
const struct crowd_member *crowd_turn(struct crowd_member *list, size_t count, uint64_t random) {
	if (!count)
		return NULL;
	sort(list, count);
	for (size_t size = 1; size <= sizeof list->place->bytes; size++) {
		size_t runs = count_runs(list, count, size);
		for (size_t skip = random % runs; skip; skip--) {
			size_t length = run(list, count, size);
			list += length;
			count -= length;
		}
		count = run(list, count, size);
		random /= runs;
	}
	return list + random % count;
}
