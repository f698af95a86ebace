/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/limits.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct limits_key key;
	uint32_t failures; /* 0: the place is free */
	uint64_t last, until;
};

/* Looked through from end to end: only failures and first words of a connection ask, and 4,096 small entries
 * are a few microseconds. */
struct limits {
	struct entry entries[LIMITS_ADDRESSES];
	size_t used; /* entries beyond were never filled */
};

struct limits_key limits_key(const struct sockaddr *address) {
	struct limits_key key = {{(uint8_t)address->sa_family}};
	if (address->sa_family == AF_INET) {
		memcpy(key.bytes + 1, &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(in6)) {
			key.bytes[0] = AF_INET;
			memcpy(key.bytes + 1, in6->s6_addr + 12, 4);
		} else {
			memcpy(key.bytes + 1, in6->s6_addr, 8);
		}
	}
	return key;
}

bool limits_same(const struct limits_key *a, const struct limits_key *b) {
	return memcmp(a, b, sizeof *a) == 0;
}

struct limits *limits_create(void) {
	return calloc(1, sizeof(struct limits));
}

void limits_destroy(struct limits *limits) {
	free(limits);
}

static struct entry *find(const struct limits *limits, const struct limits_key *key) {
	for (size_t i = 0; i < limits->used; i++)
		if (limits->entries[i].failures && limits_same(&limits->entries[i].key, key))
			return (struct entry *)&limits->entries[i];
	return NULL;
}

/* A free place, else the one that failed longest ago. */
static struct entry *place(struct limits *limits) {
	struct entry *oldest = &limits->entries[0];
	for (size_t i = 0; i < limits->used; i++) {
		struct entry *entry = &limits->entries[i];
		if (!entry->failures)
			return entry;
		if (entry->last < oldest->last)
			oldest = entry;
	}
	return limits->used < LIMITS_ADDRESSES ? &limits->entries[limits->used++] : oldest;
}

static uint64_t delay(uint32_t failures) {
	if (failures <= LIMITS_FREE_FAILURES)
		return 0;
	uint32_t doublings = failures - LIMITS_FREE_FAILURES - 1;
	uint64_t ms = doublings < 20 ? 1000ull << doublings : LIMITS_MAX_DELAY_MS;
	return ms < LIMITS_MAX_DELAY_MS ? ms : LIMITS_MAX_DELAY_MS;
}

void limits_failed(struct limits *limits, const struct limits_key *key, uint64_t now_ms) {
	struct entry *entry = find(limits, key);
	if (!entry) {
		entry = place(limits);
		*entry = (struct entry){.key = *key};
	} else if (now_ms - entry->last > LIMITS_FORGET_MS) {
		entry->failures = 0;
	}
	if (entry->failures < UINT32_MAX)
		entry->failures++;
	entry->last = now_ms;
	entry->until = now_ms + delay(entry->failures);
}

void limits_succeeded(struct limits *limits, const struct limits_key *key) {
	struct entry *entry = find(limits, key);
	if (entry)
		memset(entry, 0, sizeof *entry);
}

uint64_t limits_wait(const struct limits *limits, const struct limits_key *key, uint64_t now_ms) {
	const struct entry *entry = find(limits, key);
	return entry && entry->until > now_ms ? entry->until - now_ms : 0;
}
