/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/guest.h"

#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"

static const char *const verbs[] = {"allow", "deny", "events", "viewers"};

const char control_guest_no[] =
	"only root and the user that runs the server may ask for that; the user whose session is active at the screen may use allow, deny, events and viewers, unless --sign=no and --approve=never";

static bool is_host(uid_t uid) {
	return uid == 0 || uid == geteuid();
}

bool control_guest_may_come(const struct control_guest *guest, uid_t uid) {
	return is_host(uid) || (guest->known && guest->uid == uid);
}

bool control_guest_may(const struct control_guest *guest, uid_t uid, const char *verb) {
	if (is_host(uid))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i], verb) == 0)
			return control_guest_may_come(guest, uid);
	return false;
}
