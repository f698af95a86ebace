/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/size_answers.h"

#include <errno.h>

#include "server/rfb/desktop_size.h"
#include "server/rfb/rectangle.h"

void size_answers_finish(struct size_answers *answers) {
	queue_finish(&answers->statuses);
}

int size_answers_add(struct size_answers *answers, enum desktop_size_status status) {
	uint8_t byte = (uint8_t)status;
	if (queue_size(&answers->statuses) >= SIZE_ANSWERS_MAX)
		return -ENOSPC;
	return queue_add(&answers->statuses, &byte, 1);
}

int size_answers_write(
	struct size_answers *answers, const struct encoder_desktop *desktop, struct queue *to) {
	size_t count = queue_size(&answers->statuses);
	uint8_t *room = queue_room(to, UPDATE_HEADER_SIZE + count * desktop_size_bytes(desktop));
	if (!room)
		return -ENOMEM;
	size_t used = rectangle_write_update(room, (unsigned)count);
	for (size_t i = 0; i < count; i++)
		used += desktop_size_write(room + used, queue_bytes(&answers->statuses)[i], desktop);
	queue_added(to, used);
	queue_take(&answers->statuses, count);
	return 0;
}
