/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_plain: a user's name and password, asked of PAM. PAM blocks (it may wait for a network, and it waits
 * after a wrong password), so it is asked in libuv's thread pool.
 */
#ifndef ZEROVNC_AUTH_PLAIN_H
#define ZEROVNC_AUTH_PLAIN_H

#include <stdbool.h>
#include <uv.h>

/* The name of the user that the server runs as, to be freed; NULL: it has none. May wait for a network where
 * users are kept on one: asked before the loop runs. */
char *auth_plain_own_user(void);

/* Whether this user may come in at all: `users` is "alice,bob", or "*" for everybody whom PAM accepts; NULL:
 * nobody. */
bool auth_plain_allowed(const char *users, const char *user);

struct auth_plain_job;

/* Copies user and password, wipes the copies afterwards. `done` is called on the loop, unless the job was
 * forgotten. NULL: out of memory. `folder`: of PAM's service files; NULL: the system's. */
struct auth_plain_job *auth_plain_start(uv_loop_t *loop, const char *folder, const char *user,
	const char *password, void (*done)(void *context, bool good), void *context);

/* Nobody waits for it any more; it ends by itself. Takes NULL. */
void auth_plain_forget(struct auth_plain_job *job);

#endif
