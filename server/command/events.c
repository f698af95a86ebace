/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "server/control/ask.h"
#include "server/log.h"
#include "server/printable_json.h"

static int open_stream(const struct config *config, FILE **stream, struct reason *reason) {
	const struct timeval for_ever = {0};
	int fd = control_open(config->control, "events", reason);
	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
	*stream = fdopen(fd, "r");
	if (*stream)
		return 0;
	close(fd);
	return reason_set(reason, -ENOMEM, "out of memory");
}

/* Returns false, with a reason, if it is no event. */
static bool print_event(const char *line, struct reason *reason) {
	json_error_t fault;
	json_t *event = json_loads(line, 0, &fault);
	const char *error = json_string_value(json_object_get(event, "error"));
	if (!event)
		reason_set(reason, -EPROTO, "the server sent something that is no event");
	else if (error)
		reason_set(reason, -EBUSY, "%s", error);
	else
		printable_dump_line(event, stdout);
	bool good = event && !error;
	json_decref(event);
	return good;
}

int events_run(const struct config *config) {
	struct reason reason = {""};
	FILE *stream = NULL;
	char *line = NULL;
	size_t size = 0;
	bool good = open_stream(config, &stream, &reason) == 0;
	while (good) {
		good = getline(&line, &size, stream) > 0;
		if (!good)
			reason_set(&reason, -EPIPE, "the server has ended, or has closed the connection");
		else
			good = print_event(line, &reason) && fflush(stdout) == 0;
	}
	if (reason.text[0])
		log_error("%s", reason.text);
	free(line);
	if (stream)
		fclose(stream);
	return 1;
}
