/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_plain: a user's name and password, asked of PAM. PAM blocks (it may wait for a network), so it is
 * asked in libuv's thread pool.
 *
 * How long a refusal takes tells nothing about the name: PAM is asked for every name, and the refusal is told
 * at the next multiple of a fixed pause. An address is asked about once at a time, its pauses included: other
 * questions from there wait, so that parallel guesses gain nothing and a crowd keeps nobody else out.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef ZEROVNC_AUTH_PLAIN_H
#define ZEROVNC_AUTH_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "server/net/limits.h"

enum { AUTH_PLAIN_TEXT = 256, AUTH_PLAIN_PAUSE_MS = 3000 };

struct auth_plain_question {
	struct limits_key from;
	const char *type; /* the security type's name; a constant */
	char address[64]; /* of the viewer, for people */
	char by[80];      /* the user of this machine who connected, for people; "": unknown */
	char host[64];    /* the same for PAM (PAM_RHOST): without the port */
	char user[AUTH_PLAIN_TEXT], password[AUTH_PLAIN_TEXT];
	/* False: this user may not come in whatever PAM says. PAM is then asked about a name that nobody can
	 * have, so that the answer takes the usual time and nobody's account is locked by it. */
	bool listed;
};

/* What the gateway adds. All required. */
struct auth_plain_events {
	void *context;
	/* Whether a question from there may be put to PAM now; else its viewer is told at once. */
	bool (*may_ask)(void *context, const struct limits_key *from);
	/* PAM has just answered; once for each question that was put to it, before anybody is told.
	 * `refusal`: why it refuses, in words for the log; NULL: it accepts. `waited`: somebody still waits
	 * for it. */
	void (*answered)(
		void *context, const struct auth_plain_question *question, const char *refusal, bool waited);
};

enum auth_plain_answer { AUTH_PLAIN_NOT_ASKED, AUTH_PLAIN_WRONG, AUTH_PLAIN_RIGHT };

struct auth_plain;
struct auth_plain_job;

/* Copies the events. `folder`: of PAM's service files, and outlives the loop's last turn; NULL: the system's.
 * NULL: out of memory. */
struct auth_plain *auth_plain_create(
	uv_loop_t *loop, const char *folder, const struct auth_plain_events *events);

/* Every job was answered or forgotten; what runs still ends by itself, on the loop, and no event is called
 * any more. Takes NULL. */
void auth_plain_destroy(struct auth_plain *plain);

/* Copies the question, wipes the copy afterwards. `done` is called on the loop, later, unless the job was
 * forgotten. NULL: out of memory. */
struct auth_plain_job *auth_plain_start(struct auth_plain *plain, const struct auth_plain_question *question,
	void (*done)(void *context, enum auth_plain_answer answer), void *context);

/* Nobody waits for it any more; it ends by itself. Takes NULL. */
void auth_plain_forget(struct auth_plain_job *job);

/* How long a refusal that took `took_ms` is still kept back: up to the next multiple of the pause. */
uint64_t auth_plain_rest(uint64_t took_ms, uint64_t pause_ms);

#endif
