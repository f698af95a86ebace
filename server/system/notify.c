/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "server/printable.h"

/* Connected to the service manager's socket; -1: there is none, or `trouble` says why it cannot be had. */
static int manager = -1;
static int trouble;

static int set_address(const char *name, struct sockaddr_un *address, socklen_t *size) {
	size_t length = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || length >= sizeof address->sun_path)
		return -EINVAL;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, name, length);
	if (name[0] == '@') /* an abstract socket, which has no file: unix(7) */
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

void notify_prepare(void) {
	struct sockaddr_un address;
	socklen_t size;
	const char *name = getenv("NOTIFY_SOCKET");
	if (!name || !*name || (trouble = set_address(name, &address, &size)) != 0)
		return;
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager >= 0 && connect(manager, (struct sockaddr *)&address, size) == 0)
		return;
	trouble = -errno;
	if (manager >= 0)
		close(manager);
	manager = -1;
}

int notify_send(const char *assignments) {
	if (manager < 0)
		return trouble;
	return send(manager, assignments, strlen(assignments), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int notify_status(const char *format, ...) {
	char text[512], line[512] = "STATUS=";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printable(line + strlen(line), sizeof line - strlen(line), text);
	return notify_send(line);
}

int notify_reloading(void) {
	char lines[64];
	snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)(clock_now_ns() / 1000));
	return notify_send(lines);
}

uint64_t notify_watchdog_ms(void) {
	const char *interval = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
	if (!interval || (process && strtol(process, NULL, 10) != (long)getpid()))
		return 0;
	char *end;
	unsigned long long microseconds = strtoull(interval, &end, 10);
	return *end ? 0 : microseconds / 1000;
}
