/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/size_answers.h"

#include <errno.h>
#include <string.h>

#include "encode/rfb/rectangle.h"

/* An answer that was under way when the size came may still be of the old size; the next one is not. */
enum { BY_ANOTHER = 0x80, PATIENCE = 2 };

void size_answers_finish(struct size_answers *answers) {
	queue_finish(&answers->list);
}

int size_answers_add(
	struct size_answers *answers, enum desktop_size_reason by, enum desktop_size_status status) {
	uint8_t byte = (uint8_t)(status | (by == DESKTOP_SIZE_BY_ANOTHER_CLIENT ? BY_ANOTHER : 0));
	if (queue_size(&answers->list) >= SIZE_ANSWERS_MAX)
		return -ENOSPC;
	return queue_add(&answers->list, &byte, 1);
}

bool size_answers_settle(struct size_answers *answers, const struct desktop_size_outcome *outcome) {
	size_t size = queue_size(&answers->list), settled = answers->settled;
	answers->settled = size;
	answers->outcome = *outcome;
	answers->patience = PATIENCE;
	return size > settled &&
	       memchr(queue_bytes(&answers->list) + settled, DESKTOP_SIZE_LATER, size - settled);
}

void size_answers_idle(struct size_answers *answers) {
	if (answers->patience)
		answers->patience--;
}

static enum desktop_size_status status_of(const struct size_answers *answers, size_t index) {
	enum desktop_size_status status =
		(enum desktop_size_status)(queue_bytes(&answers->list)[index] & ~BY_ANOTHER);
	return status == DESKTOP_SIZE_LATER && index < answers->settled ? answers->outcome.status : status;
}

size_t size_answers_due(const struct size_answers *answers, const struct encoder_desktop *desktop) {
	const struct desktop_size_outcome *outcome = &answers->outcome;
	bool follows = !answers->patience ||
		       (desktop->width == outcome->width && desktop->height == outcome->height &&
			       desktop->screen_count == outcome->screen_count);
	size_t due = 0;
	while (due < queue_size(&answers->list) && status_of(answers, due) != DESKTOP_SIZE_LATER &&
		(follows || status_of(answers, due) != DESKTOP_SIZE_SET))
		due++;
	return due;
}

int size_answers_write(
	struct size_answers *answers, const struct encoder_desktop *desktop, struct queue *to) {
	size_t count = size_answers_due(answers, desktop);
	uint8_t *room = queue_room(to, UPDATE_HEADER_SIZE + count * desktop_size_bytes(desktop));
	if (!room)
		return -ENOMEM;
	size_t used = rectangle_write_update(room, (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		bool another = queue_bytes(&answers->list)[i] & BY_ANOTHER;
		used += desktop_size_write(room + used,
			another ? DESKTOP_SIZE_BY_ANOTHER_CLIENT : DESKTOP_SIZE_BY_THIS_CLIENT,
			status_of(answers, i), desktop);
	}
	queue_added(to, used);
	queue_take(&answers->list, count);
	answers->settled -= count < answers->settled ? count : answers->settled;
	return 0;
}
