/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/outgoing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void outgoing_finish(struct outgoing *outgoing) {
	for (; outgoing->count; outgoing->first++, outgoing->count--)
		loan_give_back(&outgoing->loans[outgoing->first].loan);
	free(outgoing->loans);
	outgoing->loans = NULL;
	outgoing->first = outgoing->capacity = outgoing->offset = outgoing->lent = 0;
	queue_finish(&outgoing->own);
}

size_t outgoing_size(const struct outgoing *outgoing) {
	return queue_size(&outgoing->own) + outgoing->lent;
}

/* False: out of memory. */
static bool make_room(struct outgoing *outgoing) {
	if (outgoing->first + outgoing->count < outgoing->capacity)
		return true;
	if (outgoing->first) {
		memmove(outgoing->loans, outgoing->loans + outgoing->first,
			outgoing->count * sizeof *outgoing->loans);
		outgoing->first = 0;
		return true;
	}
	size_t capacity = outgoing->capacity ? 2 * outgoing->capacity : 16;
	void *loans = realloc(outgoing->loans, capacity * sizeof *outgoing->loans);
	if (!loans)
		return false;
	outgoing->loans = loans;
	outgoing->capacity = capacity;
	return true;
}

int outgoing_lend(struct outgoing *outgoing, const struct loan *loan) {
	if (!make_room(outgoing))
		return -ENOMEM;
	outgoing->loans[outgoing->first + outgoing->count++] =
		(struct outgoing_loan){*loan, outgoing->passed + queue_size(&outgoing->own)};
	outgoing->lent += loan->size;
	return 0;
}

static struct iovec part_of(const uint8_t *bytes, size_t size) {
	return (struct iovec){(void *)(uintptr_t)bytes, size};
}

size_t outgoing_parts(const struct outgoing *outgoing, struct iovec *parts, size_t most) {
	const uint8_t *own = queue_bytes(&outgoing->own);
	uint64_t at = outgoing->passed, end = at + queue_size(&outgoing->own);
	size_t count = 0, offset = outgoing->offset;
	for (size_t i = 0; i < outgoing->count; i++, offset = 0) {
		const struct outgoing_loan *next = &outgoing->loans[outgoing->first + i];
		if (most - count < 2)
			return count;
		if (next->after > at)
			parts[count++] = part_of(own + (at - outgoing->passed), next->after - at);
		at = next->after;
		parts[count++] = part_of(next->loan.bytes + offset, next->loan.size - offset);
	}
	if (end > at && count < most)
		parts[count++] = part_of(own + (at - outgoing->passed), end - at);
	return count;
}

static size_t take_own(struct outgoing *outgoing, size_t size) {
	if (outgoing->count && size > outgoing->loans[outgoing->first].after - outgoing->passed)
		size = outgoing->loans[outgoing->first].after - outgoing->passed;
	if (size > queue_size(&outgoing->own))
		size = queue_size(&outgoing->own);
	queue_take(&outgoing->own, size);
	outgoing->passed += size;
	return size;
}

/* Of the first loan, in front of which there is nothing left. */
static size_t take_lent(struct outgoing *outgoing, size_t size) {
	const struct loan *loan = &outgoing->loans[outgoing->first].loan;
	size_t left = loan->size - outgoing->offset, some = size < left ? size : left;
	outgoing->offset += some;
	outgoing->lent -= some;
	if (some < left)
		return some;
	loan_give_back(loan);
	outgoing->offset = 0;
	outgoing->count--;
	outgoing->first = outgoing->count ? outgoing->first + 1 : 0;
	return some;
}

void outgoing_take(struct outgoing *outgoing, size_t size) {
	while (size && outgoing_size(outgoing)) {
		size -= take_own(outgoing, size);
		if (size && outgoing->count)
			size -= take_lent(outgoing, size);
	}
}
