/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/h264/decoder.h"

#include <string.h>

#include "tests/test.h"

AVCodecContext *decoder_open(void) {
	AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	CHECK(decoder);
	decoder->thread_count = 1;
	CHECK(avcodec_open2(decoder, NULL, NULL) == 0);
	return decoder;
}

AVFrame *decoder_decode(AVCodecContext *decoder, const uint8_t *data, size_t size) {
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc(), *more = av_frame_alloc();
	CHECK(packet && frame && more && av_new_packet(packet, (int)size) == 0);
	memcpy(packet->data, data, size);
	CHECK(avcodec_send_packet(decoder, packet) == 0);
	CHECK(avcodec_receive_frame(decoder, frame) == 0);
	CHECK(frame->decode_error_flags == 0 && frame->format == AV_PIX_FMT_YUV420P);
	CHECK(avcodec_receive_frame(decoder, more) == AVERROR(EAGAIN));
	av_frame_free(&more);
	av_packet_free(&packet);
	return frame;
}

bool decoder_knows_colours(const AVFrame *frame) {
	return frame->color_range == AVCOL_RANGE_MPEG && frame->colorspace == AVCOL_SPC_SMPTE170M &&
	       frame->color_primaries == AVCOL_PRI_BT709 && frame->color_trc == AVCOL_TRC_IEC61966_2_1;
}
