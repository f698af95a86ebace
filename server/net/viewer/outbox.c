/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/outbox.h"

#include <errno.h>

#include "server/net/peer.h"
#include "server/net/viewer/flow.h"

enum {
	WORTH_SENDING = 16 << 10, /* the size of a TLS record */
	WORTH_BEGINNING = 64,     /* more than the head of an update */
};

void outbox_init(struct outbox *outbox, struct peer *peer, struct encoder *encoder) {
	*outbox = (struct outbox){.peer = peer, .encoder = encoder};
}

void outbox_finish(struct outbox *outbox) {
	queue_finish(&outbox->waiting);
}

bool outbox_is_between(const struct outbox *outbox) {
	return outbox->encoder && !outbox->encoder->inside;
}

static bool is_open(const struct outbox *outbox) {
	return outbox_is_between(outbox) && peer_is_open(outbox->peer) &&
	       peer_queued(outbox->peer) < FLOW_SHORT;
}

int outbox_add(struct outbox *outbox, const void *message, size_t size) {
	return queue_add(
		outbox_is_between(outbox) ? peer_out(outbox->peer) : &outbox->waiting, message, size);
}

int outbox_add_fence(struct outbox *outbox, struct flow *flow) {
	uint8_t message[FLOW_FENCE_MESSAGE];
	uint64_t total = peer_bytes_sent(outbox->peer) + peer_waiting(outbox->peer);
	size_t size = flow_write_fence(flow, flow_now(), total, message);
	return size ? outbox_add(outbox, message, size) : 0;
}

int outbox_send(struct outbox *outbox, const void *message, size_t size) {
	if (!is_open(outbox))
		return -EAGAIN;
	if (queue_add(peer_out(outbox->peer), message, size))
		return -ENOMEM;
	peer_flush(outbox->peer);
	return 0;
}

void outbox_has_news(struct outbox *outbox) {
	outbox->news = true;
}

bool outbox_invites(struct outbox *outbox) {
	bool now = outbox->news && is_open(outbox);
	if (now)
		outbox->news = false;
	return now;
}

static ssize_t copy(struct outbox *outbox, size_t size) {
	struct queue *out = peer_out(outbox->peer);
	uint8_t *room = queue_room(out, size);
	ssize_t got = room ? encoder_take(outbox->encoder, room, size) : -ENOMEM;
	if (got > 0)
		queue_added(out, (size_t)got);
	return got;
}

static ssize_t borrow(struct outbox *outbox, size_t size) {
	struct loan loan;
	ssize_t got = encoder_lend(outbox->encoder, &loan, size);
	if (got <= 0 || peer_lend(outbox->peer, &loan) == 0)
		return got;
	loan_give_back(&loan);
	return -ENOMEM;
}

ssize_t outbox_take(struct outbox *outbox) {
	if (outbox_is_full(outbox))
		return 0;
	size_t size = OUTBOX_FULL - peer_waiting(outbox->peer);
	return outbox->encoder->lends ? borrow(outbox, size) : copy(outbox, size);
}

int outbox_release(struct outbox *outbox) {
	size_t size = queue_size(&outbox->waiting);
	if (!size)
		return 0;
	int error = queue_add(peer_out(outbox->peer), queue_bytes(&outbox->waiting), size);
	queue_take(&outbox->waiting, size);
	return error;
}

/* An encoder may hand out an update in small pieces, and each packet costs TCP as much as several of them.
 * Its end is not held back, or a viewer would wait for it until another update follows. */
void outbox_flush(struct outbox *outbox) {
	bool inside = outbox->encoder->inside && !outbox->encoder->complete;
	if (inside && peer_waiting(outbox->peer) < WORTH_SENDING)
		return;
	outbox->begun = inside;
	peer_flush(outbox->peer);
}

/* The viewer can draw the first pixels while the others are encoded. libvncserver reports the end of an
 * update some time after its last bytes, which the viewer would answer before that. */
void outbox_begin(struct outbox *outbox) {
	const struct encoder *encoder = outbox->encoder;
	if (!encoder->lends || !encoder->inside || outbox->begun ||
		peer_waiting(outbox->peer) < WORTH_BEGINNING)
		return;
	outbox->begun = true;
	peer_flush(outbox->peer);
}

bool outbox_is_full(const struct outbox *outbox) {
	return peer_waiting(outbox->peer) >= OUTBOX_FULL;
}

bool outbox_has_room(const struct outbox *outbox) {
	return peer_waiting(outbox->peer) < OUTBOX_FULL / 2 &&
	       queue_size(&outbox->waiting) < OUTBOX_MAX_WAITING;
}
