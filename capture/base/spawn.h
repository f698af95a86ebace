/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn: how other programs are started. */
#ifndef ZEROVNC_SPAWN_H
#define ZEROVNC_SPAWN_H

#include <signal.h>
#include <spawn.h>

/* The program gets no signal mask and no handlers of ours. End it with posix_spawnattr_destroy(). */
static inline void spawn_attributes_init(posix_spawnattr_t *attributes) {
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

#endif
