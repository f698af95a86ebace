/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/people/approval.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "server/config/config.h"
#include "server/control/news.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/auth/local_user.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "server/people/seat.h"
#include "server/people/veil.h"

enum veil_kind { ASKED, DENIED, UNANSWERED, CROWDED, VEILS };

static const struct {
	const char *headline, *words;
} texts[VEILS] = {
	[ASKED] = {"Waiting for the person at the screen to allow this",
		"That person is asked now. Until then nothing of the screen is shown here."},
	[DENIED] = {"The person at the screen did not allow this", "This connection ends now."},
	[UNANSWERED] = {"Nobody at the screen has answered", "So this connection ends now. Try again later."},
	[CROWDED] = {"Too many others wait to be allowed", "So this connection ends now. Try again later."},
};

struct approval {
	struct approval_parts parts;
	struct gateway *gateway;
	struct veil *veils[VEILS];
	LIST_HEAD(, waiter) waiters;
};

/* A viewer that waits. */
struct waiter {
	LIST_ENTRY(waiter) link;
	struct approval *approval;
	uint64_t id;
	struct local_user user;
	enum { LOOKING, ASKING, PARTING } stage; /* the seat is looked at; a person is asked; it was a no */
	const char *why;                         /* it was a no; static */
	uv_timer_t timer;
	struct loop_closing closing;
};

static void forget(struct waiter *waiter) {
	LIST_REMOVE(waiter, link);
	loop_close(&waiter->closing, free, waiter, LOOP_HANDLES(&waiter->timer));
}

static struct waiter *find(const struct approval *approval, uint64_t id) {
	struct waiter *waiter;
	LIST_FOREACH(waiter, &approval->waiters, link)
		if (waiter->id == id)
			return waiter;
	return NULL;
}

/* As large as the screen. */
static struct picture_store *fit(const struct approval *approval, enum veil_kind kind) {
	uint32_t width = 0, height = 0;
	picture_store_generation(approval->parts.store, &width, &height);
	struct picture_store *store = veil_fit(approval->veils[kind], width, height);
	encoders_published(approval->parts.encoders);
	return store;
}

/* --- yes and no --- */

static void admit(struct waiter *waiter, const char *why) {
	struct gateway *gateway = waiter->approval->gateway;
	uint64_t id = waiter->id;
	log_info("viewer %llu may join: %s", (unsigned long long)id, why);
	forget(waiter);
	gateway_admit(gateway, id);
}

static void on_parted(uv_timer_t *timer) {
	const struct waiter *waiter = timer->data;
	gateway_disconnect(waiter->approval->gateway, waiter->id, waiter->why);
}

/* It is shown why before it is disconnected. */
static void turn_away(struct waiter *waiter, enum veil_kind kind, const char *why) {
	struct approval *approval = waiter->approval;
	waiter->stage = PARTING;
	waiter->why = why;
	news_turned_away(approval->parts.news, waiter->id, why);
	gateway_show(approval->gateway, waiter->id, fit(approval, kind));
	uv_timer_start(&waiter->timer, on_parted, APPROVAL_PARTING_MS, 0);
}

static void on_late(uv_timer_t *timer) {
	struct waiter *waiter = timer->data;
	log_info("viewer %llu may not join: nobody has answered", (unsigned long long)waiter->id);
	turn_away(waiter, UNANSWERED, "nobody at the screen has answered whether it may join (--approve)");
}

int approval_answer(
	struct approval *approval, uint64_t id, bool allowed, const char *who, struct reason *reason) {
	struct waiter *waiter = find(approval, id);
	char why[160];
	if (!waiter || waiter->stage == PARTING)
		return reason_set(reason, -ENOENT,
			"there is no viewer %llu that waits to be allowed: `zerovnc viewers` lists the ids",
			(unsigned long long)id);
	snprintf(why, sizeof why, "allowed by %s", who);
	if (allowed) {
		admit(waiter, why);
		return 0;
	}
	log_info("viewer %llu may not join: denied by %s", (unsigned long long)id, who);
	turn_away(waiter, DENIED, "the person at the screen did not allow it");
	return 0;
}

/* --- who is asked --- */

static bool are_too_many(const struct approval *approval) {
	const struct waiter *waiter;
	unsigned asked = 0;
	LIST_FOREACH(waiter, &approval->waiters, link)
		asked += waiter->stage == ASKING;
	return asked >= APPROVAL_QUESTIONS;
}

static void ask(struct waiter *waiter) {
	if (are_too_many(waiter->approval)) {
		log_info("viewer %llu may not join: %d others wait to be allowed already",
			(unsigned long long)waiter->id, APPROVAL_QUESTIONS);
		turn_away(waiter, CROWDED, "too many others wait to be allowed (--approve)");
		return;
	}
	unsigned seconds = waiter->approval->parts.config->approve_time;
	waiter->stage = ASKING;
	log_info(
		"viewer %llu waits: `zerovnc allow %llu` lets it join, `zerovnc deny %llu` does not; without an answer it is disconnected in %u s",
		(unsigned long long)waiter->id, (unsigned long long)waiter->id,
		(unsigned long long)waiter->id, seconds);
	uv_timer_start(&waiter->timer, on_late, seconds * UINT64_C(1000), 0);
	news_asks(waiter->approval->parts.news, waiter->id, seconds);
}

static bool is_of(const struct waiter *waiter, const struct seat_person *person) {
	return person->known && person->somebody && waiter->user.known && waiter->user.uid == person->uid;
}

static void decide(struct waiter *waiter) {
	const struct approval *approval = waiter->approval;
	const struct seat_person *person = seat_person(approval->parts.seat);
	if (is_of(waiter, person))
		admit(waiter, "it is of the user at the screen");
	else if (approval->parts.config->approve == APPROVAL_WHEN_HERE && !seat_person_is_here(person))
		admit(waiter, "nobody is at the screen, or the session there is locked or idle");
	else
		ask(waiter);
}

void approval_looked(struct approval *approval) {
	struct waiter *waiter = LIST_FIRST(&approval->waiters), *next;
	for (; waiter; waiter = next) {
		next = LIST_NEXT(waiter, link);
		if (waiter->stage == LOOKING)
			decide(waiter);
	}
}

/* A viewer must not join while it is being received. So the decision is the timer's. */
static void on_received(uv_timer_t *timer) {
	struct waiter *waiter = timer->data;
	struct reason reason;
	uv_timer_start(timer, on_late, waiter->approval->parts.config->approve_time * UINT64_C(1000), 0);
	if (seat_look(waiter->approval->parts.seat, &reason) == 0)
		return;
	log_info("who is at the screen cannot be found out, so that the answer is awaited: %s", reason.text);
	decide(waiter);
}

/* --- for the gateway --- */

struct picture_store *approval_receive(struct approval *approval, struct viewer *viewer) {
	if (approval->parts.config->approve == APPROVAL_NEVER)
		return NULL;
	struct waiter *waiter = calloc(1, sizeof *waiter);
	if (!waiter) {
		gateway_disconnect(approval->gateway, viewer_id(viewer), "out of memory");
		return fit(approval, ASKED);
	}
	waiter->approval = approval;
	waiter->id = viewer_id(viewer);
	waiter->user = *viewer_local_user(viewer);
	uv_timer_init(approval->parts.loop, &waiter->timer);
	waiter->timer.data = waiter;
	uv_timer_start(&waiter->timer, on_received, 0, 0);
	LIST_INSERT_HEAD(&approval->waiters, waiter, link);
	return fit(approval, ASKED);
}

void approval_withdrew(struct approval *approval, struct viewer *viewer) {
	struct waiter *waiter = find(approval, viewer_id(viewer));
	if (!waiter)
		return;
	if (waiter->stage == ASKING)
		news_turned_away(approval->parts.news, waiter->id, "it left before it was allowed to join");
	forget(waiter);
}

/* --- beginning and end --- */

struct approval *approval_create(const struct approval_parts *parts) {
	struct approval *approval = calloc(1, sizeof *approval);
	if (!approval)
		return NULL;
	approval->parts = *parts;
	LIST_INIT(&approval->waiters);
	for (int i = 0; i < VEILS; i++) {
		approval->veils[i] = veil_create(texts[i].headline, texts[i].words);
		if (approval->veils[i])
			continue;
		approval_destroy(approval);
		return NULL;
	}
	return approval;
}

void approval_destroy(struct approval *approval) {
	if (!approval)
		return;
	for (int i = 0; i < VEILS; i++)
		veil_destroy(approval->veils[i]);
	free(approval);
}

void approval_attach(struct approval *approval, struct gateway *gateway) {
	approval->gateway = gateway;
}
