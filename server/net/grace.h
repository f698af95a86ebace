/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grace: how long a stranger has for what it is waited for. What a program sends by itself has seconds. Where
 * a viewer may be showing a dialog, its person has as long as the administrator grants (--login-grace, as
 * OpenSSH's LoginGraceTime), counted from the moment the connection came in, so that all dialogs together are
 * bounded.
 *
 * Pure bookkeeping; the time is the caller's, in milliseconds.
 */
#ifndef ZEROVNC_GRACE_H
#define ZEROVNC_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GRACE_PROGRAM_MS = 8000, /* for all that a program sends without asking anybody */
	GRACE_LOGIN_S = 120,     /* for everything up to ClientInit, where the administrator says nothing */
	GRACE_LOGIN_MIN_S = 5,
	GRACE_LOGIN_MAX_S = 3600,
};

/* What a stranger is waited for. */
enum grace_wait {
	GRACE_FIRST_BYTES,
	GRACE_HTTP,
	GRACE_TLS,
	GRACE_VERSION,
	GRACE_TYPE,
	GRACE_VENCRYPT,
	GRACE_CERTIFICATE, /* the viewer may ask whether the server's certificate is to be trusted */
	GRACE_RSA_KEY,     /* the same of its RSA key */
	GRACE_RSA,
	GRACE_PASSWORD,
	GRACE_USER,
	GRACE_REST, /* of an answer that has begun: whoever had to decide has decided */
	GRACE_TURN, /* its password is there, and others have to be looked at first */
	GRACE_PAM,
	GRACE_CLIENT_INIT,
	GRACE_WAIT_COUNT,
};

struct grace {
	uint64_t begin, end;  /* of the whole */
	uint64_t since;       /* it has been waited for what it is waited for now */
	uint64_t program_end; /* of the steps that programs make one after the other */
	enum grace_wait wait;
};

/* A connection came in; it is waited for its first bytes. */
void grace_begin(struct grace *grace, unsigned login_s, uint64_t now_ms);

/* It is waited for that now. */
void grace_await(struct grace *grace, enum grace_wait wait, uint64_t now_ms);

/* When what is waited for is too late. */
uint64_t grace_until(const struct grace *grace);

/* Whether it may be a person whom it is waited for. */
bool grace_is_person(enum grace_wait wait);

/* Sentences on a stranger that was too late: for the administrator (what was waited for, how long, what
 * helps), and for the viewer. */
void grace_explain(const struct grace *grace, uint64_t now_ms, char *text, size_t size);
void grace_tell(const struct grace *grace, uint64_t now_ms, char *text, size_t size);

#endif
