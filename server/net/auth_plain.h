/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_plain: a user's name and password, asked of PAM. PAM blocks (it may wait for a network), so it is
 * asked in libuv's thread pool; what it wants to pass after a wrong password passes on the loop, where nobody
 * waits for it but whom it is meant for. One address is asked about once at a time: the others of its
 * questions wait, so that a crowd from one place keeps nobody else out.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_AUTH_PLAIN_H
#define ZEROVNC_AUTH_PLAIN_H

#include <stdbool.h>
#include <uv.h>

#include "server/net/limits.h"

struct auth_plain;
struct auth_plain_job;

/* `folder`: of PAM's service files, and outlives the loop's last turn; NULL: the system's. NULL: out of
 * memory. */
struct auth_plain *auth_plain_create(uv_loop_t *loop, const char *folder);

/* Every job was answered or forgotten; what runs still ends by itself, on the loop. Takes NULL. */
void auth_plain_destroy(struct auth_plain *plain);

/* Copies user and password, wipes the copies afterwards. `from`: who asks. `done` is called on the loop,
 * later, unless the job was forgotten. NULL: out of memory. */
struct auth_plain_job *auth_plain_start(struct auth_plain *plain, const struct limits_key *from,
	const char *user, const char *password, void (*done)(void *context, bool good), void *context);

/* Nobody waits for it any more; it ends by itself. Takes NULL. */
void auth_plain_forget(struct auth_plain_job *job);

#endif
