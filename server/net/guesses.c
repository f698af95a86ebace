/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/guesses.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct place place;
	uint8_t size;      /* leading bytes of the place that identify the network */
	bool several;      /* the failures were for more than one user */
	uint32_t user;     /* the first of those users, hashed */
	uint32_t failures; /* 0: this entry is free */
	uint64_t last, until;
};

/* Searched linearly: only failures and new connections search it, and a search takes a few microseconds. */
struct guesses {
	uid_t own;
	uint64_t looks_until; /* when the checks so far would be done at one per GUESSES_LOOK_MS */
	struct proven {
		struct place place;
		uint64_t until; /* 0: this entry is free */
	} proven[GUESSES_PROVEN];
	struct entry entries[GUESSES_PLACES];
	size_t used; /* entries from this index on were never filled */
};

/* --- memory --- */

struct guesses *guesses_create(uid_t own) {
	struct guesses *guesses = calloc(1, sizeof *guesses);
	if (guesses)
		guesses->own = own;
	return guesses;
}

void guesses_destroy(struct guesses *guesses) {
	free(guesses);
}

static struct entry *find(const struct guesses *guesses, const struct place *place, size_t size) {
	for (size_t i = 0; i < guesses->used; i++) {
		const struct entry *entry = &guesses->entries[i];
		if (entry->failures && entry->size == size && memcmp(&entry->place, place, size) == 0)
			return (struct entry *)entry;
	}
	return NULL;
}

static bool is_forgotten(const struct entry *entry, uint64_t now) {
	return !entry->failures || now - entry->last > GUESSES_FORGET_MS;
}

/* Returns a free entry, or else the one whose last failure is the oldest. */
static struct entry *room(struct guesses *guesses, uint64_t now) {
	struct entry *oldest = &guesses->entries[0];
	for (size_t i = 0; i < guesses->used; i++) {
		struct entry *entry = &guesses->entries[i];
		if (is_forgotten(entry, now))
			return entry;
		if (entry->last < oldest->last)
			oldest = entry;
	}
	return guesses->used < GUESSES_PLACES ? &guesses->entries[guesses->used++] : oldest;
}

static struct entry *find_or_make(
	struct guesses *guesses, const struct place *place, size_t size, uint32_t user, uint64_t now) {
	struct entry *entry = find(guesses, place, size);
	if (entry && !is_forgotten(entry, now))
		return entry;
	if (!entry)
		entry = room(guesses, now);
	*entry = (struct entry){.place = *place, .size = (uint8_t)size, .user = user};
	return entry;
}

bool guesses_remembers(const struct guesses *guesses, uint64_t now) {
	for (size_t i = 0; i < guesses->used; i++)
		if (!is_forgotten(&guesses->entries[i], now))
			return true;
	return false;
}

/* --- places that never pause because of others --- */

static bool is_trusted(const struct guesses *guesses, const struct place *place) {
	struct place root = place_of_user(0), own = place_of_user(guesses->own);
	return place_same(place, &root) || place_same(place, &own);
}

static bool is_proven(const struct guesses *guesses, const struct place *place, uint64_t now) {
	for (size_t i = 0; i < GUESSES_PROVEN; i++)
		if (guesses->proven[i].until > now && place_same(&guesses->proven[i].place, place))
			return true;
	return false;
}

static bool is_exempt(const struct guesses *guesses, const struct place *place, uint64_t now) {
	return is_trusted(guesses, place) || is_proven(guesses, place, now);
}

static void remember_proven(struct guesses *guesses, const struct place *place, uint64_t now) {
	struct proven *chosen = &guesses->proven[0];
	for (size_t i = 0; i < GUESSES_PROVEN; i++) {
		struct proven *proven = &guesses->proven[i];
		if (place_same(&proven->place, place)) {
			chosen = proven;
			break;
		}
		if (proven->until < chosen->until)
			chosen = proven;
	}
	*chosen = (struct proven){*place, now + GUESSES_PROVEN_MS};
}

/* --- guesses --- */

/* FNV-1a: it only has to distinguish names. */
static uint32_t hash(const char *user) {
	uint32_t sum = 2166136261u;
	for (; *user; user++)
		sum = (sum ^ (uint8_t)*user) * 16777619u;
	return sum;
}

/* Networks may fail more often than places, and the widest ones most often. */
static uint32_t free_failures(const struct place *place, unsigned level) {
	bool is_widest = !place_network(place, level + 1);
	return GUESSES_FREE_FAILURES * (level == 0 ? 1 : is_widest ? 4 : 2);
}

/* How long to wait after this many failures more than are free. */
static uint64_t delay(unsigned level, uint32_t more) {
	uint64_t most_ms = level ? GUESSES_MAX_PAUSE_MS : GUESSES_MAX_DELAY_MS;
	if (!more)
		return 0;
	uint64_t ms = more <= 20 ? 1000ull << (more - 1) : most_ms;
	return ms < most_ms ? ms : most_ms;
}

void guesses_failed(struct guesses *guesses, const struct place *place, const char *user, uint64_t now) {
	bool others_pay = !is_exempt(guesses, place, now);
	uint32_t who = hash(user);
	size_t size;
	for (unsigned level = 0; (size = place_network(place, level)); level++) {
		struct entry *entry = find_or_make(guesses, place, size, who, now);
		uint32_t free = free_failures(place, level);
		if (entry->failures < UINT32_MAX)
			entry->failures++;
		uint32_t more = entry->failures > free ? entry->failures - free : 0;
		entry->several |= entry->user != who;
		entry->last = now;
		entry->until = now + delay(level, more);
		if (!others_pay || more)
			break;
	}
}

void guesses_proven(struct guesses *guesses, const struct place *place, const char *user, uint64_t now) {
	struct entry *entry = find(guesses, place, place_network(place, 0));
	if (entry && !entry->several && entry->user == hash(user))
		memset(entry, 0, sizeof *entry);
	remember_proven(guesses, place, now);
}

/* A leaky bucket: looks_until may be GUESSES_LOOKS checks ahead of the clock. */
void guesses_looked(struct guesses *guesses, const struct place *place, uint64_t now) {
	if (is_exempt(guesses, place, now))
		return;
	if (guesses->looks_until < now)
		guesses->looks_until = now;
	guesses->looks_until += GUESSES_LOOK_MS;
}

void guesses_right(struct guesses *guesses, const struct place *place, uint64_t now) {
	if (!is_exempt(guesses, place, now) && guesses->looks_until >= GUESSES_LOOK_MS)
		guesses->looks_until -= GUESSES_LOOK_MS;
}

static uint64_t left(const struct entry *entry, uint64_t now) {
	return entry && entry->until > now ? entry->until - now : 0;
}

uint64_t guesses_wait(const struct guesses *guesses, const struct place *place, uint64_t now) {
	return left(find(guesses, place, place_network(place, 0)), now);
}

uint64_t guesses_pause(const struct guesses *guesses, const struct place *place, uint64_t now) {
	if (is_exempt(guesses, place, now))
		return 0;
	uint64_t free_until = now + (uint64_t)(GUESSES_LOOKS - 1) * GUESSES_LOOK_MS;
	uint64_t most = guesses->looks_until > free_until ? guesses->looks_until - free_until : 0;
	size_t size;
	for (unsigned level = 1; (size = place_network(place, level)); level++) {
		uint64_t pause = left(find(guesses, place, size), now);
		most = pause > most ? pause : most;
	}
	return most;
}
