/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/environment.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/*
 * glibc itself heeds what it knows (LD_PRELOAD), and so do some libraries (secure_getenv). libglvnd, Mesa,
 * GBM and the drivers behind them look at user numbers at most, which file capabilities leave alike: each of
 * __EGL_VENDOR_LIBRARY_FILENAMES, LIBGL_DRIVERS_PATH, GBM_BACKENDS_PATH and dozens more has code loaded or
 * files written. New ones come with every release; so this lists what stays, not what goes.
 *
 * What stays is read by us alone, and is what a service manager says to whatever it starts. The rest has
 * another source: HOME the user database, XKB_DEFAULT_* and TZ the system's settings. STATE_DIRECTORY and
 * XDG_* would choose where keys and sockets go. LANG, LC_* and TERM are read by nothing here.
 */
static const char *const kept[] = {
	"JOURNAL_STREAM", /* compared with what stderr is, nothing else */
	"LISTEN_FDS",     /* how many descriptors were passed: the caller's own */
	"LISTEN_PID",
	"NOTIFY_SOCKET", /* where READY=1 and the like go, in a datagram */
	"WATCHDOG_PID",
	"WATCHDOG_USEC",
};

static bool is_kept(const char *variable) {
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		size_t length = strlen(kept[i]);
		if (strncmp(variable, kept[i], length) == 0 && variable[length] == '=')
			return true;
	}
	return false;
}

void environment_guard(void) {
	if (!getauxval(AT_SECURE) || !environ)
		return;
	char **to = environ;
	for (char **from = environ; *from; from++)
		if (is_kept(*from))
			*to++ = *from;
	*to = NULL;
}
