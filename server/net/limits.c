/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* The first byte of a key: places of one kind sort next to each other. */
enum kind { OTHER, LOOPBACK, USER, IPV4, IPV6, LINK };

/* Places and the networks around them: the place comes first, then wider and wider networks. */
static const struct network {
	enum kind kind;
	uint8_t size;     /* leading bytes of the key that identify the network */
	uint8_t free;     /* failures without a delay */
	uint32_t most_ms; /* the longest delay */
} networks[] = {
	{OTHER, 1, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{LOOPBACK, 1, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{USER, 5, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{IPV4, 5, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{IPV4, 4, 4 * LIMITS_FREE_FAILURES, LIMITS_MAX_PAUSE_MS},
	{IPV6, 9, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{IPV6, 8, 2 * LIMITS_FREE_FAILURES, LIMITS_MAX_PAUSE_MS},
	{IPV6, 7, 4 * LIMITS_FREE_FAILURES, LIMITS_MAX_PAUSE_MS},
	{LINK, 9, LIMITS_FREE_FAILURES, LIMITS_MAX_DELAY_MS},
	{LINK, 1, 4 * LIMITS_FREE_FAILURES, LIMITS_MAX_PAUSE_MS},
};

struct entry {
	struct limits_key key;
	uint8_t size;      /* leading bytes of the key that identify its network */
	bool several;      /* the failures were for more than one user */
	uint32_t user;     /* the first of those users, hashed */
	uint32_t failures; /* 0: this entry is free */
	uint64_t last, until;
};

/* Searched linearly: only failures and new connections search it, and a search takes a few microseconds. */
struct limits {
	uid_t own;
	uint64_t looks_until; /* when the checks so far would be done at one per LIMITS_LOOK_MS */
	struct proven {
		struct limits_key key;
		uint64_t until; /* 0: this entry is free */
	} proven[LIMITS_PROVEN];
	struct entry entries[LIMITS_PLACES];
	size_t used; /* entries from this index on were never filled */
};

/* --- places --- */

static struct limits_key ipv4_key(const uint8_t *address) {
	struct limits_key key = {{IPV4}};
	if (address[0] == 127)
		key.bytes[0] = LOOPBACK;
	else
		memcpy(key.bytes + 1, address, 4);
	return key;
}

/* All neighbours on a link share one /64, so the other half of the address identifies them. */
static struct limits_key ipv6_key(const struct in6_addr *address) {
	/* RFC 6052: IPv4 addresses behind a translator */
	static const uint8_t translated[12] = {0, 0x64, 0xff, 0x9b};
	struct limits_key key = {{IPV6}};
	if (IN6_IS_ADDR_V4MAPPED(address) || memcmp(address, translated, sizeof translated) == 0)
		return ipv4_key(address->s6_addr + 12);
	bool link = IN6_IS_ADDR_LINKLOCAL(address);
	key.bytes[0] = IN6_IS_ADDR_LOOPBACK(address) ? LOOPBACK : link ? LINK : IPV6;
	if (key.bytes[0] != LOOPBACK)
		memcpy(key.bytes + 1, address->s6_addr + (link ? 8 : 0), 8);
	return key;
}

struct limits_key limits_key(const struct sockaddr *address) {
	if (address->sa_family == AF_INET)
		return ipv4_key((const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr);
	if (address->sa_family == AF_INET6)
		return ipv6_key(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return (struct limits_key){{OTHER}};
}

struct limits_key limits_key_of_user(uid_t uid) {
	struct limits_key key = {{USER}};
	uint32_t number = htonl(uid);
	memcpy(key.bytes + 1, &number, sizeof number);
	return key;
}

bool limits_same(const struct limits_key *a, const struct limits_key *b) {
	return memcmp(a, b, sizeof *a) == 0;
}

bool limits_is_user(const struct limits_key *key) {
	return key->bytes[0] == USER;
}

/* Returns NULL if there is no such level. */
static const struct network *find_network(const struct limits_key *key, unsigned level) {
	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
		if (networks[i].kind == key->bytes[0] && level-- == 0)
			return &networks[i];
	return NULL;
}

size_t limits_network(const struct limits_key *key, unsigned level) {
	const struct network *network = find_network(key, level);
	return network ? network->size : 0;
}

/* --- memory --- */

struct limits *limits_create(uid_t own) {
	struct limits *limits = calloc(1, sizeof *limits);
	if (limits)
		limits->own = own;
	return limits;
}

void limits_destroy(struct limits *limits) {
	free(limits);
}

static struct entry *find(const struct limits *limits, const struct limits_key *key, size_t size) {
	for (size_t i = 0; i < limits->used; i++) {
		const struct entry *entry = &limits->entries[i];
		if (entry->failures && entry->size == size && memcmp(&entry->key, key, size) == 0)
			return (struct entry *)entry;
	}
	return NULL;
}

static bool is_forgotten(const struct entry *entry, uint64_t now) {
	return !entry->failures || now - entry->last > LIMITS_FORGET_MS;
}

/* Returns a free entry, or else the one whose last failure is the oldest. */
static struct entry *room(struct limits *limits, uint64_t now) {
	struct entry *oldest = &limits->entries[0];
	for (size_t i = 0; i < limits->used; i++) {
		struct entry *entry = &limits->entries[i];
		if (is_forgotten(entry, now))
			return entry;
		if (entry->last < oldest->last)
			oldest = entry;
	}
	return limits->used < LIMITS_PLACES ? &limits->entries[limits->used++] : oldest;
}

static struct entry *find_or_make(
	struct limits *limits, const struct limits_key *key, size_t size, uint32_t user, uint64_t now) {
	struct entry *entry = find(limits, key, size);
	if (entry && !is_forgotten(entry, now))
		return entry;
	if (!entry)
		entry = room(limits, now);
	*entry = (struct entry){.key = *key, .size = (uint8_t)size, .user = user};
	return entry;
}

/* --- places that never pause because of others --- */

static bool is_trusted(const struct limits *limits, const struct limits_key *key) {
	struct limits_key root = limits_key_of_user(0), own = limits_key_of_user(limits->own);
	return limits_same(key, &root) || limits_same(key, &own);
}

static bool is_proven(const struct limits *limits, const struct limits_key *key, uint64_t now) {
	for (size_t i = 0; i < LIMITS_PROVEN; i++)
		if (limits->proven[i].until > now && limits_same(&limits->proven[i].key, key))
			return true;
	return false;
}

static bool is_exempt(const struct limits *limits, const struct limits_key *key, uint64_t now) {
	return is_trusted(limits, key) || is_proven(limits, key, now);
}

static void remember_proven(struct limits *limits, const struct limits_key *key, uint64_t now) {
	struct proven *place = &limits->proven[0];
	for (size_t i = 0; i < LIMITS_PROVEN; i++) {
		struct proven *proven = &limits->proven[i];
		if (limits_same(&proven->key, key)) {
			place = proven;
			break;
		}
		if (proven->until < place->until)
			place = proven;
	}
	*place = (struct proven){*key, now + LIMITS_PROVEN_MS};
}

/* --- guesses --- */

/* FNV-1a: it only has to distinguish names. */
static uint32_t hash(const char *user) {
	uint32_t sum = 2166136261u;
	for (; *user; user++)
		sum = (sum ^ (uint8_t)*user) * 16777619u;
	return sum;
}

static uint64_t delay(const struct network *network, uint32_t failures) {
	if (failures <= network->free)
		return 0;
	uint32_t doublings = failures - network->free - 1;
	uint64_t ms = doublings < 20 ? 1000ull << doublings : network->most_ms;
	return ms < network->most_ms ? ms : network->most_ms;
}

void limits_failed(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now) {
	bool others_pay = !is_exempt(limits, key, now);
	const struct network *network;
	uint32_t who = hash(user);
	for (unsigned level = 0; (network = find_network(key, level)); level++) {
		struct entry *entry = find_or_make(limits, key, network->size, who, now);
		if (entry->failures < UINT32_MAX)
			entry->failures++;
		entry->several |= entry->user != who;
		entry->last = now;
		entry->until = now + delay(network, entry->failures);
		if (!others_pay || entry->failures > network->free)
			break;
	}
}

void limits_proven(struct limits *limits, const struct limits_key *key, const char *user, uint64_t now) {
	struct entry *entry = find(limits, key, limits_network(key, 0));
	if (entry && !entry->several && entry->user == hash(user))
		memset(entry, 0, sizeof *entry);
	remember_proven(limits, key, now);
}

/* A leaky bucket: looks_until may be LIMITS_LOOKS checks ahead of the clock. */
void limits_looked(struct limits *limits, const struct limits_key *key, uint64_t now) {
	if (is_exempt(limits, key, now))
		return;
	if (limits->looks_until < now)
		limits->looks_until = now;
	limits->looks_until += LIMITS_LOOK_MS;
}

void limits_right(struct limits *limits, const struct limits_key *key, uint64_t now) {
	if (!is_exempt(limits, key, now) && limits->looks_until >= LIMITS_LOOK_MS)
		limits->looks_until -= LIMITS_LOOK_MS;
}

static uint64_t left(const struct entry *entry, uint64_t now) {
	return entry && entry->until > now ? entry->until - now : 0;
}

uint64_t limits_wait(const struct limits *limits, const struct limits_key *key, uint64_t now) {
	return left(find(limits, key, limits_network(key, 0)), now);
}

uint64_t limits_pause(const struct limits *limits, const struct limits_key *key, uint64_t now) {
	if (is_exempt(limits, key, now))
		return 0;
	uint64_t free_until = now + (uint64_t)(LIMITS_LOOKS - 1) * LIMITS_LOOK_MS;
	uint64_t most = limits->looks_until > free_until ? limits->looks_until - free_until : 0;
	size_t size;
	for (unsigned level = 1; (size = limits_network(key, level)); level++) {
		uint64_t pause = left(find(limits, key, size), now);
		most = pause > most ? pause : most;
	}
	return most;
}
