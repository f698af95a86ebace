/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyholder: the process that has CAP_SYS_ADMIN, so that the broker has none. It asks a card what only that
 * capability is told (kms_device_ask), and nothing else: it opens no file, allocates nothing, starts nothing,
 * and has a card only while it answers one question about it. What the kernel answers belongs to the open
 * file of the card, which the broker shares with it.
 *
 * The broker (capture/broker/key.h) starts it, and asks one question at a time, each with one descriptor: the
 * card. Who asks otherwise, ends it. It ends with the broker, and the broker with it.
 */
#ifndef ZEROVNC_BROKER_KEYHOLDER_H
#define ZEROVNC_BROKER_KEYHOLDER_H

#include <drm.h>
#include <stdint.h>

#include "capture/base/processor.h"
#include "capture/base/reason.h"

enum keyholder_call { KEYHOLDER_GETFB2, KEYHOLDER_GETFB, KEYHOLDER_DROP_MASTER, KEYHOLDER_CALLS };

/* What each of them is for the kernel. */
extern const unsigned long keyholder_requests[KEYHOLDER_CALLS];

/* Comes once, when its sandbox is complete. */
struct keyholder_greeting {
	int32_t error;                               /* 0; -errno: it ends, because of `reason` */
	uint32_t may_capture;                        /* it has the capability */
	char reason[sizeof((struct reason){}.text)]; /* what this kernel lacks; empty: nothing */
};

struct keyholder_question {
	uint32_t call; /* enum keyholder_call */
	uint32_t fb_id;
	uint32_t
		processor; /* where the broker runs, and the keyholder runs best (capture/base/processor.h) */
};

/* What the kernel reads and writes. Of what it reads, only fb_id is not 0. */
union keyholder_argument {
	uint32_t fb_id; /* the first member of each of the others */
	struct drm_mode_fb_cmd2 fb2;
	struct drm_mode_fb_cmd fb;
};

struct keyholder_answer {
	int32_t error; /* 0 or -errno */
	union keyholder_argument argument;
};

/* Takes from this process all but that capability and what answering takes. It cannot be undone. 0, with
 * `reason` saying what this kernel does not offer (empty: nothing is missing); or -errno with a reason. */
int keyholder_confine(struct reason *reason);

/* Answers questions until the other side is gone (0) or breaks the rules (-EPROTO). The SOCK_SEQPACKET socket
 * is borrowed. */
int keyholder_serve(int socket, struct processor_follower *follower);

/* The whole life of the process: closes all files but the socket, enters the sandbox, greets and answers.
 * Takes the socket over. */
_Noreturn void keyholder_live(int socket);

#endif
