/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_helper: asks PAM in another process (zerovnc-login), because PAM's modules need rights that a server
 * which meets strangers should not have. A connection is for one question. Each is asked in a process of its
 * own, and a few at a time: who waits for an answer waits there, so that a server that was taken over guesses
 * no faster than its viewers.
 */
#ifndef ZEROVNC_AUTH_HELPER_H
#define ZEROVNC_AUTH_HELPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "server/net/auth/pam.h"

/* Asks by the helper's socket, and blocks. Whatever goes wrong is a refusal, with the reason. Any thread. */
void auth_helper_ask(
	const char *path, const struct auth_pam_question *question, struct auth_pam_verdict *verdict);

struct auth_helper_options {
	int listener;              /* a listening SOCK_SEQPACKET socket; borrowed */
	uid_t uid;                 /* who may ask, besides root */
	const char *folder;        /* as in auth_pam_ask() */
	unsigned refusal_ms;       /* how long each refusal is kept back */
	const _Atomic bool *ended; /* becomes true when it is to end; looked at after each signal */
};

/* Answers until *ended. 0 or -errno. */
int auth_helper_serve(const struct auth_helper_options *options);

#endif
