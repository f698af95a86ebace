/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written in parts through WebSocket and RSA-AES comes out as it went in, above a socket that takes
 * some bytes at a time or none. A WebSocket's frames are whole, also if the viewer's pings are answered in
 * the middle of them.
 */
#include <errno.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "server/net/outgoing.h"
#include "server/net/transport/aes.h"
#include "server/net/transport/websocket.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { ALL = 3 << 20, LONGEST = 300000, PARTS = 32 };

static struct random state = {.state = 5};
static uint8_t payload[ALL];

/* A socket that a test holds the other end of. */
struct wire {
	struct transport transport;
	struct queue in, out;
	bool fast; /* it takes everything */
};

static ssize_t wire_read(struct transport *transport, void *bytes, size_t size) {
	struct queue *in = &((struct wire *)transport)->in;
	size = size < queue_size(in) ? size : queue_size(in);
	if (!size)
		return -EAGAIN;
	memcpy(bytes, queue_bytes(in), size);
	queue_take(in, size);
	return (ssize_t)size;
}

static ssize_t wire_write(struct transport *transport, const struct iovec *parts, size_t count) {
	struct wire *wire = (struct wire *)transport;
	size_t room = wire->fast                ? ALL
		      : random_below(&state, 2) ? random_below(&state, 12)
						: LONGEST,
	       taken = 0;
	for (size_t i = 0; i < count && room; i++) {
		size_t some = parts[i].iov_len < room ? parts[i].iov_len : room;
		CHECK(parts[i].iov_len && queue_add(&wire->out, parts[i].iov_base, some) == 0);
		room -= some;
		taken += some;
	}
	return taken ? (ssize_t)taken : -EAGAIN;
}

static void wire_destroy(struct transport *transport) {
	queue_finish(&((struct wire *)transport)->in);
	queue_finish(&((struct wire *)transport)->out);
}

static const struct transport_impl wire_impl = {
	.name = "wire", .read = wire_read, .write = wire_write, .destroy = wire_destroy};

static void give_back(void *owner) {
	(void)owner;
}

/* Adds some of the payload, as a viewer's outbox does. */
static void add(struct outgoing *outgoing, size_t *added) {
	size_t size = 1 + random_below(&state, random_below(&state, 3) ? 60 : LONGEST);
	size = size < ALL - *added ? size : ALL - *added;
	const struct loan loan = {payload + *added, size, give_back, NULL};
	if (random_below(&state, 2))
		CHECK(queue_add(&outgoing->own, payload + *added, size) == 0);
	else if (size)
		CHECK(outgoing_lend(outgoing, &loan) == 0);
	*added += size;
}

/* Sends some, and returns false if there is nothing left. */
static bool send_some(struct transport *transport, struct outgoing *outgoing) {
	struct iovec parts[PARTS];
	if (transport_flush(transport))
		return true;
	if (!outgoing_size(outgoing))
		return false;
	ssize_t sent = transport_write_parts(transport, parts, outgoing_parts(outgoing, parts, PARTS));
	CHECK(sent > 0 || sent == -EAGAIN);
	if (sent > 0)
		outgoing_take(outgoing, (size_t)sent);
	return true;
}

/* --- WebSocket --- */

/* RFC 6455: a masked ping whose payload counts. */
static void ping(struct wire *wire, uint8_t number) {
	const uint8_t frame[] = {0x89, 0x81, 0, 0, 0, 0, number};
	CHECK(queue_add(&wire->in, frame, sizeof frame) == 0);
}

/* Reads all frames. Returns how many pongs there were. */
static unsigned read_frames(const uint8_t *bytes, size_t size) {
	size_t seen = 0;
	unsigned pongs = 0;
	for (const uint8_t *end = bytes + size; bytes < end;) {
		size_t length = bytes[1], head = length == 127 ? 10 : length == 126 ? 4 : 2;
		length = head == 10 ? bytes_get32(bytes + 6) : head == 4 ? bytes_get16(bytes + 2) : length;
		CHECK(head + length <= (size_t)(end - bytes));
		if (bytes[0] == 0x8a) {
			CHECK(length == 1 && bytes[head] == (uint8_t)pongs++);
		} else if (bytes[0] == 0x88) {
			CHECK(length == 2 && bytes + head + length == end);
		} else {
			CHECK(bytes[0] == 0x82 && length <= ALL - seen);
			CHECK(memcmp(bytes + head, payload + seen, length) == 0);
			seen += length;
		}
		bytes += head + length;
	}
	CHECK(seen == ALL);
	return pongs;
}

static void websocket_frames_are_whole(void) {
	struct wire wire = {.transport = {.impl = &wire_impl}};
	struct outgoing outgoing = {0};
	struct transport *websocket = transport_websocket(&wire.transport);
	size_t added = 0;
	unsigned pings = 0;
	uint8_t nothing;
	CHECK(websocket);
	do {
		if (added < ALL && random_below(&state, 2))
			add(&outgoing, &added);
		if (random_below(&state, 4) == 0 && transport_unsent(websocket) < 1000)
			ping(&wire, (uint8_t)pings++);
		CHECK(transport_read(websocket, &nothing, 1) == -EAGAIN);
	} while (send_some(websocket, &outgoing) || added < ALL);
	wire.fast = true;
	transport_close(websocket);
	CHECK(pings > 10 && read_frames(queue_bytes(&wire.out), queue_size(&wire.out)) == pings);
	outgoing_finish(&outgoing);
	transport_destroy(websocket);
}

/* --- RSA-AES --- */

static void aes_messages_are_read(void) {
	static const struct aes_keys keys = {.bits = 128};
	struct wire here = {.transport = {.impl = &wire_impl}}, there = {.transport = {.impl = &wire_impl}};
	struct outgoing outgoing = {0};
	struct transport *server = transport_aes(&here.transport, &keys);
	struct transport *viewer = transport_aes(&there.transport, &keys);
	size_t added = 0, read = 0;
	ssize_t got;
	CHECK(server && viewer);
	do
		if (added < ALL)
			add(&outgoing, &added);
	while (send_some(server, &outgoing) || added < ALL);
	CHECK(queue_add(&there.in, queue_bytes(&here.out), queue_size(&here.out)) == 0);
	for (uint8_t bytes[5000]; (got = transport_read(viewer, bytes, sizeof bytes)) > 0;
		read += (size_t)got)
		CHECK((size_t)got <= ALL - read && memcmp(bytes, payload + read, (size_t)got) == 0);
	CHECK(got == -EAGAIN && read == ALL);
	outgoing_finish(&outgoing);
	transport_destroy(server);
	transport_destroy(viewer);
}

int main(void) {
	for (size_t i = 0; i < ALL; i++)
		payload[i] = (uint8_t)random_next(&state);
	websocket_frames_are_whole();
	aes_messages_are_read();
	return 0;
}
