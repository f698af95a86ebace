/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchdog: tells the service manager twice in the interval that it asks for that the server is alive
 * (notify.h). That the loop's timer comes says it of the loop; `alive` says it of the rest. A server that is
 * not is silent, and the manager starts it anew.
 */
#ifndef ZEROVNC_WATCHDOG_H
#define ZEROVNC_WATCHDOG_H

#include <stdbool.h>
#include <uv.h>

struct watchdog;

/* Starts it; `*watchdog` is NULL where no manager watches. `alive` is called on the loop and must not block.
 * 0 or -errno. */
int watchdog_create(uv_loop_t *loop, bool (*alive)(void *context), void *context, struct watchdog **watchdog);

/* Its timer closes on the loop (run it once more afterwards). Takes NULL. */
void watchdog_destroy(struct watchdog *watchdog);

#endif
