/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/module.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/monitor/attribute.h"

enum { UNLOAD_MS = 2000, POLL_MS = 100 };

/* Runs modprobe with these arguments, which end with NULL. 0 or -errno; -EIO: it said no. */
static int run_modprobe(const char *root, char *const arguments[]) {
	static const char *const places[] = {"/usr/sbin/modprobe", "/sbin/modprobe", "/usr/bin/modprobe"};
	static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char full[ATTRIBUTE_PATH];
		pid_t child;
		int status = 0;
		if (!attribute_path(full, root, places[i]) || access(full, X_OK) != 0)
			continue;
		posix_spawnattr_t attributes;
		sigset_t none;
		sigemptyset(&none);
		posix_spawnattr_init(&attributes);
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
		int error = posix_spawn(&child, full, NULL, &attributes, arguments, environment);
		posix_spawnattr_destroy(&attributes);
		if (error)
			return -error;
		while (waitpid(child, &status, 0) < 0)
			if (errno != EINTR)
				return -errno;
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
	}
	return -ENOENT;
}

bool module_is_loaded(const char *root, const char *name) {
	char path[ATTRIBUTE_PATH];
	snprintf(path, sizeof path, "/sys/module/%s", name);
	return attribute_exists(root, path);
}

int module_load(const char *root, const char *name, const char *option, struct reason *reason) {
	char *const arguments[] = {"modprobe", "-q", (char *)name, (char *)option, NULL};
	int error = run_modprobe(root, arguments);
	return error ? reason_set(reason, error, "the module %s cannot be loaded: %s", name,
			       error == -ENOENT ? "there is no modprobe (the package kmod has it)"
			       : error == -EIO
				       ? "modprobe fails; `dmesg` may say why (Secure Boot takes only signed modules)"
				       : strerror(-error))
		     : 0;
}

int module_unload(const char *root, const char *name) {
	char *const arguments[] = {"modprobe", "-q", "-r", (char *)name, NULL};
	if (!module_is_loaded(root, name))
		return 0;
	/* A program that shows something there needs a moment to let go. Linux with framebuffers that hold
	 * handles (6.12.38 to 6.18) never lets go of a module whose text console was exported as a dma-buf.
	 */
	for (unsigned waited = 0; waited < UNLOAD_MS; waited += POLL_MS) {
		if (run_modprobe(root, arguments) == 0)
			return 0;
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
	}
	return -EBUSY;
}
