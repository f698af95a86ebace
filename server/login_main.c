/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zerovnc-login: asks PAM for a server that is not root (server/net/auth/helper.h). */
#include <stdio.h>
#include <string.h>

#include "capture/broker/entrance.h"
#include "server/net/auth/helper.h"

int main(int argc, char **argv) {
	static const struct entrance_program program = {"zerovnc-login", "/run/zerovnc-login/socket",
		"Asks PAM about names and passwords for zerovnc. Needs root."};
	static struct entrance entrance;
	int status = entrance_begin(&entrance, &program, argc, argv);
	if (status >= 0)
		return status;
	const struct auth_helper_options options = {.listener = entrance.listener,
		.uid = entrance.uid,
		.refusal_ms = 2000,
		.ended = &entrance.ended};
	int error = auth_helper_serve(&options);
	if (error)
		fprintf(stderr, "zerovnc-login: cannot wait for questions any more: %s\n", strerror(-error));
	return error ? ENTRANCE_FAILED : ENTRANCE_DONE;
}
