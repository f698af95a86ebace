/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For builds without libsystemd. */
#include "server/people/seat.h"

#include <errno.h>
#include <stdlib.h>

#include "server/log.h"

static const char why[] = "zerovnc was built without libsystemd (Debian: libsystemd-dev)";

struct seat {
	struct seat_person person; /* never known */
};

bool seat_person_is_here(const struct seat_person *person) {
	(void)person;
	return true;
}

int seat_look(struct seat *seat, struct reason *reason) {
	(void)seat;
	return reason_set(reason, -EOPNOTSUPP, "%s", why);
}

const struct seat_person *seat_person(const struct seat *seat) {
	return &seat->person;
}

void seat_lock(struct seat *seat) {
	(void)seat;
	log_error("the session at the screen could not be locked: %s", why);
}

struct seat *seat_create(uv_loop_t *loop, void (*looked)(void *context), void *context) {
	(void)loop;
	(void)looked;
	(void)context;
	return calloc(1, sizeof(struct seat));
}

void seat_destroy(struct seat *seat) {
	free(seat);
}
