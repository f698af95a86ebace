/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bus: the system's D-Bus on the loop (libsystemd's sd-bus). Nothing here waits: calls are answered by
 * callbacks. Only built where libsystemd is. Loop thread.
 */
#ifndef ZEROVNC_BUS_H
#define ZEROVNC_BUS_H

#include <systemd/sd-bus.h>
#include <uv.h>

#include "capture/base/reason.h"

struct bus;

/* Connects. `lost` is called, once and from the loop, if the connection breaks; close it then. 0 or -errno
 * with a reason. */
int bus_open(
	uv_loop_t *loop, void (*lost)(void *context), void *context, struct bus **bus, struct reason *reason);

/* Closes its handles on the loop: run it once more. Calls that are not answered yet are not answered any
 * more. Takes NULL. */
void bus_close(struct bus *bus);

/* For calls and matches. Call bus_turn() after these. */
sd_bus *bus_sd(struct bus *bus);

/* Does what there is to do, and arranges for the rest. */
void bus_turn(struct bus *bus);

#endif
