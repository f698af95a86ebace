/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: whether a viewer may be sent another update now. Slow links get fewer, newer pictures instead of old
 * ones.
 */
#ifndef ZEROVNC_FLOW_H
#define ZEROVNC_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_SHORT = 64 << 10 }; /* bytes in our own queue that still count as short */

struct flow {
	int unused;
};

bool flow_has_room(const struct flow *flow, size_t queued, uint64_t now_ms);

#endif
