/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "server/system/announce.h"

int announce_create(uv_loop_t *loop, const char *name, const struct announce_place *places, size_t count,
	struct announce **announce, struct reason *reason) {
	(void)loop;
	(void)name;
	(void)places;
	(void)count;
	*announce = NULL;
	return reason_set(reason, -EOPNOTSUPP, "this zerovnc was built without libsystemd");
}

void announce_rename(struct announce *announce, const char *name) {
	(void)announce;
	(void)name;
}

void announce_destroy(struct announce *announce) {
	(void)announce;
}
