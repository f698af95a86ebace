/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookout: decides when to look whether outputs came or went. Pure: the caller passes the time and what it
 * noticed. Times are CLOCK_MONOTONIC in nanoseconds.
 *
 * The kernel announces a monitor that comes or goes. Nothing announces that a compositor then lights it, or
 * that somebody changes the desktop's settings. So a sign makes a look due at once, and the looks after it
 * come three times a second. Without a sign they come twice a second, or three times a second if the kernel's
 * messages cannot be received.
 */
#ifndef ZEROVNC_LOOKOUT_H
#define ZEROVNC_LOOKOUT_H

#include <stdbool.h>
#include <stdint.h>

/* To be zeroed before the first use. */
struct lookout {
	bool told;          /* the kernel's messages are received */
	uint64_t looked_ns; /* when it was last looked; 0: look at once */
	uint64_t sign_ns;   /* when the last sign came; 0: none came */
	uint64_t seen;      /* see lookout_see() */
};

/* Something has come, gone or changed, and more may follow. */
void lookout_sign(struct lookout *lookout, uint64_t now_ns);

/* To be called with a number that stands for what is known of the outputs. Another number than before is a
 * sign. */
void lookout_see(struct lookout *lookout, uint64_t seen, uint64_t now_ns);

bool lookout_due(const struct lookout *lookout, uint64_t now_ns);

/* A look was made. */
void lookout_looked(struct lookout *lookout, uint64_t now_ns);

/* How long until the next look is due. */
uint64_t lookout_wait_ns(const struct lookout *lookout, uint64_t now_ns);

#endif
