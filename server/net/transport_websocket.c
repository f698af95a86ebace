/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport_websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "server/net/queue.h"

enum {
	HEADER = 10, /* of a large frame; with it a frame is as much as TLS below takes at once */
	MAX_FRAME = TRANSPORT_GATHER - HEADER,
	MAX_CONTROL = 125,
	MAX_UNSENT = 4096,
};

struct websocket {
	struct transport transport;
	wslay_frame_context_ptr frames;
	int below_state; /* what reading below gave last: 0: bytes, 1: its end, else -errno */
	bool ended;      /* the other side said Close */
	bool close_sent;
	struct queue opened;          /* payload that was not asked for yet */
	struct queue unsent;          /* whole frames, not taken below yet */
	uint8_t control[MAX_CONTROL]; /* of the control frame that is being read */
	size_t control_size;
};

static ssize_t on_recv(uint8_t *bytes, size_t size, int flags, void *context) {
	struct websocket *ws = context;
	ssize_t got = transport_read(ws->transport.below, bytes, size);
	ws->below_state = got > 0 ? 0 : got == 0 ? 1 : (int)got;
	return got > 0 ? got : -1;
}

/* Frames go to memory first: so one is never begun that cannot be ended. */
static ssize_t on_send(const uint8_t *bytes, size_t size, int flags, void *context) {
	struct websocket *ws = context;
	return queue_add(&ws->unsent, bytes, size) ? -1 : (ssize_t)size;
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

static int on_control(struct websocket *ws, uint8_t opcode) {
	if (opcode == WSLAY_CONNECTION_CLOSE) {
		ws->ended = true;
		return 0;
	}
	/* one that asks faster than it reads gets fewer answers */
	if (opcode == WSLAY_PING && queue_size(&ws->unsent) < MAX_UNSENT)
		return send_frame(ws, WSLAY_PONG, ws->control, ws->control_size);
	return 0;
}

static int take_control(struct websocket *ws, const struct wslay_frame_iocb *frame, bool complete) {
	if (!frame->fin || frame->payload_length > MAX_CONTROL ||
		ws->control_size + frame->data_length > MAX_CONTROL)
		return -EPROTO;
	memcpy(ws->control + ws->control_size, frame->data, frame->data_length);
	ws->control_size += frame->data_length;
	if (ws->control_size < frame->payload_length)
		return 0;
	int error = on_control(ws, frame->opcode);
	ws->control_size = 0;
	return error;
}

/* 1: something came; 0: the end; -EAGAIN; another -errno. */
static int read_frame(struct websocket *ws) {
	struct wslay_frame_iocb frame = {0};
	ws->below_state = 0;
	ssize_t got = wslay_frame_recv(ws->frames, &frame);
	if (got < 0) {
		if (got == WSLAY_ERR_PROTO || ws->below_state == 0)
			return -EPROTO;
		return ws->below_state == 1 ? 0 : ws->below_state;
	}
	if (!frame.mask || frame.rsv)
		return -EPROTO; /* a browser always masks */
	int error;
	if (wslay_is_ctrl_frame(frame.opcode))
		error = take_control(ws, &frame, true);
	else if (frame.opcode == WSLAY_BINARY_FRAME || frame.opcode == WSLAY_CONTINUATION_FRAME)
		error = frame.data_length ? queue_add(&ws->opened, frame.data, frame.data_length) : 0;
	else
		error = -EPROTO;
	return error ? error : 1;
}

static ssize_t ws_read(struct transport *transport, void *bytes, size_t size) {
	struct websocket *ws = (struct websocket *)transport;
	for (int empty = 0; !queue_size(&ws->opened); empty++) {
		if (ws->ended)
			return 0;
		if (empty == TRANSPORT_MAX_EMPTY)
			return -EPROTO;
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

static ssize_t ws_write(struct transport *transport, const void *bytes, size_t size) {
	struct websocket *ws = (struct websocket *)transport;
	int error = ws_flush(transport);
	if (error)
		return error;
	if (size > MAX_FRAME)
		size = MAX_FRAME;
	error = send_frame(ws, WSLAY_BINARY_FRAME, bytes, size);
	if (error)
		return error;
	error = ws_flush(transport);
	return error && error != -EAGAIN ? error : (ssize_t)size;
}

static size_t ws_unsent(const struct transport *transport) {
	return queue_size(&((const struct websocket *)transport)->unsent);
}

static void ws_close(struct transport *transport) {
	static const uint8_t normal[2] = {WSLAY_CODE_NORMAL_CLOSURE >> 8, WSLAY_CODE_NORMAL_CLOSURE & 255};
	struct websocket *ws = (struct websocket *)transport;
	if (!ws->close_sent)
		send_frame(ws, WSLAY_CONNECTION_CLOSE, normal, sizeof normal);
	ws->close_sent = true;
	ws_flush(transport);
}

static void ws_destroy(struct transport *transport) {
	struct websocket *ws = (struct websocket *)transport;
	if (ws->frames)
		wslay_frame_context_free(ws->frames);
	queue_finish(&ws->opened);
	queue_finish(&ws->unsent);
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
	if (wslay_frame_context_init(&ws->frames, &callbacks, ws)) {
		ws->frames = NULL;
		transport_destroy(&ws->transport);
		return NULL;
	}
	return &ws->transport;
}
