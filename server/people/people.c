/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/people/people.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/config/config.h"
#include "server/control/control.h"
#include "server/control/news.h"
#include "server/log.h"
#include "server/people/approval.h"
#include "server/people/seat.h"

struct people {
	struct people_parts parts;
	struct seat *seat;
	struct approval *approval;
	bool locks; /* as soon as it is known who is at the screen */
};

static void lock(struct people *people) {
	const struct seat_person *person = seat_person(people->seat);
	people->locks = false;
	if (!person->known)
		log_error(
			"the last viewer has left, but logind does not tell which session is at the screen, so it is not locked");
	else if (person->somebody && !person->locked)
		seat_lock(people->seat);
}

/* Only for what these two settings are about. */
static bool has_guest(const struct config *config) {
	return config->approve != APPROVAL_NEVER || config->sign != CONFIG_SIGN_NO;
}

static void set_guest(const struct people *people) {
	const struct seat_person *person = seat_person(people->seat);
	bool welcome = has_guest(people->parts.config) && person->known && person->somebody;
	if (people->parts.news->control)
		control_set_guest(people->parts.news->control, welcome ? &person->uid : NULL);
}

static void on_looked(void *context) {
	struct people *people = context;
	set_guest(people);
	approval_looked(people->approval);
	if (people->locks)
		lock(people);
}

void people_adopt(struct people *people) {
	const struct config *config = people->parts.config;
	struct reason reason;
	set_guest(people);
	bool needed = config->approve != APPROVAL_NEVER || config->lock_on_leave;
	/* Whoever takes over a server that is root could do anything by root's connection to D-Bus. A sign
	 * that nobody has asked for is not worth that. */
	if (!needed && (config->sign == CONFIG_SIGN_NO || geteuid() == 0))
		return;
	if (seat_look(people->seat, &reason))
		log_write(needed ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
			"who is at the screen cannot be found out: %s", reason.text);
}

void people_alone(struct people *people) {
	struct reason reason;
	if (!people->parts.config->lock_on_leave)
		return;
	people->locks = seat_look(people->seat, &reason) == 0;
	if (!people->locks)
		log_error("the last viewer has left, but the screen cannot be locked: %s", reason.text);
}

struct approval *people_approval(struct people *people) {
	return people->approval;
}

struct people *people_create(const struct people_parts *parts) {
	struct people *people = calloc(1, sizeof *people);
	if (!people)
		return NULL;
	people->parts = *parts;
	people->seat = seat_create(parts->loop, on_looked, people);
	if (people->seat)
		people->approval = approval_create(&(struct approval_parts){.loop = parts->loop,
			.config = parts->config,
			.store = parts->store,
			.encoders = parts->encoders,
			.news = parts->news,
			.seat = people->seat});
	if (people->approval)
		return people;
	people_destroy(people);
	return NULL;
}

void people_destroy(struct people *people) {
	if (!people)
		return;
	approval_destroy(people->approval);
	seat_destroy(people->seat);
	free(people);
}
