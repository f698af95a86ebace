/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes leave in the order in which they were added, whoever owns them and however few are taken at a time,
 * and each loan is given back once, when its last byte was taken or at the end. */
#include "server/net/outgoing.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { ALL = 1 << 20, LONGEST = 700, MOST_PARTS = 5 };

static struct random state = {.state = 8};
static uint8_t expected[ALL]; /* all bytes that were added; loans are parts of it */
static size_t added, taken;
static unsigned lent, given_back;

static void give_back(void *owner) {
	unsigned *times = owner;
	CHECK(++*times == 1);
	given_back++;
}

static void add_own(struct outgoing *outgoing, size_t size) {
	CHECK(queue_add(&outgoing->own, expected + added, size) == 0);
	added += size;
}

static void lend(struct outgoing *outgoing, size_t size) {
	static unsigned times[ALL / 4];
	CHECK(lent < ARRAY_LEN(times));
	const struct loan loan = {expected + added, size, give_back, &times[lent++]};
	CHECK(outgoing_lend(outgoing, &loan) == 0);
	added += size;
}

/* Lent bytes are where they were. */
static void take(struct outgoing *outgoing) {
	struct iovec parts[MOST_PARTS];
	size_t most = 2 + random_below(&state, MOST_PARTS - 1), size = 0, at = taken;
	size_t count = outgoing_parts(outgoing, parts, most);
	CHECK(count <= most && (count > 0) == (outgoing_size(outgoing) > 0));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = parts[i].iov_base;
		CHECK(parts[i].iov_len > 0 && memcmp(bytes, expected + at, parts[i].iov_len) == 0);
		size += parts[i].iov_len;
		at += parts[i].iov_len;
	}
	CHECK(at <= added);
	size = random_below(&state, 3) ? random_below(&state, (uint32_t)size + 1) : size;
	outgoing_take(outgoing, size);
	taken += size;
	CHECK(outgoing_size(outgoing) == added - taken);
}

static void lent_bytes_are_not_copied(void) {
	static const uint8_t bytes[] = "piece";
	unsigned times = 0;
	struct outgoing outgoing = {0};
	struct iovec parts[4];
	const struct loan loan = {bytes, 5, give_back, &times};
	CHECK(queue_add(&outgoing.own, "head", 4) == 0 && outgoing_lend(&outgoing, &loan) == 0);
	CHECK(queue_add(&outgoing.own, "tail", 4) == 0);
	CHECK(outgoing_parts(&outgoing, parts, 4) == 3 && parts[1].iov_base == bytes);
	outgoing_take(&outgoing, 8);
	CHECK(times == 0 && outgoing_parts(&outgoing, parts, 4) == 2 && parts[0].iov_base == bytes + 4);
	outgoing_take(&outgoing, 1);
	CHECK(times == 1 && outgoing_parts(&outgoing, parts, 4) == 1 && outgoing_size(&outgoing) == 4);
	outgoing_finish(&outgoing);
	CHECK(times == 1);
}

int main(void) {
	struct outgoing outgoing = {0};
	for (size_t i = 0; i < ALL; i++)
		expected[i] = (uint8_t)random_next(&state);
	while (added < ALL - LONGEST) {
		size_t size = 1 + random_below(&state, random_below(&state, 2) ? 4 : LONGEST);
		switch (random_below(&state, 3)) {
		case 0:
			add_own(&outgoing, size);
			break;
		case 1:
			lend(&outgoing, size);
			break;
		default:
			take(&outgoing);
		}
	}
	CHECK(taken > 0 && given_back > 0 && given_back < lent);
	outgoing_finish(&outgoing); /* with some left */
	CHECK(given_back == lent && outgoing_size(&outgoing) == 0);
	given_back = 0;
	lent_bytes_are_not_copied();
	return 0;
}
