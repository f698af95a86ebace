/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/reverse/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/loop.h"

struct dial {
	uv_loop_t *loop;
	struct dial_events events;
	uv_getaddrinfo_t lookup;
	bool looking, stopped; /* it is freed when neither the pool nor the loop needs it any more */
	struct addrinfo *found;
	const struct addrinfo *next; /* to be tried */
	int fd;                      /* being connected; -1: none */
	struct attempt {
		uv_poll_t poll;
		struct loop_closing closing;
	} * attempt; /* watches `fd`; NULL: nothing does */
	uv_timer_t late, next_late;
	struct loop_closing closing;
	int error; /* why the address before was not reached; 0: none was tried */
	struct reason reason;
};

/* --- the end --- */

static void end_attempt(struct dial *dial) {
	struct attempt *attempt = dial->attempt;
	dial->attempt = NULL;
	if (attempt)
		loop_close(&attempt->closing, free, attempt, LOOP_HANDLES(&attempt->poll));
	if (dial->fd >= 0)
		close(dial->fd);
	dial->fd = -1;
}

static void on_closed(void *owner) {
	struct dial *dial = owner;
	if (dial->found)
		freeaddrinfo(dial->found);
	free(dial);
}

static void close_timers(struct dial *dial) {
	loop_close(&dial->closing, on_closed, dial, LOOP_HANDLES(&dial->late, &dial->next_late));
}

void dial_stop(struct dial *dial) {
	if (!dial)
		return;
	end_attempt(dial);
	uv_timer_stop(&dial->late);
	uv_timer_stop(&dial->next_late);
	dial->stopped = true;
	if (dial->looking)
		uv_cancel(
			(uv_req_t *)&dial->lookup); /* fails if it is being looked up; then that ends first */
	else
		close_timers(dial);
}

static void settle(struct dial *dial) {
	uv_timer_stop(&dial->late);
	uv_timer_stop(&dial->next_late);
}

static void fail(struct dial *dial, int error) {
	end_attempt(dial);
	settle(dial);
	dial->events.failed(dial->events.context, error, &dial->reason);
}

static void succeed(struct dial *dial) {
	int fd = dial->fd;
	dial->fd = -1;
	end_attempt(dial);
	settle(dial);
	dial->events.reached(dial->events.context, fd);
}

/* --- one address after the other --- */

static const char *remedy(int error) {
	switch (error) {
	case -ECONNREFUSED:
		return ": nothing listens at that port there; a viewer does if it is started with -listen";
	case -ETIMEDOUT:
		return ": a firewall may drop what goes to that port, or nobody has that address";
	case -ENETUNREACH:
	case -EHOSTUNREACH:
		return ": this machine has no way there";
	case -EACCES:
	case -EPERM:
		return ": a firewall, or the systemd unit's own rules (IPAddressDeny=), forbid it here";
	default:
		return "";
	}
}

static int note(struct dial *dial, int error) {
	dial->error = reason_set(&dial->reason, error, "%s%s", strerror(-error), remedy(error));
	return error;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static int watch(struct dial *dial) {
	struct attempt *attempt = calloc(1, sizeof *attempt);
	int error = attempt ? uv_poll_init(dial->loop, &attempt->poll, dial->fd) : -ENOMEM;
	if (error) {
		free(attempt);
		return error;
	}
	dial->attempt = attempt;
	attempt->poll.data = dial;
	return uv_poll_start(&attempt->poll, UV_WRITABLE, on_ready);
}

/* Begins to connect. Returns 0 if that is under way, or -errno with dial.reason. */
static int try_address(struct dial *dial, const struct addrinfo *address) {
	struct reason why = {""};
	int error = dial->events.may(dial->events.context, address->ai_addr, address->ai_addrlen, &why);
	if (error) {
		dial->reason = why;
		dial->error = error;
		return error;
	}
	dial->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dial->fd < 0)
		return note(dial, -errno);
	if (connect(dial->fd, address->ai_addr, address->ai_addrlen) && errno != EINPROGRESS)
		return note(dial, -errno);
	error = watch(dial);
	return error ? note(dial, error) : 0;
}

static void on_next_late(uv_timer_t *timer);

static void try_next(struct dial *dial) {
	int error = dial->error ? dial->error : -EADDRNOTAVAIL;
	end_attempt(dial);
	while (dial->next) {
		const struct addrinfo *address = dial->next;
		dial->next = address->ai_next;
		error = try_address(dial, address);
		if (!error) {
			if (dial->next)
				uv_timer_start(&dial->next_late, on_next_late, DIAL_ADDRESS_MS, 0);
			return;
		}
		end_attempt(dial);
	}
	fail(dial, error);
}

static void on_next_late(uv_timer_t *timer) {
	struct dial *dial = timer->data;
	note(dial, -ETIMEDOUT);
	try_next(dial);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
	struct dial *dial = poll->data;
	int error = 0;
	socklen_t size = sizeof error;
	(void)events;
	if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &size))
		error = errno;
	if (!error && status >= 0) {
		succeed(dial);
		return;
	}
	uv_timer_stop(&dial->next_late);
	note(dial, error ? -error : -ECONNABORTED);
	try_next(dial);
}

static void on_late(uv_timer_t *timer) {
	struct dial *dial = timer->data;
	int error = -ETIMEDOUT;
	if (dial->looking)
		reason_set(&dial->reason, error,
			"its name was not found within %d s: the name servers do not answer", DIAL_MS / 1000);
	else
		note(dial, error);
	dial->next = NULL;
	fail(dial, error);
}

/* --- the name --- */

static int explain_name(struct dial *dial, int status) {
	int error = status == UV_ENOMEM || status == UV_EAI_MEMORY ? -ENOMEM : -ENOENT;
	return reason_set(&dial->reason, error, "its name cannot be looked up: %s", uv_strerror(status));
}

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found) {
	struct dial *dial = lookup->data;
	dial->looking = false;
	dial->found = found;
	if (dial->stopped) {
		close_timers(dial);
	} else if (!uv_is_active((uv_handle_t *)&dial->late)) {
		return; /* it was too late: the event was sent */
	} else if (status) {
		fail(dial, explain_name(dial, status));
	} else {
		dial->next = found;
		try_next(dial);
	}
}

struct dial *dial_start(
	uv_loop_t *loop, const char *host, const char *port, const struct dial_events *events) {
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct dial *dial = calloc(1, sizeof *dial);
	if (!dial)
		return NULL;
	dial->loop = loop;
	dial->events = *events;
	dial->fd = -1;
	uv_timer_init(loop, &dial->late);
	uv_timer_init(loop, &dial->next_late);
	dial->lookup.data = dial->late.data = dial->next_late.data = dial;
	dial->looking = uv_getaddrinfo(loop, &dial->lookup, on_found, host, port, &hints) == 0;
	if (!dial->looking) {
		dial_stop(dial);
		return NULL;
	}
	uv_timer_start(&dial->late, on_late, DIAL_MS, 0);
	return dial;
}
