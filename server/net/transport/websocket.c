/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport/websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "encode/rfb/bytes.h"
#include "server/net/queue.h"

enum {
	HEADER = 10, /* of a large frame; with it, a frame is as much as TLS below takes at once */
	MAX_FRAME = TRANSPORT_GATHER - HEADER,
	MAX_CONTROL = 125,
	MAX_UNSENT = 4096,
	MAX_PARTS = 33, /* a header, and what is sent at once */
};

struct websocket {
	struct transport transport;
	wslay_frame_context_ptr frames;
	int below_state; /* the last result of reading below: 0: bytes, 1: its end, else -errno */
	bool ended;      /* the other side has sent Close */
	bool close_sent;
	uint16_t close_code; /* what our Close frame will say */
	bool in_message;     /* the last data frame was not the last one of its message */
	uint64_t data_left;  /* bytes left of the data frame that is being read */
	struct queue opened; /* payload that was not read by the caller yet */
	uint64_t promised;   /* bytes that the frame's header, which was sent, says will still come */
	struct queue unsent; /* whole frames, or a header, that were not taken below yet */
	struct queue later;  /* whole frames that must wait until what was promised is sent */
	uint8_t control[MAX_CONTROL]; /* payload of the control frame that is being read */
	size_t control_size;
};

static ssize_t on_recv(uint8_t *bytes, size_t size, int flags, void *context) {
	(void)flags;
	struct websocket *ws = context;
	ssize_t got = transport_read(ws->transport.below, bytes, size);
	ws->below_state = got > 0 ? 0 : got == 0 ? 1 : (int)got;
	return got > 0 ? got : -1;
}

/* Frames without a viewer's bytes go to memory first. They never come between a header and its bytes. */
static ssize_t on_send(const uint8_t *bytes, size_t size, int flags, void *context) {
	(void)flags;
	struct websocket *ws = context;
	return queue_add(ws->promised ? &ws->later : &ws->unsent, bytes, size) ? -1 : (ssize_t)size;
}

static int send_frame(struct websocket *ws, uint8_t opcode, const void *bytes, size_t size) {
	struct wslay_frame_iocb frame = {
		.fin = 1, .opcode = opcode, .payload_length = size, .data = bytes, .data_length = size};
	ssize_t sent = wslay_frame_send(ws->frames, &frame);
	return sent == (ssize_t)size ? 0 : -ENOMEM;
}

static int ws_flush(struct transport *transport) {
	return transport_drain(transport->below, &((struct websocket *)transport)->unsent);
}

/* The connection must end, and this is the code that the other side is told (RFC 6455, 7.4.1). */
static int broken(struct websocket *ws, uint16_t code) {
	ws->close_code = code;
	return -EPROTO;
}

/* Whether the code may be sent in a Close frame (7.4). */
static bool is_close_code(unsigned code) {
	return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
	       (code >= 3000 && code <= 4999);
}

/* Answers the other side's Close with its own code (5.5.1). */
static int on_close(struct websocket *ws) {
	if (ws->control_size == 0) {
		ws->ended = true;
		return 0;
	}
	unsigned code = ws->control_size < 2 ? 0 : (unsigned)ws->control[0] << 8 | ws->control[1];
	if (!is_close_code(code))
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
	ws->close_code = (uint16_t)code;
	ws->ended = true;
	return 0;
}

static int on_control(struct websocket *ws, uint8_t opcode) {
	if (opcode == WSLAY_CONNECTION_CLOSE)
		return on_close(ws);
	if (opcode != WSLAY_PING && opcode != WSLAY_PONG)
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
	/* a client that pings faster than it reads gets fewer answers */
	if (opcode == WSLAY_PING && queue_size(&ws->unsent) + queue_size(&ws->later) < MAX_UNSENT)
		return send_frame(ws, WSLAY_PONG, ws->control, ws->control_size);
	return 0;
}

static int take_control(struct websocket *ws, const struct wslay_frame_iocb *frame) {
	if (!frame->fin || frame->payload_length > MAX_CONTROL ||
		ws->control_size + frame->data_length > MAX_CONTROL)
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
	memcpy(ws->control + ws->control_size, frame->data, frame->data_length);
	ws->control_size += frame->data_length;
	if (ws->control_size < frame->payload_length)
		return 0;
	int error = on_control(ws, frame->opcode);
	ws->control_size = 0;
	return error;
}

/* wslay hands over a frame's data in pieces, with the frame's opcode each time. `begins`: this is the first
 * piece. */
static int take_data(struct websocket *ws, const struct wslay_frame_iocb *frame, bool begins) {
	if (frame->opcode == WSLAY_TEXT_FRAME) /* RFB is bytes */
		return broken(ws, WSLAY_CODE_UNSUPPORTED_DATA);
	if (frame->opcode != WSLAY_BINARY_FRAME && frame->opcode != WSLAY_CONTINUATION_FRAME)
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
	if (begins && ws->in_message != (frame->opcode == WSLAY_CONTINUATION_FRAME))
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR); /* 5.4: messages are not mixed */
	if (begins)
		ws->in_message = !frame->fin;
	return frame->data_length ? queue_add(&ws->opened, frame->data, frame->data_length) : 0;
}

/* Returns 1 if something came, 0 at the end, -EAGAIN, or another -errno. */
static int read_frame(struct websocket *ws) {
	struct wslay_frame_iocb frame = {0};
	ws->below_state = 0;
	ssize_t got = wslay_frame_recv(ws->frames, &frame);
	if (got < 0) {
		if (got == WSLAY_ERR_PROTO || ws->below_state == 0)
			return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
		return ws->below_state == 1 ? 0 : ws->below_state;
	}
	if (!frame.mask || frame.rsv) /* a client always masks (5.1) */
		return broken(ws, WSLAY_CODE_PROTOCOL_ERROR);
	if (wslay_is_ctrl_frame(frame.opcode)) {
		int error = take_control(ws, &frame);
		return error ? error : 1;
	}
	bool begins = !ws->data_left;
	ws->data_left = (begins ? frame.payload_length : ws->data_left) - frame.data_length;
	int error = take_data(ws, &frame, begins);
	return error ? error : 1;
}

static ssize_t ws_read(struct transport *transport, void *bytes, size_t size) {
	struct websocket *ws = (struct websocket *)transport;
	for (int empty = 0; !queue_size(&ws->opened); empty++) {
		if (ws->ended)
			return 0;
		if (empty == TRANSPORT_MAX_EMPTY)
			return broken(ws, WSLAY_CODE_POLICY_VIOLATION);
		int result = read_frame(ws);
		if (result <= 0)
			return result;
	}
	if (size > queue_size(&ws->opened))
		size = queue_size(&ws->opened);
	memcpy(bytes, queue_bytes(&ws->opened), size);
	queue_take(&ws->opened, size);
	return (ssize_t)size;
}

/* RFC 6455, 5.2: the header of a whole message, not masked. */
static int begin_frame(struct websocket *ws, size_t size) {
	uint8_t header[HEADER] = {0x80 | WSLAY_BINARY_FRAME};
	size_t length = 2;
	if (size < 126) {
		header[1] = (uint8_t)size;
	} else if (size <= UINT16_MAX) {
		header[1] = 126;
		bytes_put16(header + 2, (uint16_t)size);
		length = 4;
	} else {
		header[1] = 127;
		bytes_put32(header + 6, (uint32_t)size);
		length = 10;
	}
	ws->promised = size;
	return queue_add(&ws->unsent, header, length);
}

/* What is offered stays at the front of what is to be sent, so it may be promised. */
static int promise(struct websocket *ws, const struct iovec *parts, size_t count) {
	size_t size = 0;
	for (size_t i = 0; i < count && size < MAX_FRAME; i++)
		size += parts[i].iov_len;
	return begin_frame(ws, size < MAX_FRAME ? size : MAX_FRAME);
}

/* The header, or what is left of it, and as much of the parts as was promised. Returns how many parts. */
static size_t gather(const struct websocket *ws, const struct iovec *parts, size_t count, struct iovec *all) {
	size_t used = 0;
	uint64_t left = ws->promised;
	if (queue_size(&ws->unsent))
		all[used++] =
			(struct iovec){(void *)(uintptr_t)queue_bytes(&ws->unsent), queue_size(&ws->unsent)};
	for (size_t i = 0; i < count && left && used < MAX_PARTS; i++, used++) {
		all[used] = parts[i];
		if (all[used].iov_len > left)
			all[used].iov_len = left;
		left -= all[used].iov_len;
	}
	return used;
}

/* The frame is complete: what had to wait goes next. */
static int release(struct websocket *ws) {
	int error = queue_add(&ws->unsent, queue_bytes(&ws->later), queue_size(&ws->later));
	queue_take(&ws->later, queue_size(&ws->later));
	return error;
}

static ssize_t ws_write(struct transport *transport, const struct iovec *parts, size_t count) {
	struct websocket *ws = (struct websocket *)transport;
	struct iovec all[MAX_PARTS];
	int error = ws->promised ? 0 : ws_flush(transport);
	if (!error && !ws->promised)
		error = promise(ws, parts, count);
	if (error)
		return error;
	ssize_t sent = transport_write_parts(transport->below, all, gather(ws, parts, count, all));
	if (sent < 0)
		return sent;
	size_t header = queue_size(&ws->unsent), some = (size_t)sent > header ? (size_t)sent - header : 0;
	queue_take(&ws->unsent, (size_t)sent);
	ws->promised -= some;
	if (!ws->promised && queue_size(&ws->later))
		error = release(ws);
	if (error)
		return error;
	return some ? (ssize_t)some : -EAGAIN;
}

static size_t ws_unsent(const struct transport *transport) {
	const struct websocket *ws = (const struct websocket *)transport;
	return queue_size(&ws->unsent) + queue_size(&ws->later);
}

static void ws_close(struct transport *transport) {
	struct websocket *ws = (struct websocket *)transport;
	uint8_t code[2];
	bytes_put16(code, ws->close_code);
	if (!ws->close_sent && !ws->promised) /* no frame fits into another one */
		send_frame(ws, WSLAY_CONNECTION_CLOSE, code, sizeof code);
	ws->close_sent = true;
	ws_flush(transport);
}

static void ws_destroy(struct transport *transport) {
	struct websocket *ws = (struct websocket *)transport;
	if (ws->frames)
		wslay_frame_context_free(ws->frames);
	queue_finish(&ws->opened);
	queue_finish(&ws->unsent);
	queue_finish(&ws->later);
	free(ws);
}

static const struct transport_impl websocket_impl = {
	.name = "websocket",
	.read = ws_read,
	.write = ws_write,
	.unsent = ws_unsent,
	.flush = ws_flush,
	.close = ws_close,
	.destroy = ws_destroy,
};

struct transport *transport_websocket(struct transport *below) {
	static const struct wslay_frame_callbacks callbacks = {
		.send_callback = on_send, .recv_callback = on_recv};
	struct websocket *ws = calloc(1, sizeof *ws);
	if (!ws) {
		transport_destroy(below);
		return NULL;
	}
	ws->transport.impl = &websocket_impl;
	ws->transport.below = below;
	ws->opened.secret = true;
	ws->close_code = WSLAY_CODE_NORMAL_CLOSURE;
	if (wslay_frame_context_init(&ws->frames, &callbacks, ws)) {
		ws->frames = NULL;
		transport_destroy(&ws->transport);
		return NULL;
	}
	return &ws->transport;
}
