/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/bus.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "server/loop.h"

struct bus {
	sd_bus *sd;
	uv_poll_t poll;
	uv_timer_t timer;
	struct loop_closing closing;
	void (*lost)(void *context); /* NULL: it was called, or the bus is closed */
	void *context;
};

static void free_bus(void *owner) {
	struct bus *bus = owner;
	sd_bus_close_unref(bus->sd);
	free(bus);
}

static void give_up(struct bus *bus) {
	void (*lost)(void *context) = bus->lost;
	bus->lost = NULL;
	uv_poll_stop(&bus->poll);
	uv_timer_stop(&bus->timer);
	if (lost)
		lost(bus->context);
}

static void on_turn(struct bus *bus) {
	int error;
	while ((error = sd_bus_process(bus->sd, NULL)) > 0 && bus->lost)
		;
	if (error < 0)
		give_up(bus);
	else if (bus->lost)
		bus_turn(bus);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
	(void)events;
	struct bus *bus = poll->data;
	if (status < 0)
		give_up(bus);
	else
		on_turn(bus);
}

static void on_timer(uv_timer_t *timer) {
	on_turn(timer->data);
}

static void set_timer(struct bus *bus) {
	uint64_t until_us = UINT64_MAX, now_us = clock_now_ns() / 1000;
	sd_bus_get_timeout(bus->sd, &until_us);
	if (until_us == UINT64_MAX)
		uv_timer_stop(&bus->timer);
	else
		uv_timer_start(
			&bus->timer, on_timer, until_us > now_us ? (until_us - now_us + 999) / 1000 : 0, 0);
}

/* Nothing is handled here: whoever calls this may be in a callback of the bus. */
void bus_turn(struct bus *bus) {
	int events = sd_bus_get_events(bus->sd), error = events < 0 ? events : 0;
	if (!error)
		error = uv_poll_start(&bus->poll,
			(events & POLLIN ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0), on_poll);
	if (error)
		uv_timer_start(&bus->timer, on_timer, 0, 0); /* finds out why */
	else
		set_timer(bus);
}

sd_bus *bus_sd(struct bus *bus) {
	return bus->sd;
}

int bus_open(uv_loop_t *loop, void (*lost)(void *context), void *context, struct bus **result,
	struct reason *reason) {
	struct bus *bus = calloc(1, sizeof *bus);
	if (!bus)
		return reason_set(reason, -ENOMEM, "out of memory");
	int error = sd_bus_open_system(&bus->sd);
	if (error >= 0)
		error = uv_poll_init(loop, &bus->poll, sd_bus_get_fd(bus->sd));
	if (error < 0) {
		sd_bus_close_unref(bus->sd);
		free(bus);
		return reason_set(
			reason, error, "the system's D-Bus cannot be reached: %s", strerror(-error));
	}
	uv_timer_init(loop, &bus->timer);
	bus->poll.data = bus->timer.data = bus;
	bus->lost = lost;
	bus->context = context;
	bus_turn(bus);
	*result = bus;
	return 0;
}

void bus_close(struct bus *bus) {
	if (!bus)
		return;
	bus->lost = NULL;
	loop_close(&bus->closing, free_bus, bus, LOOP_HANDLES(&bus->poll, &bus->timer));
}
