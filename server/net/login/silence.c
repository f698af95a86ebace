/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/silence.h"

#include <stdbool.h>

#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/peer.h"
#include "server/net/remote.h"

enum { AGAIN_MS = 1 };

static const struct place *place_of(const struct login *login) {
	return &peer_remote(login->peer)->place;
}

/*
 * A VNC viewer waits for our greeting. A browser that is greeted takes that for a broken answer, and nothing
 * repairs it. So silence decides, and its length is a compromise between viewers that wait in vain and pages
 * that break. A browser's first request follows the connection's last ACK at once. What delays it is a busy
 * machine at the other end (a Chromium that starts on such a machine took more than 80 ms every third time,
 * and 200 ms in none of five), and what the path does to the first packet, which grows with the round trip.
 * But browsers also open connections before they know what to ask for, and use them while the page loads (260
 * ms were seen). So if a browser was just seen at the same place, the client gets much more time.
 */
static unsigned patience(const struct login *login) {
	const struct logins *logins = login->logins;
	if (logins->web_root < 0)
		return SILENCE_MS;
	unsigned round_trips = (unsigned)(2 * peer_round_trip_us(login->peer) / 1000);
	if (round_trips > SILENCE_MAYBE_BROWSER_MS)
		round_trips = SILENCE_MAYBE_BROWSER_MS;
	for (size_t i = 0; i < SILENCE_BROWSERS; i++) {
		const struct browser *browser = &logins->browsers.list[i];
		if (place_same(&browser->place, place_of(login)) && browser->until > uv_now(logins->loop))
			return SILENCE_BROWSER_MS;
	}
	return SILENCE_MAYBE_BROWSER_MS + round_trips;
}

/* The loop runs timers before it looks at sockets. If the loop itself was delayed, bytes that came meanwhile
 * may be waiting unread. */
static void on_silence(uv_timer_t *timer) {
	struct login *login = timer->data;
	if (!peer_is_open(login->peer))
		return;
	uv_timer_start(timer, on_silence, AGAIN_MS, 0); /* unless reading breaks the silence */
	if (!peer_take_turn(login->peer) || !uv_is_active((uv_handle_t *)timer))
		return;
	uv_timer_stop(timer);
	if (!peer_is_open(login->peer))
		return;
	login->silence.over(login);
	peer_flush(login->peer);
}

void silence_init(struct login *login) {
	uv_timer_init(login->logins->loop, &login->silence.timer);
	login->silence.timer.data = login;
}

static void await(struct login *login, unsigned ms, void (*over)(struct login *login)) {
	login->silence.over = over;
	uv_timer_start(&login->silence.timer, on_silence, ms, 0);
}

void silence_await(struct login *login, void (*over)(struct login *login)) {
	await(login, patience(login), over);
}

void silence_await_browser(struct login *login, void (*over)(struct login *login)) {
	await(login, SILENCE_BROWSER_MS, over);
}

void silence_is_broken(struct login *login) {
	uv_timer_stop(&login->silence.timer);
}

static void remember(struct browsers *browsers, const struct place *place, uint64_t now) {
	struct browser *chosen = &browsers->list[0];
	for (size_t i = 0; i < SILENCE_BROWSERS; i++) {
		struct browser *browser = &browsers->list[i];
		if (place_same(&browser->place, place)) {
			chosen = browser;
			break;
		}
		if (browser->until < chosen->until)
			chosen = browser;
	}
	*chosen = (struct browser){*place, now + SILENCE_BROWSER_SEEN_MS};
}

static bool is_silent(const struct login *login) {
	return uv_is_active((const uv_handle_t *)&login->silence.timer) && peer_is_open(login->peer);
}

void silence_saw_browser(struct login *login) {
	struct logins *logins = login->logins;
	remember(&logins->browsers, place_of(login), uv_now(logins->loop));
	struct login *other;
	LIST_FOREACH(other, &logins->list, link)
		if (other != login && is_silent(other) && place_same(place_of(other), place_of(login)))
			silence_await_browser(other, other->silence.over);
}
