/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/environment.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "capture/base/array.h"

/*
 * glibc itself guards the variables that it knows (LD_PRELOAD), and some libraries do the same
 * (secure_getenv). libglvnd, Mesa, GBM and the drivers behind them look at user ids at most, and file
 * capabilities do not change these: each of __EGL_VENDOR_LIBRARY_FILENAMES, LIBGL_DRIVERS_PATH,
 * GBM_BACKENDS_PATH and dozens more makes them load code or write files. New releases bring new ones. So this
 * is a list of what stays, not of what goes.
 *
 * Only we read what stays; it is what a service manager tells every program that it starts. The rest comes
 * from elsewhere: HOME from the user database, XKB_DEFAULT_* and TZ from the system's settings.
 * STATE_DIRECTORY and XDG_* would choose where keys and sockets go. Nothing here reads LANG, LC_* and TERM.
 */
static const char *const kept[] = {
	"JOURNAL_STREAM", /* only compared with the identity of stderr */
	"LISTEN_FDS",     /* how many descriptors were passed; they are the caller's own */
	"LISTEN_PID",
	"NOTIFY_SOCKET", /* gets datagrams such as READY=1 */
	"WATCHDOG_PID",
	"WATCHDOG_USEC",
};

static bool is_kept(const char *variable) {
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
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
