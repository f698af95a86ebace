/* SPDX-License-Identifier: GPL-2.0-or-later */
/* broker_link: a client's connection to the broker. One thread at a time. */
#ifndef ZEROVNC_BROKER_LINK_H
#define ZEROVNC_BROKER_LINK_H

#include "capture/base/reason.h"
#include "capture/broker/wire.h"

/* Connects to the broker's socket. 0, or -errno with a reason that names the remedy. */
int link_connect(const char *path, int *fd, struct reason *reason);

/*
 * Sends a request of this kind, whose `version` and `kind` are filled in here, and waits for the answer.
 * Returns what the broker answered, 0 or -errno, with its reason; or, if the connection is of no use any
 * more:
 * -EPIPE   the broker is gone or has closed the connection
 * -EPROTO  it answered nonsense
 * -ETIMEDOUT  it did not answer
 * The caller closes `fds` (NULL: none are expected), which are empty after an error.
 */
int link_ask(int fd, enum wire_kind kind, struct wire_request *request, struct wire_answer *answer,
	struct wire_fds *fds, struct reason *reason);

/* An error within an answer, which must not be taken for one of the connection. 0 or -errno. */
int link_mend(int error);

/* Whether an error of link_ask() means that the connection is of no use any more. The broker itself never
 * answers with these. */
bool link_is_broken(int error);

#endif
