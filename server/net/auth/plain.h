/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_plain: asks PAM about a user's name and password. PAM blocks (it may wait for a network), so it is
 * asked in libuv's thread pool.
 *
 * The time that a refusal takes reveals nothing about the name: PAM is asked for every name, and the refusal
 * is sent at the next multiple of a fixed pause. Only one question per place (server/net/place.h) is asked at
 * a time, and its pause is part of it. Other questions from that place wait, so that parallel guesses gain
 * nothing and a crowd keeps nobody else out.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_AUTH_PLAIN_H
#define ZEROVNC_AUTH_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/net/auth/pam.h"
#include "server/net/place.h"

enum { AUTH_PLAIN_TEXT = AUTH_PAM_TEXT, AUTH_PLAIN_PAUSE_MS = 3000 };

struct auth_plain_question {
	struct place from;
	const char *type;         /* the security type's name; a constant */
	char address[64];         /* the viewer's address, for people */
	char by[80];              /* the user of this machine who connected, for people; "" if unknown */
	char host[AUTH_PAM_HOST]; /* the address without its port, for PAM (PAM_RHOST) */
	char user[AUTH_PLAIN_TEXT], password[AUTH_PLAIN_TEXT];
	bool listed; /* see struct auth_pam_question */
};

/* What the gateway adds. All members are required. */
struct auth_plain_events {
	void *context;
	/* Returns whether a question from this place may be put to PAM now. If not, its viewer is told at
	 * once. */
	bool (*may_ask)(void *context, const struct place *from);
	/* PAM has just answered. Called once for each question that was put to it, before anybody is told.
	 * `refusal`: why PAM refuses, in words for the log; NULL if it accepts. `waited`: somebody still
	 * waits for the answer. */
	void (*answered)(
		void *context, const struct auth_plain_question *question, const char *refusal, bool waited);
};

enum auth_plain_answer { AUTH_PLAIN_NOT_ASKED, AUTH_PLAIN_WRONG, AUTH_PLAIN_RIGHT };

struct auth_plain;
struct auth_plain_job;

/*
 * Copies the events. `folder`: the folder of PAM's service files, which must stay valid until the loop's last
 * turn; NULL for the system's. `helper`: the socket of the process that asks PAM (helper.h); NULL if we do.
 * Returns NULL when out of memory.
 */
struct auth_plain *auth_plain_create(
	uv_loop_t *loop, const char *folder, const char *helper, const struct auth_plain_events *events);

/* Call it when every job was answered or forgotten. Questions that still run end by themselves, on the loop,
 * and no event is called any more. Takes NULL. */
void auth_plain_destroy(struct auth_plain *plain);

/* Copies the question and wipes the copy afterwards. `done` is called later, on the loop, unless the job was
 * forgotten. Returns NULL when out of memory. */
struct auth_plain_job *auth_plain_start(struct auth_plain *plain, const struct auth_plain_question *question,
	void (*done)(void *context, enum auth_plain_answer answer), void *context);

/* Nobody waits for the job any more. It ends by itself. Takes NULL. */
void auth_plain_forget(struct auth_plain_job *job);

/* How long to keep back a refusal that took `took_ms`: up to the next multiple of the pause. */
uint64_t auth_plain_rest(uint64_t took_ms, uint64_t pause_ms);

#endif
