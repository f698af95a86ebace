/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/lookout.h"

static const uint64_t alert_interval_ns = 300 * 1000000ull;
static const uint64_t calm_interval_ns = 450 * 1000000ull;
/* A compositor lights a new monitor, or wakes all of them, within this time. */
static const uint64_t alert_ns = 5000 * 1000000ull;

void lookout_sign(struct lookout *lookout, uint64_t now_ns) {
	lookout->sign_ns = now_ns;
	lookout->looked_ns = 0;
}

void lookout_see(struct lookout *lookout, uint64_t seen, uint64_t now_ns) {
	if (seen != lookout->seen)
		lookout_sign(lookout, now_ns);
	lookout->seen = seen;
}

static uint64_t due_ns(const struct lookout *lookout, uint64_t now_ns) {
	bool alert = !lookout->told || (lookout->sign_ns && now_ns < lookout->sign_ns + alert_ns);
	return lookout->looked_ns ? lookout->looked_ns + (alert ? alert_interval_ns : calm_interval_ns) : 0;
}

bool lookout_due(const struct lookout *lookout, uint64_t now_ns) {
	return now_ns >= due_ns(lookout, now_ns);
}

void lookout_looked(struct lookout *lookout, uint64_t now_ns) {
	lookout->looked_ns = now_ns;
}

uint64_t lookout_wait_ns(const struct lookout *lookout, uint64_t now_ns) {
	uint64_t due = due_ns(lookout, now_ns);
	return due > now_ns ? due - now_ns : 0;
}
