/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loan: bytes that somebody may read for a while without copying them. */
#ifndef ZEROVNC_LOAN_H
#define ZEROVNC_LOAN_H

#include <stddef.h>
#include <stdint.h>

/* The bytes stay as they are until they are given back, once. The borrower may do that at any time, on the
 * thread that it got them on. */
struct loan {
	const uint8_t *bytes;
	size_t size;
	void (*give_back)(void *owner);
	void *owner;
};

static inline void loan_give_back(const struct loan *loan) {
	loan->give_back(loan->owner);
}

#endif
