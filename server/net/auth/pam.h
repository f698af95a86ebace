/* SPDX-License-Identifier: GPL-2.0-or-later */
/* auth_pam: asks PAM one question. */
#ifndef ZEROVNC_AUTH_PAM_H
#define ZEROVNC_AUTH_PAM_H

#include <stdint.h>

enum { AUTH_PAM_TEXT = 256, AUTH_PAM_HOST = 64 };

struct auth_pam_question {
	char user[AUTH_PAM_TEXT], password[AUTH_PAM_TEXT];
	char host[AUTH_PAM_HOST]; /* where the viewer is (PAM_RHOST) */
	/* 0: this user may not come in whatever PAM says. PAM is then asked about a name that nobody can
	 * have, so that the answer takes the usual time and nobody's account gets locked. */
	uint32_t listed;
};

struct auth_pam_verdict {
	char refusal[128]; /* why PAM refuses, in words for the log; "": it accepts */
	uint32_t pause_us; /* how long PAM wants a refusal to take */
};

/* Blocks; PAM may wait for a network. `folder`: the folder of PAM's service files; NULL for the system's. Any
 * thread. */
void auth_pam_ask(
	const char *folder, const struct auth_pam_question *question, struct auth_pam_verdict *verdict);

#endif
