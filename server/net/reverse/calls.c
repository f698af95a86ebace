/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/reverse/calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/loop.h"
#include "server/net/endpoint.h"
#include "server/net/reverse/dial.h"
#include "server/net/reverse/standby.h"
#include "server/net/reverse/target.h"

struct call {
	struct calls *calls;
	LIST_ENTRY(call) link; /* calls::list */
	uint64_t number;
	char what[REVERSE_WORD]; /* as it was written */
	struct reverse_target target;
	bool kept; /* the settings name it */
	bool here; /* its connection was handed over, and has not ended */
	struct dial *dial;
	struct standby *standby; /* at most one of these two is there */
	uv_timer_t again;
	struct loop_closing closing;
	uint64_t since; /* when it was reached */
	unsigned pause;
	char said[sizeof((struct reason *)0)->text]; /* the last complaint in the log */
};

static bool is_repeater(const struct call *call) {
	return call->target.id[0];
}

static void stop(struct call *call) {
	dial_stop(call->dial);
	standby_stop(call->standby);
	call->dial = NULL;
	call->standby = NULL;
	uv_timer_stop(&call->again);
}

static void destroy(struct call *call) {
	stop(call);
	call->calls->count--;
	LIST_REMOVE(call, link);
	loop_close(&call->closing, free, call, LOOP_HANDLES(&call->again));
}

/* --- what came of it --- */

static void remember(struct calls *calls, uint64_t number, int error, const char *words) {
	struct call_outcome *outcome = &calls->outcomes[calls->next_outcome++ % CALLS_OUTCOMES];
	outcome->number = number;
	outcome->error = error;
	reason_set(&outcome->words, error, "%s", words);
}

static void on_again(uv_timer_t *timer);

static void make_again(struct call *call) {
	uint64_t now = uv_now(call->calls->loop);
	if (call->since && now - call->since >= CALLS_STEADY_MS)
		call->pause = 0;
	call->pause = call->pause ? 2 * call->pause : CALLS_PAUSE_MS;
	if (call->pause > CALLS_PAUSE_MAX_MS)
		call->pause = CALLS_PAUSE_MAX_MS;
	call->since = 0;
	uv_timer_start(&call->again, on_again, call->pause, 0);
}

/* A call that is made again and again complains only if it has something new to say. */
static void complain(struct call *call, const char *words) {
	bool again = strcmp(call->said, words) == 0;
	snprintf(call->said, sizeof call->said, "%s", words);
	if (again)
		log_debug("%s", words);
	else
		log_warning("%s%s", words, call->kept ? "; it is called again from time to time" : "");
}

static void failed(struct call *call, int error, const char *why) {
	struct calls *calls = call->calls;
	struct reason words;
	stop(call);
	reason_set(&words, error, "%s was not reached: %s", call->what, why);
	complain(call, words.text);
	remember(calls, call->number, error, words.text);
	if (call->kept)
		make_again(call);
	else
		destroy(call);
	calls->events.changed(calls->events.context);
}

static void on_failed(void *context, int error, const struct reason *reason) {
	failed(context, error, reason->text);
}

/* --- its steps --- */

static bool is_exposed(const struct call *call, int fd) {
	struct sockaddr_storage there = {0};
	socklen_t size = sizeof there;
	getpeername(fd, (struct sockaddr *)&there, &size);
	return is_repeater(call) || !endpoint_is_loopback((struct sockaddr *)&there, size);
}

static void on_there(void *context, int fd) {
	struct call *call = context;
	struct calls *calls = call->calls;
	const struct call_way way = {call->number, is_exposed(call, fd), is_repeater(call)};
	standby_stop(call->standby);
	call->standby = NULL;
	int error = calls->events.came(calls->events.context, fd, &way);
	call->here = !error;
	if (error)
		log_warning("%s: a connection was dropped: %s", call->what, strerror(-error));
	if (!call->kept)
		destroy(call);
	else if (error)
		make_again(call);
	calls->events.changed(calls->events.context);
}

static void tell_reached(const struct call *call, int fd) {
	char address[64];
	struct reason words;
	endpoint_peer_name(fd, address, sizeof address);
	if (is_repeater(call))
		reason_set(&words, 0,
			"at the repeater %s, a viewer that gives the ID %s comes to this server", address,
			call->target.id);
	else
		reason_set(&words, 0, "the viewer at %s was reached", address);
	log_info("%s", words.text);
	remember(call->calls, call->number, 0, words.text);
}

static void on_reached(void *context, int fd) {
	const struct standby_events events = {context, on_there, on_failed};
	struct call *call = context;
	struct calls *calls = call->calls;
	struct reason why;
	dial_stop(call->dial);
	call->dial = NULL;
	call->since = uv_now(calls->loop);
	call->said[0] = '\0';
	tell_reached(call, fd);
	if (!is_repeater(call) && is_exposed(call, fd)) {
		on_there(call, fd);
		return;
	}
	int error = standby_start(calls->loop, fd, call->target.id, &events, &call->standby, &why);
	if (error)
		failed(call, error, why.text);
	else
		calls->events.changed(calls->events.context);
}

static int on_may(void *context, const struct sockaddr *address, socklen_t size, struct reason *reason) {
	const struct call *call = context;
	const struct calls_events *events = &call->calls->events;
	bool exposed = is_repeater(call) || !endpoint_is_loopback(address, size);
	return events->may(events->context, exposed, reason);
}

static int begin(struct call *call) {
	const struct dial_events events = {call, on_may, on_reached, on_failed};
	call->dial = dial_start(call->calls->loop, call->target.host, call->target.port, &events);
	return call->dial ? 0 : -ENOMEM;
}

static void on_again(uv_timer_t *timer) {
	struct call *call = timer->data;
	if (begin(call))
		failed(call, -ENOMEM, "out of memory");
}

/* --- for the gateway --- */

void calls_init(struct calls *calls, uv_loop_t *loop, const struct calls_events *events) {
	calls->loop = loop;
	calls->events = *events;
	LIST_INIT(&calls->list);
}

void calls_finish(struct calls *calls) {
	while (!LIST_EMPTY(&calls->list))
		destroy(LIST_FIRST(&calls->list));
}

/* `what` was found right. */
static struct call *create(struct calls *calls, const char *what, bool kept) {
	struct call *call = calloc(1, sizeof *call);
	if (!call)
		return NULL;
	call->calls = calls;
	call->number = ++calls->last_number;
	call->kept = kept;
	snprintf(call->what, sizeof call->what, "%s", what);
	reverse_target_parse(what, &call->target, NULL);
	uv_timer_init(calls->loop, &call->again);
	call->again.data = call;
	LIST_INSERT_HEAD(&calls->list, call, link);
	calls->count++;
	return call;
}

static struct call *find(const struct calls *calls, const char *what) {
	struct call *call;
	LIST_FOREACH(call, &calls->list, link)
		if (strcmp(call->what, what) == 0)
			return call;
	return NULL;
}

static bool is_in(const char *list, const char *what) {
	char word[REVERSE_WORD];
	while (list && reverse_target_next(&list, word))
		if (strcmp(word, what) == 0)
			return true;
	return false;
}

static void drop_others(struct calls *calls, const char *list) {
	struct call *call = LIST_FIRST(&calls->list);
	while (call) {
		struct call *next = LIST_NEXT(call, link);
		if (call->kept && !is_in(list, call->what))
			destroy(call);
		call = next;
	}
}

int calls_keep(struct calls *calls, const char *list) {
	char word[REVERSE_WORD];
	drop_others(calls, list);
	while (list && reverse_target_next(&list, word)) {
		struct call *call = find(calls, word);
		if (!call && !(call = create(calls, word, true)))
			return -ENOMEM;
		bool idle = !call->here && !call->dial && !call->standby;
		call->kept = true;
		if (idle && !uv_is_active((uv_handle_t *)&call->again))
			uv_timer_start(&call->again, on_again, 0, 0);
	}
	return 0;
}

int calls_make(
	struct calls *calls, const char *what, const char *who, uint64_t *number, struct reason *reason) {
	struct reverse_target target;
	int error = reverse_target_parse(what, &target, reason);
	if (error)
		return error;
	const struct call *other = find(calls, what);
	if (other && !other->here)
		return reason_set(reason, -EALREADY, "%s is being called already", what);
	if (calls->count == CALLS_MOST)
		return reason_set(reason, -EBUSY,
			"%d calls are under way already; `zerovnc disconnect all` ends them", CALLS_MOST);
	struct call *call = create(calls, what, false);
	if (!call)
		return reason_set(reason, -ENOMEM, "out of memory");
	log_info("calling %s (%s)", what, who);
	*number = call->number;
	error = begin(call);
	if (error)
		destroy(call);
	return error ? reason_set(reason, error, "out of memory") : 0;
}

int calls_outcome(const struct calls *calls, uint64_t number, struct reason *words) {
	for (size_t i = 0; i < CALLS_OUTCOMES; i++) {
		if (calls->outcomes[i].number != number)
			continue;
		*words = calls->outcomes[i].words;
		return calls->outcomes[i].error;
	}
	return -EINPROGRESS;
}

void calls_cancel(struct calls *calls) {
	struct call *call = LIST_FIRST(&calls->list);
	bool any = false;
	while (call) {
		struct call *next = LIST_NEXT(call, link);
		struct reason words;
		if (!call->kept && calls_outcome(calls, call->number, &words) == -EINPROGRESS)
			remember(calls, call->number, -ECANCELED, "somebody disconnected all");
		if (!call->kept) {
			destroy(call);
			any = true;
		}
		call = next;
	}
	if (any)
		calls->events.changed(calls->events.context);
}

void calls_look(
	struct calls *calls, bool (*is_here)(const void *context, uint64_t number), const void *context) {
	struct call *call;
	LIST_FOREACH(call, &calls->list, link)
		if (call->here && !is_here(context, call->number)) {
			call->here = false;
			make_again(call);
		}
}

bool calls_any(const struct calls *calls) {
	return calls->count > 0;
}
