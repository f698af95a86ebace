/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchdog: tells the service manager that the server is alive, twice in each interval for which the manager
 * asks (notify.h). The loop is alive if its timer comes, and `alive` tells about the rest. A server that is
 * not alive sends nothing, and the manager restarts it. Loop thread.
 */
#ifndef ZEROVNC_WATCHDOG_H
#define ZEROVNC_WATCHDOG_H

#include <stdbool.h>
#include <uv.h>

struct watchdog;

/* Starts the watchdog. If no manager watches, `*watchdog` becomes NULL. `alive` is called on the loop and
 * must not block. 0 or -errno. */
int watchdog_create(uv_loop_t *loop, bool (*alive)(void *context), void *context, struct watchdog **watchdog);

/* Its timer closes on the loop: run the loop once more afterwards. Takes NULL. */
void watchdog_destroy(struct watchdog *watchdog);

#endif
