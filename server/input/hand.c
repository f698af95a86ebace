/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/hand.h"

#include <stdlib.h>

struct hand *hand_find(struct hand *hands, uint64_t viewer) {
	while (hands && hands->viewer != viewer)
		hands = hands->next;
	return hands;
}

struct hand *hand_get(struct hand **hands, uint64_t viewer) {
	struct hand *hand = hand_find(*hands, viewer);
	if (hand)
		return hand;
	hand = calloc(1, sizeof *hand);
	if (!hand)
		return NULL;
	hand->viewer = viewer;
	hand->next = *hands;
	*hands = hand;
	return hand;
}

void hand_drop(struct hand **hands, struct hand *hand) {
	while (*hands && *hands != hand)
		hands = &(*hands)->next;
	if (*hands)
		*hands = hand->next;
	free(hand);
}

struct hand_key *hand_holds(struct hand *hand, uint32_t keysym, uint32_t scancode) {
	for (size_t i = 0; i < hand->key_count; i++) {
		struct hand_key *key = &hand->keys[i];
		if (key->scancode == scancode && (scancode != 0 || key->keysym == keysym))
			return key;
	}
	return NULL;
}

struct hand_key *hand_holds_code(struct hand *hand, uint16_t code) {
	for (size_t i = 0; i < hand->key_count; i++)
		if (hand->keys[i].code == code)
			return &hand->keys[i];
	return NULL;
}

bool hand_take(struct hand *hand, struct hand_key key) {
	if (hand->key_count == HAND_MAX_KEYS)
		return false;
	hand->keys[hand->key_count++] = key;
	return true;
}

void hand_give(struct hand *hand, struct hand_key *key) {
	*key = hand->keys[--hand->key_count];
}
