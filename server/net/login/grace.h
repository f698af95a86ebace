/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grace: how long an unauthenticated client (login.h) may keep us waiting. What a program sends by
 * itself is due within seconds. If a viewer may be showing a dialog, the person in front of it has as long as
 * the administrator allows (--login-grace, like OpenSSH's LoginGraceTime). That time is counted from the
 * moment the connection was accepted, so that the sum of all dialogs is bounded too.
 *
 * Pure bookkeeping: the caller passes the time, in milliseconds.
 */
#ifndef ZEROVNC_GRACE_H
#define ZEROVNC_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GRACE_PROGRAM_MS = 8000, /* for everything that a program sends without asking anybody */
	GRACE_LOGIN_S = 120,     /* for the whole login, up to ClientInit; the default of --login-grace */
	GRACE_LOGIN_MIN_S = 5,
	GRACE_LOGIN_MAX_S = 3600,
};

/* What we wait for. */
enum grace_wait {
	GRACE_FIRST_BYTES,
	GRACE_HTTP,
	GRACE_TLS,
	GRACE_VERSION,
	GRACE_TYPE,
	GRACE_VENCRYPT,
	GRACE_CERTIFICATE, /* the viewer may be asking whether to trust the server's certificate */
	GRACE_RSA_KEY,     /* the same, for the server's RSA key */
	GRACE_RSA,
	GRACE_PASSWORD,
	GRACE_USER,
	GRACE_REST, /* the rest of a message that has begun: the person has answered */
	GRACE_TURN, /* the password is here, but others are checked first */
	GRACE_PAM,
	GRACE_CLIENT_INIT,
	GRACE_WAIT_COUNT,
};

struct grace {
	uint64_t begin, end;  /* of the whole login */
	uint64_t since;       /* when the present wait began */
	uint64_t program_end; /* when the present run of steps without a person is over */
	enum grace_wait wait;
};

/* A connection was accepted: we wait for its first bytes. `login_s` 0: GRACE_LOGIN_S. */
void grace_begin(struct grace *grace, unsigned login_s, uint64_t now_ms);

/* From now on we wait for this. */
void grace_await(struct grace *grace, enum grace_wait wait, uint64_t now_ms);

/* The deadline of the present wait. */
uint64_t grace_until(const struct grace *grace);

/* Whether this wait has the long deadline, because it depends on a person or on PAM's modules. */
bool grace_is_person(enum grace_wait wait);

/* Describe a missed deadline: grace_explain() for the log (what, how long, what helps), grace_tell() for the
 * viewer. */
void grace_explain(const struct grace *grace, uint64_t now_ms, char *text, size_t size);
void grace_tell(const struct grace *grace, uint64_t now_ms, char *text, size_t size);

#endif
