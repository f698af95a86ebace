/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gateway with the real library behind it, over a socket. */
#include "server/net/gateway.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "tests/server/net/desk.h"
#include "tests/test.h"

static bool all(const struct seen *seen, uint32_t colour) {
	for (size_t i = 0; i < (size_t)seen->width * seen->height; i++)
		if (seen->pixels[i] != colour)
			return false;
	return true;
}

static void until(_Atomic unsigned *counter, unsigned value) {
	for (int i = 0; i < 1000 && *counter < value; i++)
		usleep(10000);
	CHECK(*counter >= value);
}

/* RFC 6143, 7.3.2: the size, the format of the picture's own 32-bit words, and the name. A flag is 255 if it
 * is set, and padding is 0. */
static void begins_with_server_init(struct desk *desk) {
	static const char handshake[] = "RFB 003.008\n\1\1"; /* None; shared */
	const uint8_t big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 255 : 0;
	const uint8_t expected[] = {0, 64, 0, 48, 32, 24, big_endian, 255, 0, 255, 0, 255, 0, 255, 16, 8, 0,
		0, 0, 0, 0, 0, 0, 8, 't', 'h', 'e', ' ', 'd', 'e', 's', 'k'};
	uint8_t bytes[12 + 2 + 4 + sizeof expected];
	int fd = desk_connect(desk);
	seen_say(fd, handshake, sizeof handshake - 1);
	seen_read(fd, bytes, sizeof bytes);
	CHECK(memcmp(bytes + 12 + 2 + 4, expected, sizeof expected) == 0);
	close(fd);
}

static void shows_the_picture(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	CHECK(seen.width == 64 && seen.height == 48);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	CHECK(all(&seen, 0x102030));
	seen_request(&seen, true, 0, 0, 64, 48);
	CHECK(seen_message(&seen, 100) == -1);
	desk_paint(desk, 64, 48, 0xffeedd);
	seen_update(&seen);
	CHECK(all(&seen, 0xffeedd));
	seen_leave(&seen);
}

/* A request stays open while nothing changes. What the viewer asks for in the meantime must not wait for
 * that. */
static void a_still_screen_blocks_nothing(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	seen_request(&seen, true, 0, 0, 64, 48);
	CHECK(seen_message(&seen, 50) == -1);
	seen_request(&seen, false, 8, 8, 16, 16); /* a refresh */
	unsigned before = seen.updates;
	seen_update(&seen);
	CHECK(seen.updates == before + 1);
	seen_request(&seen, true, 0, 0, 64, 48);
	/* red and blue change places: this must take effect although the request is open */
	static const uint8_t format[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16};
	seen_say(seen.fd, format, sizeof format);
	seen_request(&seen, false, 0, 0, 64, 48);
	do
		seen_update(&seen);
	while (seen.pixels[64 * 47] == seen.pixels[0] && seen.pixels[0] == 0);
	while (!all(&seen, 0xddeeff)) /* red and blue have changed places */
		seen_update(&seen);
	/* a request for a larger area than the open one */
	seen_request(&seen, true, 0, 0, 4, 4);
	CHECK(seen_message(&seen, 50) == -1);
	seen_request(&seen, true, 0, 0, 64, 48);
	CHECK(seen_message(&seen, 1000) == 0); /* the answer that closed the first request */
	desk_paint(desk, 64, 48, 0x000001);
	seen_request(&seen, true, 0, 0, 64, 48);
	while (!all(&seen, 0x010000))
		seen_update(&seen);
	seen_leave(&seen);
}

static void follows_sizes(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	static const int32_t encodings[] = {0, -223, -308};
	seen_encodings(&seen, encodings, 3);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	seen_request(&seen, true, 0, 0, 64, 48);
	desk_paint(desk, 100, 30, 0x00ff00);
	while (seen.width != 100)
		CHECK(seen_message(&seen, 10000) == 0);
	CHECK(seen.height == 30);
	seen_request(&seen, false, 0, 0, 100, 30);
	while (!all(&seen, 0x00ff00))
		seen_update(&seen);
	desk_paint(desk, 64, 48, 0x000002);
	seen_leave(&seen);
}

static void hands_input_on(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	unsigned keys = desk->keys, pointers = desk->pointers;
	seen_say(seen.fd, "\4\1\0\0\0\0\xff\x0d", 8);
	until(&desk->keys, keys + 1);
	CHECK(desk->keysym == 0xff0d && desk->scancode == 0);
	seen_say(seen.fd, "\xff\0\0\1\0\0\0a\0\0\0\x1e", 12);
	until(&desk->keys, keys + 2);
	CHECK(desk->keysym == 'a' && desk->scancode == 0x1e);
	seen_say(seen.fd, "\5\4\xff\xff\xff\xff", 6); /* outside of the picture: it is clamped */
	until(&desk->pointers, pointers + 1);
	CHECK(desk->position == (63u << 16 | 47) && desk->buttons == 4);
	/* clipboard text is skipped as a whole */
	char clipboard[8 + 100000] = {6};
	bytes_put32((uint8_t *)clipboard + 4, 100000);
	memset(clipboard + 8, 4, 100000);
	seen_say(seen.fd, clipboard, sizeof clipboard);
	seen_say(seen.fd, "\4\1\0\0\0\0\0b", 8);
	until(&desk->keys, keys + 3);
	CHECK(desk->keysym == 'b');
	seen_leave(&seen);
}

static void set_view_only(struct desk *desk, bool view_only) {
	unsigned looks = desk->looks;
	desk->view_only = view_only;
	desk_looked(desk);
	until(&desk->looks, looks + 1);
}

/* The keys are acted on in their order, so the last one shows what became of those before it. */
static void rights_come_and_go(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	unsigned keys = desk->keys, pointers = desk->pointers;
	seen_say(seen.fd, "\4\1\0\0\0\0\0a", 8);
	until(&desk->keys, keys + 1);
	set_view_only(desk, true);
	seen_say(seen.fd, "\4\0\0\0\0\0\0a\4\1\0\0\0\0\0b\5\1\0\1\0\1", 22);
	seen_request(&seen, false, 0, 0, 1, 1);
	seen_update(&seen); /* so the server has read all of that */
	set_view_only(desk, false);
	seen_say(seen.fd, "\4\1\0\0\0\0\0c", 8);
	until(&desk->keys, keys + 2);
	CHECK(desk->keysym == 'c' && desk->keys == keys + 2 && desk->pointers == pointers);
	seen_leave(&seen);
}

static struct picture_store *kept; /* as long as encoders may look at it */

/* Until it is admitted it sees something else, and what it types does nothing. */
static void some_wait(struct desk *desk) {
	struct desk hall = {.store = picture_store_create()};
	struct seen seen;
	damage_init(&hall.damage);
	desk_paint(&hall, 40, 20, 0xabcdef);
	desk_paint(desk, 64, 48, 0x000003);
	desk->instead = hall.store;
	unsigned keys = desk->keys, joined = desk->joined, looks = desk->looks;
	seen_join(desk, &seen);
	CHECK(seen.width == 40 && seen.height == 20);
	seen_encodings(&seen, (const int32_t[]){0, -223}, 2);
	seen_say(seen.fd, "\4\1\0\0\0\0\0a\5\1\0\1\0\1", 14);
	seen_request(&seen, false, 0, 0, 40, 20);
	seen_update(&seen);
	CHECK(all(&seen, 0xabcdef) && desk->keys == keys && desk->joined == joined);
	seen_request(&seen, true, 0, 0, 40, 20);
	desk->instead = NULL;
	desk->admitted = desk->received;
	desk_looked(desk);
	until(&desk->looks, looks + 1);
	until(&desk->joined, joined + 1);
	while (seen.width != 64) /* it is sent the screen's size, and then the screen */
		CHECK(seen_message(&seen, 10000) == 0);
	seen_request(&seen, false, 0, 0, 64, 48);
	while (!all(&seen, 0x000003))
		seen_update(&seen);
	seen_say(seen.fd, "\4\1\0\0\0\0\0b", 8);
	until(&desk->keys, keys + 1);
	CHECK(desk->keysym == 'b' && desk->withdrew == 0);
	seen_leave(&seen);

	desk->instead = hall.store;
	seen_join(desk, &seen);
	seen_leave(&seen);
	until(&desk->withdrew, 1);
	CHECK(desk->joined == joined + 1);
	desk->instead = NULL;
	damage_finish(&hall.damage);
	kept = hall.store;
}

/* These viewers have far more to say than there is time for. Each of their keys, numbered by its viewer,
 * takes as long as a slow device would. */
enum { TALKERS = 16, TALK = 200, KEY_US = 300, OTHERS = 'o' };
static _Atomic unsigned said[TALKERS], said_in_all, said_before_other;

static void on_key(uint32_t keysym) {
	if (keysym < TALKERS) {
		said[keysym]++;
		said_in_all++;
		usleep(KEY_US);
	} else if (keysym == OTHERS) {
		said_before_other = said_in_all;
	}
}

static void begin_talk(struct seen *seen, uint32_t number) {
	uint8_t talk[8 * TALK] = {0};
	for (size_t i = 0; i < TALK; i++) {
		talk[8 * i] = 4;
		talk[8 * i + 1] = i % 2 == 0;
		bytes_put32(talk + 8 * i + 4, number);
	}
	seen_say(seen->fd, talk, sizeof talk);
}

static void talkers_share_a_turn(struct desk *desk) {
	struct seen talkers[TALKERS], other;
	for (uint32_t i = 0; i < TALKERS; i++)
		seen_join(desk, &talkers[i]);
	seen_join(desk, &other);
	for (uint32_t i = 0; i < TALKERS; i++)
		begin_talk(&talkers[i], i);
	until(&said_in_all, TALK * TALKERS / 4);
	seen_say(other.fd, "\4\1\0\0\0\0\0o", 8);
	unsigned before = said_in_all; /* if this is read late, fewer of them are counted, never more */
	while (!said_before_other && said_in_all < TALK * TALKERS)
		usleep(1000);
	unsigned waited = said_before_other - before;
	CHECK_SAY(said_before_other && (int)waited < 4 * 1000 / KEY_US, "waited for %u keys", waited);
	until(&said_in_all, TALK * TALKERS / 2);
	for (size_t i = 0; i < TALKERS; i++)
		CHECK_SAY(said[i] > TALK / 4, "%u keys of viewer %zu", said[i], i);
	until(&said_in_all, TALK * TALKERS); /* nothing is lost */
	for (size_t i = 0; i < TALKERS; i++)
		seen_leave(&talkers[i]);
	seen_leave(&other);
}

/* Most of an update waits for its viewer to read it. That viewer's keys do not wait. */
static void keys_pass_a_long_update(struct desk *desk) {
	struct seen seen;
	desk_paint(desk, 1600, 1200, 0x102030);
	seen_join(desk, &seen);
	unsigned keys = desk->keys;
	seen_request(&seen, false, 0, 0, 1600, 1200);
	struct pollfd begun = {.fd = seen.fd, .events = POLLIN};
	CHECK(poll(&begun, 1, 10000) == 1);
	usleep(200000);
	seen_request(&seen, true, 0, 0, 1600, 1200);
	seen_say(seen.fd, "\4\1\0\0\0\0\0a\4\0\0\0\0\0\0a", 16);
	until(&desk->keys, keys + 2);
	seen_update(&seen);
	CHECK(all(&seen, 0x102030));
	seen_leave(&seen);
	desk_paint(desk, 64, 48, 0x102030);
}

/* The session sends an update of its own between those of the library. */
static void takes_messages_of_the_session(struct desk *desk) {
	struct seen seen;
	seen_join(desk, &seen);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	desk->send_update = true;
	for (int i = 0; i < 20; i++) {
		seen_request(&seen, true, 0, 0, 64, 48);
		desk_paint(desk, 64, 48, 0x000100u + (unsigned)i);
		seen_update(&seen);
	}
	CHECK(!desk->send_update && seen.pseudo_count == 1 && seen.pseudo[0] == -232);
	desk_paint(desk, 64, 48, 0xffeedd);
	seen_leave(&seen);
}

/* A message whose length is unknown ends the viewer. tests/server/net/odd.py has those that are skipped. */
static void unknown_messages_end_it(struct desk *desk) {
	static const char rows[][5] = {
		"\x2a", "\xf9\0\0\0", "\xfc\0\1\2", "\xff\2\0\0", "\xff\1\0\3", "\x7f\0\0\3"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen;
		seen_join(desk, &seen);
		seen_say(seen.fd, rows[i], 4);
		CHECK_SAY(seen_closed(seen.fd, 5000), "row %zu", i);
		seen_leave(&seen);
	}
}

/* Viewers vanish at every point of the conversation. An honest one beside them is served. */
static void vanishing_viewers(struct desk *desk) {
	struct seen honest;
	seen_join(desk, &honest);
	for (int i = 0; i < 60; i++) {
		struct seen seen;
		if (i % 3 == 0) {
			close(desk_connect(desk));
		} else {
			seen_join(desk, &seen);
			seen_request(&seen, false, 0, 0, 64, 48);
			if (i % 3 == 2)
				seen_request(&seen, true, 0, 0, 64, 48);
			seen_leave(&seen);
		}
		desk_paint(desk, 64, 48, (uint32_t)i);
		seen_request(&honest, false, 0, 0, 64, 48);
		while (!all(&honest, (uint32_t)i))
			seen_update(&honest);
	}
	seen_leave(&honest);
}

int main(void) {
	struct desk desk = {.options = {.security = "none", .desktop_name = "the desk"}, .on_key = on_key};
	desk_start(&desk);
	CHECK(!desk.wanted);
	begins_with_server_init(&desk);
	shows_the_picture(&desk);
	a_still_screen_blocks_nothing(&desk);
	desk_paint(&desk, 64, 48, 0x102030);
	follows_sizes(&desk);
	hands_input_on(&desk);
	rights_come_and_go(&desk);
	some_wait(&desk);
	talkers_share_a_turn(&desk);
	keys_pass_a_long_update(&desk);
	takes_messages_of_the_session(&desk);
	unknown_messages_end_it(&desk);
	vanishing_viewers(&desk);
	until(&desk.left, desk.joined);
	CHECK(!desk.wanted);
	desk_stop(&desk);
	picture_store_destroy(kept);
	return 0;
}
