/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jail of a server that was built without libseccomp and libcap, or with a sanitizer, which looks into
 * the process in ways that the jail refuses. */
#include "server/jail/jail.h"
#include "server/log.h"

int jail_enter(const struct config *config, struct reason *reason) {
	(void)config;
	(void)reason;
	return 0;
}

int jail_close(struct reason *reason) {
	(void)reason;
	log_info(
		"sandbox: none, because this zerovnc was built without libseccomp and libcap, or with a sanitizer");
	return 0;
}
