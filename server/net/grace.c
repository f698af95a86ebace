/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/grace.h"

#include <stdio.h>

enum whose { PROGRAM, PERSON, OTHERS, MODULES };

/*
 * Whose turn it is in each state. Dialogs that viewers show there: TigerVNC's asks about the certificate when
 * TLS is up and about the RSA key before it sends its own; its Java viewer asks about the certificate in the
 * middle of TLS's handshake; Remmina asks for the files of X.509 before it begins TLS. Names and passwords
 * are asked for where they are sent, by all of them. PAM's modules may wait for a person with a telephone.
 */
static const struct {
	const char *what;
	enum whose whose;
} waits[GRACE_WAIT_COUNT] = {
	[GRACE_FIRST_BYTES] = {"its first bytes", PROGRAM},
	[GRACE_HTTP] = {"the end of its HTTP request", PROGRAM},
	[GRACE_TLS] = {"the end of TLS's handshake", PROGRAM},
	[GRACE_VERSION] = {"its RFB version", PROGRAM},
	[GRACE_TYPE] = {"its choice of a security type", PROGRAM},
	[GRACE_VENCRYPT] = {"its choice of a VeNCrypt type", PROGRAM},
	[GRACE_CERTIFICATE] = {"a decision about the server's certificate", PERSON},
	[GRACE_RSA_KEY] = {"a decision about the server's RSA key", PERSON},
	[GRACE_RSA] = {"the end of the RSA-AES key exchange", PROGRAM},
	[GRACE_PASSWORD] = {"a password", PERSON},
	[GRACE_USER] = {"a user name and password", PERSON},
	[GRACE_REST] = {"the rest of its answer", PROGRAM},
	[GRACE_TURN] = {"its turn", OTHERS},
	[GRACE_PAM] = {"PAM's answer", MODULES},
	[GRACE_CLIENT_INIT] = {"ClientInit", PROGRAM},
};

static const char *const helps[] = {
	[PROGRAM] = "viewers send that at once, so it is none, or its network is very slow",
	[PERSON] = "--login-grace gives people more time",
	[OTHERS] = "too many wrong passwords come from elsewhere: a firewall can keep those out",
	[MODULES] = "see the modules in PAM's rules for zerovnc; --login-grace gives them more time",
};

bool grace_is_person(enum grace_wait wait) {
	return waits[wait].whose != PROGRAM;
}

void grace_begin(struct grace *grace, unsigned login_s, uint64_t now_ms) {
	*grace = (struct grace){
		.begin = now_ms,
		.end = now_ms + 1000ull * (login_s ? login_s : GRACE_LOGIN_S),
		.since = now_ms,
		.program_end = now_ms + GRACE_PROGRAM_MS,
		.wait = GRACE_FIRST_BYTES,
	};
}

/* Steps that programs make one after the other share their time: else each byte of them could take it anew.
 */
void grace_await(struct grace *grace, enum grace_wait wait, uint64_t now_ms) {
	if (wait == grace->wait)
		return;
	if (grace_is_person(grace->wait) && !grace_is_person(wait))
		grace->program_end = now_ms + GRACE_PROGRAM_MS;
	grace->wait = wait;
	grace->since = now_ms;
}

uint64_t grace_until(const struct grace *grace) {
	bool program = !grace_is_person(grace->wait) && grace->program_end < grace->end;
	return program ? grace->program_end : grace->end;
}

static unsigned seconds(uint64_t from, uint64_t to) {
	return (unsigned)((to - from + 500) / 1000);
}

void grace_explain(const struct grace *grace, uint64_t now_ms, char *text, size_t size) {
	snprintf(text, size, "%s did not come in %u seconds, %u after it connected; %s",
		waits[grace->wait].what, seconds(grace->since, now_ms), seconds(grace->begin, now_ms),
		helps[waits[grace->wait].whose]);
}

void grace_tell(const struct grace *grace, uint64_t now_ms, char *text, size_t size) {
	bool person = grace_is_person(grace->wait);
	snprintf(text, size, "%s did not come within %u seconds%s: connect again", waits[grace->wait].what,
		person ? seconds(grace->begin, now_ms) : seconds(grace->since, now_ms),
		person ? " of connecting (the server's --login-grace)" : "");
}
