/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/printable.h"

int notify_send(const char *assignments) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name ? strlen(name) : 0, size = strlen(assignments);
	if (length == 0)
		return 0;
	if ((name[0] != '/' && name[0] != '@') || length >= sizeof address.sun_path)
		return -EINVAL;
	memcpy(address.sun_path, name, length);
	if (name[0] == '@') /* an abstract socket, which has no file: unix(7) */
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;
	if (fd < 0)
		return -errno;
	socklen_t address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (sendto(fd, assignments, size, MSG_NOSIGNAL, (struct sockaddr *)&address, address_size) < 0)
		error = -errno;
	close(fd);
	return error;
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

uint64_t notify_watchdog_ms(void) {
	const char *interval = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
	if (!interval || (process && strtol(process, NULL, 10) != (long)getpid()))
		return 0;
	char *end;
	unsigned long long microseconds = strtoull(interval, &end, 10);
	return *end ? 0 : microseconds / 1000;
}
