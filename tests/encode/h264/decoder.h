/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decoder: H.264 by libavcodec, as viewers need it that wait for no later picture. */
#ifndef ZEROVNC_TEST_H264_DECODER_H
#define ZEROVNC_TEST_H264_DECODER_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

AVCodecContext *decoder_open(void);

/* Decodes one picture, which must come out at once and without an error. The caller frees it by
 * av_frame_free(). */
AVFrame *decoder_decode(AVCodecContext *decoder, const uint8_t *data, size_t size);

/* Whether the stream says which colours are meant: those of sRGB, by the matrix of BT.601 in the narrow
 * range.
 */
bool decoder_knows_colours(const AVFrame *frame);

#endif
