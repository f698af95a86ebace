/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/system/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ENTRY_SIZE = 4096 };

/* A desktop's terminal passes the variable on to the programs that run in it. It is meant only for the stream
 * that it names. */
bool journal_is_stderr(void) {
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat status;
	if (!stream || fstat(STDERR_FILENO, &status) < 0)
		return false;
	snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(own, stream) == 0;
}

static int journal = -1; /* connected to it; -1: there is none */

void journal_prepare(void) {
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	journal = journal_is_stderr() ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (journal < 0 || connect(journal, (const struct sockaddr *)&address, sizeof address) == 0)
		return;
	close(journal);
	journal = -1;
}

int journal_send(const struct journal_field *fields, size_t count) {
	char entry[ENTRY_SIZE];
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		const char *text = fields[i].text;
		if (!text || !text[0])
			continue;
		int length = snprintf(entry + used, sizeof entry - used, "%s=%s\n", fields[i].name, text);
		if (length < 0 || (size_t)length >= sizeof entry - used)
			return -EMSGSIZE;
		used += (size_t)length;
	}
	return send(journal, entry, used, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}
