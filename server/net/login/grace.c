/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/grace.h"

#include <stdio.h>

enum whose { PROGRAM, PERSON, OTHERS, MODULES };

/*
 * What we wait for in each state. Viewers show dialogs in these states: TigerVNC asks about the certificate
 * once TLS is up, and about the RSA key before it sends its own. TigerVNC's Java viewer asks about the
 * certificate in the middle of the TLS handshake. Remmina asks for X.509 files before it starts TLS. All of
 * them ask for names and passwords just before they send them. PAM's modules may wait for somebody's phone.
 */
static const struct {
	const char *what;
	enum whose whose;
} waits[GRACE_WAIT_COUNT] = {
	[GRACE_FIRST_BYTES] = {"the first bytes", PROGRAM},
	[GRACE_HTTP] = {"the rest of the HTTP request", PROGRAM},
	[GRACE_TLS] = {"the rest of the TLS handshake", PROGRAM},
	[GRACE_VERSION] = {"the viewer's RFB version", PROGRAM},
	[GRACE_TYPE] = {"the viewer's choice of a security type", PROGRAM},
	[GRACE_VENCRYPT] = {"the viewer's choice of a VeNCrypt type", PROGRAM},
	[GRACE_CERTIFICATE] = {"a decision about the server's certificate", PERSON},
	[GRACE_RSA_KEY] = {"a decision about the server's RSA key", PERSON},
	[GRACE_RSA] = {"the rest of the RSA-AES key exchange", PROGRAM},
	[GRACE_PASSWORD] = {"a password", PERSON},
	[GRACE_USER] = {"a user name and password", PERSON},
	[GRACE_REST] = {"the rest of the viewer's message", PROGRAM},
	[GRACE_TURN] = {"its turn to be checked", OTHERS},
	[GRACE_PAM] = {"PAM's answer", MODULES},
	[GRACE_CLIENT_INIT] = {"the viewer's ClientInit", PROGRAM},
};

static const char *const helps[] = {
	[PROGRAM] =
		"viewers send this without asking anybody, so it is no viewer, or its network is very slow",
	[PERSON] = "--login-grace allows people more time",
	[OTHERS] = "too many wrong passwords come from other addresses: block those in a firewall",
	[MODULES] = "check the modules of PAM's service zerovnc, or allow them more time by --login-grace",
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

/* Consecutive steps of a program share one deadline. Otherwise each step, or each byte, could extend it. */
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
	snprintf(text, size, "timed out %u seconds after it connected: waited %u seconds for %s; %s",
		seconds(grace->begin, now_ms), seconds(grace->since, now_ms), waits[grace->wait].what,
		helps[waits[grace->wait].whose]);
}

void grace_tell(const struct grace *grace, uint64_t now_ms, char *text, size_t size) {
	const char *what = waits[grace->wait].what;
	if (grace_is_person(grace->wait))
		snprintf(text, size,
			"timed out: waited for %s, and a login may take %u seconds (the server's --login-grace); connect again",
			what, seconds(grace->begin, grace->end));
	else
		snprintf(text, size, "timed out: waited %u seconds for %s; connect again",
			seconds(grace->since, now_ms), what);
}
