/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * broker_wire: what the broker and its clients say to each other.
 *
 * The broker is the only process that may read other programs' framebuffers. A client connects to its socket
 * (SOCK_SEQPACKET). It sends one request at a time and gets one answer to each. What a connection is for, its
 * first request says:
 *
 *   WIRE_OPEN    opens a screen. Everything up to WIRE_LET_GO is about that screen from then on. It is closed
 *                with the connection.
 *   WIRE_HEADS   lists outputs, and
 *   WIRE_DEVICE  makes an input device and hands its fd over. These two may be repeated.
 *
 * Requests and answers have a fixed size for each kind. Descriptors travel with answers only. Neither side
 * trusts the other: sizes, numbers and texts are checked where they arrive. A request that breaks these rules
 * ends the connection; an answer that does is an error of the screen.
 */
#ifndef ZEROVNC_BROKER_WIRE_H
#define ZEROVNC_BROKER_WIRE_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "capture/head.h"

enum {
	/* Changes with every change of this file, because both programs come from one package. */
	WIRE_VERSION = 3,
	WIRE_KEYS = (KEY_CNT + 7) / 8,
	WIRE_PALETTE_SIZE = sizeof((struct frame_palette){0}.colours),
	/* Of one answer: the dma-bufs of a frame, and its memories, colours and cursor. */
	WIRE_MAX_FDS = FRAME_MAX_LAYERS * (FRAME_MAX_PLANES + 1) + 2,
};

enum wire_kind {
	WIRE_OPEN = 1,
	WIRE_PEEK,
	WIRE_ACQUIRE,
	WIRE_IS_CURRENT,
	WIRE_ARM,
	WIRE_CURSOR,
	WIRE_RELEASE,
	WIRE_LET_GO,
	WIRE_HEADS,
	WIRE_DEVICE,
	WIRE_KINDS,
};

/* What a screen can do. */
enum wire_ability {
	WIRE_CAN_PEEK = 1 << 0,
	WIRE_HAS_CURSOR = 1 << 1,
	WIRE_HAS_EVENTS = 1 << 2, /* an eventfd comes, readable after a vertical blank that was armed */
	WIRE_CAN_LET_GO = 1 << 3,
};

/* Texts end with a 0 byte. An empty one stands for NULL. */
struct wire_request {
	uint32_t version, kind;
	uint32_t
		processor; /* where the client runs, and the broker may run best (capture/base/processor.h) */
	union {
		struct {
			uint32_t kind, lut; /* enum source_kind, but no pattern; enum source_lut */
			char card[64], output[64];
		} open;
		struct {
			uint32_t flags; /* enum source_flags */
		} acquire;
		struct {
			uint32_t peeks; /* also answers a peek, which is likely to come next */
		} cursor;
		struct {
			char card[64], outputs[256];
		} heads;
		struct {
			uint32_t kind; /* enum input_device_kind */
			uint32_t repeats;
			uint8_t keys[WIRE_KEYS]; /* bit n: the keyboard has the key n */
		} device;
	};
};

/* Descriptors: the dma-bufs that are there, in the order of layers and planes; then what `shared` of the
 * layers says; then `colour_shared`. */
struct wire_frame {
	uint32_t width, height;
	uint32_t layer_count;
	uint32_t colour_shared; /* a new memory for colours comes with this answer */
	uint64_t token, time_ns;
	struct wire_layer {
		uint32_t plane_id, fb_id, width, height, fourcc, implicit_linear;
		uint64_t modifier, zpos;
		uint32_t plane_count, exported; /* `exported`: bit n: plane n has a dma-buf */
		uint32_t offset[FRAME_MAX_PLANES], pitch[FRAME_MAX_PLANES];
		uint32_t shared;      /* a new memory for this layer comes with this answer */
		uint32_t memory_size; /* 0: only the dma-bufs */
		uint32_t source[4];   /* x, y, width, height; 16.16 */
		int32_t x, y;
		uint32_t shown_width, shown_height;
		uint32_t alpha, blend, rotation, encoding, range;
		uint32_t has_palette;
	} layers[FRAME_MAX_LAYERS];
	uint32_t transfer, primaries, peak; /* of the signal */
	/* The memory of colours has the palette first (WIRE_PALETTE_SIZE), if there is one, and then the
	 * tables, degamma first. A serial of 0: there is none. All layers with a palette have the same. */
	uint64_t palette_serial, colour_serial;
	uint32_t degamma_count, gamma_count, has_matrix;
	double matrix[9];
};

/* What a screen says of itself besides. */
struct wire_state {
	char output[96], card_node[64];
	char shortfall[320];
	uint32_t planes_missing;
	uint32_t refresh_mhz;
	uint32_t waited, abandoned;
};

struct wire_peek {
	uint64_t token;
	uint32_t waited;
};

struct wire_cursor {
	uint32_t visible, placed, has_hotspot;
	uint32_t shared; /* a new memory for its pixels comes with this answer */
	int32_t x, y, hotspot_x, hotspot_y;
	uint32_t width, height;
	uint64_t shape;
	int32_t peek_error; /* of the peek that was asked for with it */
	struct wire_peek peek;
};

struct wire_head {
	char card[64], output[40];
	uint32_t id, lit, width, height;
	uint32_t tile[7]; /* as in struct head_tile */
};

struct wire_answer {
	uint32_t version, kind;
	int32_t error; /* 0 or -errno */
	char reason[sizeof((struct reason){}.text)];
	union {
		struct {
			struct wire_state state;
			uint32_t abilities; /* enum wire_ability */
		} open;
		struct wire_peek peek;
		struct {
			struct wire_state state;
			struct wire_frame frame;
		} acquire;
		uint32_t is_current;
		struct wire_cursor cursor;
		struct {
			uint32_t count;
			struct wire_head at[HEADS_MAX];
		} heads;
	};
};

/* What arrived with a message. */
struct wire_fds {
	int at[WIRE_MAX_FDS]; /* owned until somebody takes them */
	size_t count, taken;
};

/* The number of bytes that a message of this kind has. 0: there is no such kind. */
size_t wire_request_size(uint32_t kind);
size_t wire_answer_size(uint32_t kind);

/* Sends one message, with `count` borrowed descriptors. 0 or -errno. */
int wire_send(int socket, const void *message, size_t size, const int *fds, size_t count);

/* Receives one message of at most `size` bytes, and fills *length. Descriptors are closed unless `fds` wants
 * them. 0; -EPIPE: the other side is gone; -EPROTO: it is too long, or has too many descriptors; another
 * -errno. On failure there is nothing in `fds`. */
int wire_receive(int socket, void *message, size_t size, size_t *length, struct wire_fds *fds);

/* The same without waiting. -EAGAIN: nothing has arrived. */
int wire_receive_now(int socket, void *message, size_t size, size_t *length, struct wire_fds *fds);

/* The next descriptor, which the caller owns then. -1: there is none. */
int wire_take(struct wire_fds *fds);
/* Closes those that nobody took. */
void wire_close(struct wire_fds *fds);

/* Whether a text that arrived ends within its array. */
bool wire_is_text(const char *text, size_t size);

#endif
