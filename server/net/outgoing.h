/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outgoing: bytes that wait to be sent, in their order: some of its own, in a queue, and between them bytes
 * that were lent by whoever made them. Those are never copied here. Callers must bound it themselves.
 */
#ifndef ZEROVNC_OUTGOING_H
#define ZEROVNC_OUTGOING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "encode/rfb/loan.h"
#include "server/net/queue.h"

/* Starts zeroed. */
struct outgoing {
	struct queue own; /* add to it what is to be sent next; take nothing from it */
	struct outgoing_loan {
		struct loan loan;
		uint64_t after; /* so many of our own bytes come before it, of all that there ever were */
	} * loans;              /* owned */
	size_t first, count, capacity; /* of those that are left */
	size_t offset;                 /* bytes of the first one that were taken */
	size_t lent;                   /* bytes that are left of all of them */
	uint64_t passed;               /* bytes of our own that were taken */
};

/* Gives all loans back, and frees everything. */
void outgoing_finish(struct outgoing *outgoing);

size_t outgoing_size(const struct outgoing *outgoing);

/* Adds lent bytes behind what is there, and gives them back when they were taken. Returns 0, or -ENOMEM and
 * the loan is the caller's. */
int outgoing_lend(struct outgoing *outgoing, const struct loan *loan);

/* Writes where the next bytes are, in at most `most` parts. They are valid until something is added or taken.
 * Returns how many parts. */
size_t outgoing_parts(const struct outgoing *outgoing, struct iovec *parts, size_t most);

/* Removes `size` bytes from the front, at most those that are there. */
void outgoing_take(struct outgoing *outgoing, size_t size);

#endif
