/* SPDX-License-Identifier: GPL-2.0-or-later */
/* broker: serves several clients at once, each at a desk of its own (capture/broker/desk.h). One thread. */
#ifndef ZEROVNC_BROKER_H
#define ZEROVNC_BROKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "capture/broker/desk.h"

struct broker_options {
	int listener;                         /* a listening, non-blocking SOCK_SEQPACKET socket; borrowed */
	int lifeline;                         /* borrowed; it ends when this is hung up; -1: there is none */
	uid_t uid;                            /* who may connect, besides root */
	const struct desk_services *services; /* borrowed */
	const _Atomic bool *ended;            /* becomes true when it is to end; looked at after each event */
};

/* Serves until *ended, with signals unblocked only while it waits. 0; -EPIPE: the lifeline was hung up;
 * -errno if it cannot wait any more. */
int broker_run(const struct broker_options *options);

/* Prints a line for the log. */
void broker_say(const char *what, const char *why);

#endif
