/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/warp.h"

enum { EQUALLY_FAR = 4 };

void warp_put(struct warp *warp, int32_t x, int32_t y) {
	warp->put = true;
	warp->moved = false;
	warp->put_x = x;
	warp->put_y = y;
}

bool warp_see(struct warp *warp, int32_t x, int32_t y, bool own) {
	bool moved = warp->seen && (warp->x != x || warp->y != y);
	warp->seen = true;
	warp->x = x;
	warp->y = y;
	warp->moved |= moved && !own;
	return moved;
}

void warp_forget(struct warp *warp) {
	warp->seen = false;
}

static bool is_within(int32_t x, int32_t y, uint32_t distance) {
	return x <= (int32_t)distance && x >= -(int32_t)distance && y <= (int32_t)distance &&
	       y >= -(int32_t)distance;
}

static bool is_elsewhere(struct warp *warp, uint32_t near) {
	int32_t x = warp->x - warp->put_x, y = warp->y - warp->put_y;
	bool again = is_within(x - warp->off_x, y - warp->off_y, EQUALLY_FAR);
	warp->off_x = x;
	warp->off_y = y;
	return !is_within(x, y, near) && !again;
}

void warp_rest(struct warp *warp, uint32_t near) {
	if (warp->moved || (warp->seen && warp->put && is_elsewhere(warp, near)))
		warp->count++;
	warp->moved = warp->put = false;
}
