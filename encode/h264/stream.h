/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: the headers of a stream of H.264 as we have it encoded (ITU-T H.264, 7.3 and Annex E): constrained
 * baseline, one slice a picture, one reference, pictures in the order in which they are shown. Pure.
 */
#ifndef ZEROVNC_H264_STREAM_H
#define ZEROVNC_H264_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STREAM_HEADER_MAX = 64, /* bytes of one header, with its start code */
	STREAM_FRAME_NUM_BITS = 8,
	STREAM_ORDER_BITS = 8, /* of pic_order_cnt_lsb, which counts two for each picture */
	STREAM_MOTION_MAX_LOG2 = 15,
	STREAM_MACROBLOCK = 16, /* pixels */
	STREAM_RATE = 60,       /* pictures a second that a level must allow */
};

/* As colours are numbered (ITU-T H.273): those of sRGB, and the matrix of BT.601. */
enum { STREAM_PRIMARIES_BT709 = 1, STREAM_TRANSFER_SRGB = 13, STREAM_MATRIX_BT601 = 6 };

struct stream {
	unsigned width, height; /* even */
	int qp;                 /* pic_init_qp */
};

struct stream_picture {
	bool key;        /* an IDR picture */
	unsigned number; /* how many pictures were before it since the last key picture */
	unsigned id;     /* of a key picture; two that follow each other have different ones */
	int qp;
};

unsigned stream_macroblocks(unsigned side);
/* The pixels of whole macroblocks. */
unsigned stream_padded(unsigned side);
/* level_idc: the lowest level for this size. */
unsigned stream_level(const struct stream *stream);
/* frame_num and pic_order_cnt_lsb. */
unsigned stream_frame_num(const struct stream_picture *picture);
unsigned stream_order(const struct stream_picture *picture);

/* Each writes a header with its start code, in which bytes are escaped where they must be. Returns the bits,
 * which are whole bytes but for a slice's. */
size_t stream_write_sequence(const struct stream *stream, uint8_t to[STREAM_HEADER_MAX]);
size_t stream_write_parameters(const struct stream *stream, uint8_t to[STREAM_HEADER_MAX]);
size_t stream_write_slice(
	const struct stream *stream, const struct stream_picture *picture, uint8_t to[STREAM_HEADER_MAX]);

/* Whether a sequence header comes before the first slice. */
bool stream_has_sequence(const uint8_t *data, size_t size);

#endif
