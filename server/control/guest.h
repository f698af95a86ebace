/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_guest: who may ask for what at the control socket: root and the user that the server runs as for
 * everything, and a guest, the user at the screen, for what concerns viewers and can be taken back. Pure. */
#ifndef ZEROVNC_CONTROL_GUEST_H
#define ZEROVNC_CONTROL_GUEST_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts zeroed: there is no guest. */
struct control_guest {
	bool known;
	uid_t uid;
};

/* Whether this user may ask for anything at all. */
bool control_guest_may_come(const struct control_guest *guest, uid_t uid);
/* Whether it may ask for this. */
bool control_guest_may(const struct control_guest *guest, uid_t uid, const char *verb);

/* Why not, in words for whoever asks; static. */
extern const char control_guest_no[];

#endif
