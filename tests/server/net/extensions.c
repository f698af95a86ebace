/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fence, ContinuousUpdates, QEMU keys, extended buttons and the desktop's name, over a socket. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "encode/rfb/bytes.h"
#include "server/vnc/link.h"
#include "tests/server/net/desk.h"
#include "tests/test.h"

static void fence(const struct seen *seen, uint32_t flags, const char *payload) {
	uint8_t message[9 + 64] = {248};
	bytes_put32(message + 4, flags);
	message[8] = (uint8_t)strlen(payload);
	memcpy(message + 9, payload, strlen(payload));
	seen_say(seen->fd, message, 9 + strlen(payload));
}

static void continuous(const struct seen *seen, bool enable) {
	const uint8_t message[10] = {150, enable, 0, 0, 0, 0, 0, 64, 0, 48};
	seen_say(seen->fd, message, sizeof message);
}

static bool has_pseudo(const struct seen *seen, int32_t encoding) {
	for (unsigned i = 0; i < seen->pseudo_count && i < 16; i++)
		if (seen->pseudo[i] == encoding)
			return true;
	return false;
}

/* Reads on until this many pseudo-encodings were seen. */
static void seen_pseudo(struct seen *seen, unsigned count) {
	while (seen->pseudo_count < count)
		CHECK(seen_message(seen, 10000) >= 0);
}

/* Waits for a fence that is not one of the server's measurements. */
static void until_answer(struct seen *seen) {
	unsigned before;
	do {
		before = seen->fences;
		while (seen->fences == before)
			CHECK(seen_message(seen, 10000) >= 0);
	} while (seen->fence_flags & 0x80000000u);
}

static void offers(struct desk *desk) {
	static const int32_t list[] = {-313, -312, -258, -316, -307, -257, 0};
	struct seen seen;
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 7); /* -257 is not offered, because nobody asked the server to */
	seen_request(&seen, false, 0, 0, 64, 48);
	CHECK(seen_message(&seen, 5000) == 150); /* this must come first, or TigerVNC never begins */
	CHECK(seen_message(&seen, 5000) == 248 && seen.fence_flags & 0x80000000u);
	CHECK(seen_message(&seen, 5000) == 0);
	CHECK(seen.rectangles > 0 && seen.pseudo_count == 0); /* some tools keep the first update that they
							       * get */
	seen_pseudo(&seen, 3);
	CHECK(has_pseudo(&seen, -258) && has_pseudo(&seen, -316));
	CHECK(has_pseudo(&seen, -307) && strcmp(seen.name, "the desk") == 0);
	/* what was offered once is not offered again */
	seen_encodings(&seen, list, 7);
	seen_request(&seen, false, 0, 0, 64, 48);
	unsigned before = seen.rectangles;
	while (seen.rectangles == before)
		CHECK(seen_message(&seen, 5000) != 150);
	CHECK(seen.pseudo_count == 3);
	/* nine buttons */
	unsigned pointers = desk->pointers;
	seen_say(seen.fd, "\5\x81\0\1\0\2\3", 7);
	while (desk->pointers == pointers)
		usleep(1000);
	CHECK(desk->buttons == (1u | 3u << 7));
	/* a message of the plain kind: the other buttons are up again */
	pointers = desk->pointers;
	seen_say(seen.fd, "\5\2\0\1\0\2", 6);
	while (desk->pointers == pointers)
		usleep(1000);
	CHECK(desk->buttons == 2);
	seen_leave(&seen);
}

static void point(struct desk *desk, struct seen *seen, const char *message) {
	unsigned events = desk->pointers + desk->motions;
	seen_say(seen->fd, message, 6);
	while (desk->pointers + desk->motions == events)
		usleep(1000);
}

/* What a viewer is told beside the picture follows the pixels of a full request, whether or not it asks for
 * more. If the viewer asks only for changes, it is sent alone. */
static void pixels_first(struct desk *desk) {
	static const int32_t list[] = {-258, 0};
	static const int32_t more[] = {-258, -307, 0};
	struct seen seen;
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	for (int i = 0; i < 3; i++) { /* viewers that do not want changes */
		unsigned before = seen.rectangles, told = seen.pseudo_count;
		desk->send_update = true;
		seen_request(&seen, false, 0, 0, 64, 48);
		CHECK(seen_message(&seen, 10000) == 0);
		CHECK_SAY(seen.rectangles > before && seen.pseudo_count == told, "request %d", i);
		seen_pseudo(&seen, told + (i ? 1 : 2)); /* the session's, and what is offered */
		while (desk->send_update)
			usleep(1000);
	}
	/* these viewers get nothing more */
	desk->send_update = true;
	fence(&seen, 0x80000001u, "over");
	until_answer(&seen);
	CHECK(desk->send_update);
	/* a request for changes, which stays open */
	seen_request(&seen, true, 0, 0, 64, 48);
	unsigned told = seen.pseudo_count;
	seen_pseudo(&seen, told + 1);
	while (desk->send_update)
		usleep(1000);
	seen_encodings(&seen, more, 3);
	seen_request(&seen, true, 0, 0, 64, 48);
	seen_pseudo(&seen, told + 2);
	CHECK(has_pseudo(&seen, -307));
	seen_leave(&seen);
}

static void asks_for_motions(struct desk *desk) {
	static const int32_t list[] = {-257, 0};
	struct seen seen;
	seen_join(desk, &seen);
	point(desk, &seen, "\5\0\0\7\0\11");
	CHECK(desk->pointers == 1 && desk->position == 0x00070009);
	seen_encodings(&seen, list, 2);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_pseudo(&seen, 1);
	CHECK(has_pseudo(&seen, -257));
	point(desk, &seen, "\5\1\x80\x04\x7f\xfc"); /* 0x7fff is the middle */
	CHECK(desk->motions == 1 && desk->dx == 5 && desk->dy == -3 && desk->buttons == 1);
	point(desk, &seen, "\5\2\0\7\0\11"); /* an absolute place, sent before the viewer knew: the pointer
					      * does not leap */
	CHECK(desk->motions == 2 && desk->dx == 0 && desk->dy == 0 && desk->buttons == 2);
	seen_encodings(&seen, list + 1, 1); /* the viewer cannot do it any more */
	point(desk, &seen, "\5\0\0\7\0\11");
	CHECK(desk->motions == 2 && desk->pointers == 2);
	seen_encodings(&seen, list, 2); /* the viewer can do it again */
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_pseudo(&seen, 2);
	point(desk, &seen, "\5\0\x7f\xff\x7f\xff");
	CHECK(desk->motions == 3 && desk->dx == 0 && desk->dy == 0);
	seen_leave(&seen);
}

static void answers_fences(struct desk *desk) {
	static const int32_t list[] = {-312, 0};
	struct seen seen;
	seen_join(desk, &seen);
	fence(&seen, 0x80000001u, "before the encodings");
	until_answer(&seen);
	CHECK(seen.fence_flags == 1 && seen.fence_size == 20);
	CHECK(memcmp(seen.fence_payload, "before the encodings", 20) == 0);
	seen_encodings(&seen, list, 2);
	/* Unknown flags are not sent back. A request that stays open delays no fence. */
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	seen_request(&seen, true, 0, 0, 64, 48);
	fence(&seen, 0xffffffffu & ~4u, "open");
	until_answer(&seen);
	CHECK(seen.fence_flags == 3 && seen.fence_size == 4);
	fence(&seen, 3, "an answer nobody asked for");
	seen_leave(&seen);
}

/* Every update after the answer is in the new format and none before it is. The bytes of the colour tell them
 * apart. */
static void synchronises(struct desk *desk) {
	static const uint8_t plain[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};
	static const uint8_t turned[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16};
	static const int32_t list[] = {-313, -312, 0};
	struct seen seen;
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 3);
	continuous(&seen, true);
	const uint32_t *pixel = &seen.pixels[64 * 48 - 1];
	for (uint32_t i = 0; i < 40; i++) {
		/* painted before and after, so that an update may be under way at any moment */
		desk_paint(desk, 64, 48, 0xff0000 | i);
		fence(&seen, 0x80000004u, "x");
		seen_say(seen.fd, i % 2 ? turned : plain, 20);
		desk_paint(desk, 64, 48, 0xff0100 | i);
		memset(seen.pixels, 0, 64 * 48 * 4);
		until_answer(&seen);
		CHECK(seen.fence_flags == 4);
		/* before the answer comes the old format (red is where it was) */
		uint32_t red = i % 2 ? 0xff0000 : 0xff;
		CHECK_SAY(i == 0 || !*pixel || (*pixel & red) == red, "%u before: %08x", i, *pixel);
		desk_paint(desk, 64, 48, 0xff0200 | i);
		uint32_t expected = i % 2 ? i << 16 | 0x02ff : 0xff0200 | i;
		do {
			seen_update(&seen);
			CHECK_SAY((*pixel & (i % 2 ? 0xff : 0xff0000)) == (i % 2 ? 0xff : 0xff0000),
				"%u after: %08x", i, *pixel);
		} while (*pixel != expected);
	}
	seen_leave(&seen);
}

static void updates_by_itself(struct desk *desk) {
	static const int32_t list[] = {-313, 0};
	struct seen seen;
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	CHECK(seen_message(&seen, 5000) == 150);
	continuous(&seen, true);
	for (uint32_t i = 1; i < 50; i++) {
		desk_paint(desk, 64, 48, i);
		do
			seen_update(&seen);
		while (seen.pixels[0] != i);
	}
	continuous(&seen, false);
	while (seen_message(&seen, 5000) != 150)
		;
	continuous(&seen, false); /* a second time: it is told again */
	while (seen_message(&seen, 5000) != 150)
		;
	desk_paint(desk, 64, 48, 0x123456);
	CHECK(seen_message(&seen, 100) == -1);
	seen_request(&seen, true, 0, 0, 64, 48);
	seen_update(&seen);
	CHECK(seen.pixels[0] == 0x123456);
	seen_leave(&seen);
}

/* Sizes that are refused are answered one by one, in their order and with the present size. Nothing else
 * changes, and no other viewer hears of it. A viewer that asks for no update is told when it does. */
static void asks_for_a_size(struct desk *desk) {
	static const int32_t list[] = {-308, 0};
	static const uint8_t larger[24] = {
		251, 0, 0, 100, 0, 100, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 100, 0, 100};
	static const uint8_t none[8] = {251, 0, 0, 100, 0, 100};
	struct seen seen, other;
	seen_join(desk, &other);
	seen_encodings(&other, list, 2);
	seen_request(&other, false, 0, 0, 64, 48);
	seen_update(&other);
	seen_request(&other, true, 0, 0, 64, 48);
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	CHECK(seen.pseudo_count == 1 && seen.reason == 0 && seen.status == 0);
	for (int open = 0; open < 2; open++) { /* a request is open already, or comes later */
		if (open)
			seen_request(&seen, true, 0, 0, 64, 48);
		seen.sizes[0] = '\0';
		seen_say(seen.fd, larger, sizeof larger);
		seen_say(seen.fd, none, sizeof none);
		seen_say(seen.fd, larger, sizeof larger);
		fence(&seen, 0x80000001u, "not held up");
		until_answer(&seen);
		if (!open) {
			CHECK_SAY(!seen.sizes[0], "answered with %s before an update was asked for",
				seen.sizes);
			seen_request(&seen, true, 0, 0, 64, 48);
		}
		while (strlen(seen.sizes) < 9)
			CHECK(seen_message(&seen, 10000) >= 0);
		CHECK_SAY(strcmp(seen.sizes, "1:11:31:1") == 0, "%s", seen.sizes);
		CHECK(seen.width == 64 && seen.height == 48);
	}
	fence(&other, 0x80000001u, "still");
	until_answer(&other);
	CHECK(other.pseudo_count == 1);
	seen_leave(&seen);
	seen_leave(&other);
}

static void has_screens(const struct seen *seen, const struct picture_screen *screens, unsigned count) {
	CHECK(seen->screen_count == count);
	for (unsigned i = 0; i < count; i++) {
		const struct picture_screen *got = &seen->screens[i], *due = &screens[i];
		CHECK_SAY(memcmp(got, due, sizeof *due) == 0, "screen %u: id %u, %ux%u at %d,%d", i, got->id,
			got->place.width, got->place.height, got->place.x, got->place.y);
	}
}

static void join_with(struct desk *desk, struct seen *seen, int32_t encoding) {
	seen_join(desk, seen);
	seen_encodings(seen, (const int32_t[]){encoding, 0}, 2);
	seen_request(seen, false, 0, 0, 64, 48);
	seen_update(seen);
	seen_request(seen, true, 0, 0, 64, 48);
}

/* The screens of the desktop are announced, again when they are others, and are in the answers to
 * SetDesktopSize. A viewer that does not know ExtendedDesktopSize is told nothing of them. */
static void tells_screens(struct desk *desk) {
	static const struct picture_screen first[] = {{0xabcd0007, {0, 0, 40, 48}}, {9, {40, 8, 24, 40}}};
	static const struct picture_screen second[] = {{0xabcd0007, {24, 0, 40, 48}}, {9, {0, 8, 24, 40}}};
	static const uint8_t none[8] = {251, 0, 0, 100, 0, 100};
	struct seen seen, plain;
	CHECK(picture_store_set_screens(desk->store, first, 2) == 0);
	desk_paint(desk, 64, 48, 1);
	join_with(desk, &seen, -308);
	join_with(desk, &plain, -223);
	CHECK(seen.pseudo_count == 1);
	has_screens(&seen, first, 2);
	CHECK(picture_store_set_screens(desk->store, second, 2) == 0);
	desk_paint(desk, 64, 48, 2);
	seen_update(&seen);
	seen_update(&plain);
	CHECK(seen.pseudo_count == 2 && seen.reason == 0 && seen.status == 0 && seen.pixels[0] == 2);
	has_screens(&seen, second, 2);
	seen_request(&seen, true, 0, 0, 64, 48);
	desk_paint(desk, 64, 48, 3); /* they are the same as before */
	seen_update(&seen);
	CHECK(seen.pseudo_count == 2);

	seen.screen_count = 0;
	seen_say(seen.fd, none, sizeof none);
	seen_say(seen.fd, none, sizeof none);
	seen_request(&seen, true, 0, 0, 64, 48);
	seen_pseudo(&seen, 4);
	CHECK_SAY(strcmp(seen.sizes, "1:31:3") == 0, "%s", seen.sizes);
	has_screens(&seen, second, 2);
	CHECK(plain.pseudo_count == 0 && plain.pixels[0] == 2);
	seen_request(&plain, true, 0, 0, 64, 48);
	seen_update(&plain);
	CHECK(plain.pseudo_count == 0 && plain.pixels[0] == 3);
	CHECK(picture_store_set_screens(desk->store, NULL, 0) == 0);
	seen_request(&plain, true, 0, 0, 64, 48);
	desk_paint(desk, 80, 40, 4);
	seen_update(&plain);
	CHECK(plain.pseudo_count == 1 && has_pseudo(&plain, -223) && plain.width == 80);
	seen_leave(&seen);
	seen_leave(&plain);
	desk_paint(desk, 64, 48, 5);
}

/* If more sizes come than can wait for an update request, the rest are ignored. The viewer loses nothing
 * else, however many screens each answer has. */
static void asks_for_many_sizes(struct desk *desk, unsigned screens) {
	static const int32_t list[] = {-308, 0};
	static const uint8_t none[8] = {251, 0, 0, 100, 0, 100};
	struct picture_screen strips[PICTURE_MAX_SCREENS];
	struct seen seen;
	for (unsigned i = 0; i < screens; i++)
		strips[i] = (struct picture_screen){50 + i, {(int32_t)(4 * i), 0, 4, 48}};
	CHECK(picture_store_set_screens(desk->store, strips, screens) == 0);
	desk_paint(desk, 64, 48, 6);
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	for (int i = 0; i < 5000; i++)
		seen_say(seen.fd, none, sizeof none);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	fence(&seen, 0x80000001u, "over");
	until_answer(&seen);
	CHECK_SAY(seen.pseudo_count == 4096 + 1, "%u", seen.pseudo_count);
	if (screens)
		has_screens(&seen, strips, screens);
	seen_leave(&seen);
	CHECK(picture_store_set_screens(desk->store, NULL, 0) == 0);
}

/* A colour map is sent before the answer to a request that stays open. */
static void takes_a_colour_map(struct desk *desk) {
	static const uint8_t both[30] = {0, 0, 0, 0, 8, 8, [20] = 3, 1, 0, 0, 0, 0, 0, 64, 0, 48};
	uint8_t map[6 + 256 * 6], answer[9 + 3];
	struct seen seen, waiting; /* while one viewer waits, the others need not request anything */
	seen_join(desk, &waiting);
	seen_join(desk, &seen);
	seen_request(&waiting, false, 0, 0, 64, 48);
	seen_update(&waiting);
	seen_request(&waiting, true, 0, 0, 64, 48);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	seen_say(seen.fd, both, sizeof both);
	seen_read(seen.fd, map, sizeof map);
	CHECK(map[0] == 1);
	fence(&seen, 0x80000001u, "map");
	seen_read(seen.fd, answer, sizeof answer);
	CHECK(answer[0] == 248 && memcmp(answer + 9, "map", 3) == 0);
	seen_leave(&seen);
	seen_leave(&waiting);
}

/* The viewer's area lies outside of a picture that has become smaller. It is told of the next size all the
 * same. */
static void area_outside(struct desk *desk) {
	static const int32_t list[] = {-313, -223, 0};
	static const uint8_t corner[10] = {150, 1, 0, 100, 0, 100, 0, 28, 0, 28};
	struct seen seen;
	desk_paint(desk, 128, 128, 1);
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 3);
	seen_say(seen.fd, corner, sizeof corner);
	seen_update(&seen);
	desk_paint(desk, 64, 48, 2);
	while (seen.width != 64)
		CHECK(seen_message(&seen, 10000) >= 0);
	desk_paint(desk, 128, 128, 3);
	while (seen.width != 128)
		CHECK(seen_message(&seen, 10000) >= 0);
	do
		seen_update(&seen);
	while (seen.pixels[128 * 128 - 1] != 3);
	desk_paint(desk, 64, 48, 4);
	seen_leave(&seen);
}

/* What the session has to send waits behind a long update, but not until the next one. */
static void tells_after_a_long_update(struct desk *desk) {
	static const int32_t list[] = {-313, 0};
	static const uint8_t all[10] = {150, 1, 0, 0, 0, 0, 0x06, 0x40, 0x04, 0xb0};
	struct seen seen;
	desk_paint(desk, 1600, 1200, 1);
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	seen_say(seen.fd, all, sizeof all);
	seen_update(&seen);
	desk_paint(desk, 1600, 1200, 2);
	struct pollfd begun = {.fd = seen.fd, .events = POLLIN};
	CHECK(poll(&begun, 1, 10000) == 1);
	desk->send_update = true;
	while (!has_pseudo(&seen, -232))
		CHECK(seen_message(&seen, 10000) >= 0);
	seen_leave(&seen);
	desk_paint(desk, 64, 48, 3);
}

/* Linked in by --wrap, so that things happen one after the other that otherwise happen at about the same
 * time. */
struct transport;
ssize_t __real_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count);
ssize_t __wrap_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count);
bool __real_vnc_encode(void *update, void *region);
bool __wrap_vnc_encode(void *update, void *region);
static _Atomic bool pauses;     /* the gateway, at its next write */
static _Atomic bool delays;     /* the library, after the last byte of an update and before it reports that
				 * this was all */
static _Atomic size_t refusing; /* refuses a write of this many bytes, once, and takes longer for it; 0:
				 * none */

bool __wrap_vnc_encode(void *update, void *region) {
	bool late = atomic_exchange(&delays, false), good = __real_vnc_encode(update, region);
	if (late)
		usleep(500 * 1000);
	return good;
}

ssize_t __wrap_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count) {
	size_t size = 0;
	for (size_t i = 0; i < count; i++)
		size += parts[i].iov_len;
	if (atomic_exchange(&pauses, false))
		usleep(300 * 1000);
	if (!refusing || size < refusing)
		return __real_transport_write_parts(transport, parts, count);
	usleep(500 * 1000);
	refusing = 0;
	return -EAGAIN;
}

static const uint8_t all_of_it[10] = {150, 1, 0, 0, 0, 0, 0, 160, 0, 160}; /* all of it, continuously */

/* Joins alone, so that no viewer of an earlier test is delayed instead. */
static void join_alone(struct desk *desk, struct seen *seen) {
	while (desk->left < desk->joined)
		usleep(1000);
	seen_join(desk, seen);
}

/* What the session has to send when an update ends is sent before the next update. */
static void tells_at_the_end(struct desk *desk) {
	static const int32_t list[] = {-313, 0};
	struct seen seen;
	desk_paint(desk, 160, 160, 1); /* more than the gateway holds back for a fuller packet */
	join_alone(desk, &seen);
	seen_encodings(&seen, list, 2);
	seen_say(seen.fd, all_of_it, sizeof all_of_it);
	seen_update(&seen);
	usleep(200 * 1000); /* until that update has ended, which would be an occasion, too */
	desk->send_update = true;
	pauses = true; /* the library writes all of it in the meantime, so no turn begins between its parts */
	desk_paint(desk, 160, 160, 2);
	while (!has_pseudo(&seen, -232))
		CHECK(seen_message(&seen, 10000) >= 0);
	seen_leave(&seen);
}

/* The library has written all of an update, and the gateway reads it at once. The socket has no room for it.
 * The library reports that this was all. Then the socket takes it, at once too. After that nothing else
 * happens that could begin the next update. */
static void goes_on_when_all_is_taken_at_once(struct desk *desk) {
	static const int32_t list[] = {-313, 0};
	struct seen seen;
	desk_paint(desk, 160, 160, 1);
	join_alone(desk, &seen);
	seen_encodings(&seen, list, 2);
	seen_say(seen.fd, all_of_it, sizeof all_of_it);
	seen_update(&seen);
	refusing = 160 * 160 * 4;
	pauses = delays = true;
	fence(&seen, 0x80000000, "");
	while (pauses)
		usleep(1000);
	for (uint32_t colour = 2; colour < 4; colour++) {
		desk_paint(desk, 160, 160, colour);
		seen_update(&seen);
		CHECK(!refusing && seen.pixels[0] == colour);
	}
	seen_leave(&seen);
	desk_paint(desk, 64, 48, 4);
}

/* A viewer that sends fences and requests and reads nothing is not read from for ever, and the others are
 * served. */
static void one_that_never_reads(struct desk *desk) {
	struct seen deaf, honest;
	seen_join(desk, &deaf);
	seen_join(desk, &honest);
	uint8_t message[9 + 64] = {248, 0, 0, 0, 0x80, 0, 0, 0, 64};
	size_t said = 0;
	struct pollfd room = {.fd = deaf.fd, .events = POLLOUT};
	while (said < 64 << 20 && poll(&room, 1, 1000) == 1) {
		size_t at = said % sizeof message; /* part of a message may have been sent */
		ssize_t n = send(deaf.fd, message + at, sizeof message - at, MSG_DONTWAIT | MSG_NOSIGNAL);
		CHECK(n > 0 || errno == EAGAIN);
		said += n > 0 ? (size_t)n : 0;
	}
	CHECK_SAY(said < 8 << 20, "%zu bytes were taken", said);
	for (uint32_t i = 1; i < 20; i++) {
		desk_paint(desk, 64, 48, i);
		seen_request(&honest, false, 0, 0, 64, 48);
		do
			seen_update(&honest);
		while (honest.pixels[0] != i);
	}
	seen_leave(&honest);
	seen_leave(&deaf);
}

static uint64_t talk_at_a_key(struct desk *desk, const struct seen *seen, bool by_scancode) {
	unsigned keys = desk->keys;
	if (by_scancode)
		seen_say(seen->fd, "\xff\0\0\1\0\0\0a\0\0\0\x1e", 12);
	else
		seen_say(seen->fd, "\4\1\0\0\0\0\0a", 8);
	while (desk->keys == keys)
		usleep(1000);
	return desk->talk;
}

/* Messages other than keys show that a viewer is alive. */
static void counts_talk(struct desk *desk) {
	static const int32_t list[] = {-258, 0};
	struct seen seen;
	seen_join(desk, &seen);
	seen_encodings(&seen, list, 2);
	seen_request(&seen, false, 0, 0, 64, 48);
	seen_update(&seen);
	uint64_t before = talk_at_a_key(desk, &seen, false);
	CHECK(before >= 2);
	CHECK(talk_at_a_key(desk, &seen, true) == before && talk_at_a_key(desk, &seen, false) == before);
	seen_say(seen.fd, "\5\0\0\1\0\2", 6);
	seen_request(&seen, true, 0, 0, 64, 48);
	CHECK(talk_at_a_key(desk, &seen, false) == before + 2);
	seen_leave(&seen);
}

int main(void) {
	struct desk desk = {.options = {.security = "none", .desktop_name = "the desk"}};
	desk_start(&desk);
	offers(&desk);
	pixels_first(&desk);
	answers_fences(&desk);
	synchronises(&desk);
	updates_by_itself(&desk);
	asks_for_a_size(&desk);
	tells_screens(&desk);
	asks_for_many_sizes(&desk, 0);
	asks_for_many_sizes(&desk, PICTURE_MAX_SCREENS);
	takes_a_colour_map(&desk);
	counts_talk(&desk);
	area_outside(&desk);
	tells_after_a_long_update(&desk);
	tells_at_the_end(&desk);
	goes_on_when_all_is_taken_at_once(&desk);
	one_that_never_reads(&desk);
	while (desk.left < desk.joined)
		usleep(1000);
	desk_stop(&desk);
	struct desk games = {
		.options = {.security = "none", .desktop_name = "the desk", .relative_pointer = true}};
	desk_start(&games);
	asks_for_motions(&games);
	desk_stop(&games);
	struct desk library = {.options = {.security = "none"}, .make_encoders = vnc_link_encoders};
	desk_start(&library);
	goes_on_when_all_is_taken_at_once(&library);
	CHECK(!delays);
	desk_stop(&library);
	return 0;
}
