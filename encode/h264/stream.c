/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/h264/stream.h"

#include <string.h>

#include "capture/base/array.h"

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEQUENCE = 7, NAL_PARAMETERS = 8 };
enum { PROFILE_BASELINE = 66, CONSTRAINED = 0xc0 /* constraint_set0_flag and constraint_set1_flag */ };
enum { SLICE_P = 5, SLICE_I = 7 }; /* all slices of the picture are of this type */
enum { VIDEO_FORMAT_UNSPECIFIED = 5, QP_MIDDLE = 26 };

/* --- bits --- */

struct bits {
	uint8_t bytes[STREAM_HEADER_MAX];
	size_t count;
};

static void put(struct bits *bits, unsigned value, unsigned count) {
	while (count--) {
		if (value >> count & 1)
			bits->bytes[bits->count / 8] |= (uint8_t)(0x80 >> bits->count % 8);
		bits->count++;
	}
}

/* ue(v), 9.1 */
static void put_unsigned(struct bits *bits, unsigned value) {
	unsigned length = 0;
	while ((value + 1) >> (length + 1))
		length++;
	put(bits, 0, length);
	put(bits, value + 1, length + 1);
}

/* se(v), 9.1.1 */
static void put_signed(struct bits *bits, int value) {
	put_unsigned(bits, value > 0 ? 2 * (unsigned)value - 1 : 2 * (unsigned)-value);
}

static void begin_nal(struct bits *bits, unsigned type) {
	*bits = (struct bits){.count = 0};
	put(bits, 0, 1);
	put(bits, type == NAL_SLICE ? 2 : 3, 2); /* nal_ref_idc */
	put(bits, type, 5);
}

static void end_nal(struct bits *bits) {
	put(bits, 1, 1);
	bits->count = (bits->count + 7) / 8 * 8;
}

/* 7.4.1: three bytes that could be taken for a start code are parted by one more. */
static size_t escape(const struct bits *bits, uint8_t to[STREAM_HEADER_MAX]) {
	static const uint8_t start[] = {0, 0, 0, 1};
	size_t size = (bits->count + 7) / 8, at = sizeof start;
	unsigned zeros = 0;
	memcpy(to, start, sizeof start);
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = bits->bytes[i];
		if (zeros == 2 && byte <= 3) {
			to[at++] = 3;
			zeros = 0;
		}
		zeros = byte ? 0 : zeros + 1;
		to[at++] = byte;
	}
	return 8 * at - (8 * size - bits->count);
}

/* --- what a picture is --- */

unsigned stream_macroblocks(unsigned side) {
	return (side + STREAM_MACROBLOCK - 1) / STREAM_MACROBLOCK;
}

unsigned stream_padded(unsigned side) {
	return stream_macroblocks(side) * STREAM_MACROBLOCK;
}

unsigned stream_level(const struct stream *stream) {
	/* A.3.1, Table A-1 */
	static const struct {
		unsigned level, frame, second; /* macroblocks */
	} levels[] = {{30, 1620, 40500}, {31, 3600, 108000}, {32, 5120, 216000}, {40, 8192, 245760},
		{42, 8704, 522240}, {50, 22080, 589824}, {51, 36864, 983040}, {52, 36864, 2073600},
		{60, 139264, 4177920}};
	unsigned width = stream_macroblocks(stream->width), height = stream_macroblocks(stream->height);
	size_t last = ARRAY_LEN(levels) - 1;
	for (size_t i = 0; i < last; i++) {
		unsigned most = levels[i].frame;
		if (width * height <= most && width * width <= 8 * most && height * height <= 8 * most &&
			width * height * STREAM_RATE <= levels[i].second)
			return levels[i].level;
	}
	return levels[last].level;
}

unsigned stream_frame_num(const struct stream_picture *picture) {
	return picture->number % (1u << STREAM_FRAME_NUM_BITS);
}

unsigned stream_order(const struct stream_picture *picture) {
	return 2 * picture->number % (1u << STREAM_ORDER_BITS);
}

/* --- headers --- */

static void put_colours(struct bits *bits) {
	put(bits, 1, 1); /* video_signal_type_present_flag */
	put(bits, VIDEO_FORMAT_UNSPECIFIED, 3);
	put(bits, 0, 1); /* video_full_range_flag */
	put(bits, 1, 1); /* colour_description_present_flag */
	put(bits, STREAM_PRIMARIES_BT709, 8);
	put(bits, STREAM_TRANSFER_SRGB, 8);
	put(bits, STREAM_MATRIX_BT601, 8);
}

/* By it, decoders know that they need not wait for a later picture before they show one. */
static void put_restrictions(struct bits *bits) {
	put(bits, 1, 1);       /* bitstream_restriction_flag */
	put(bits, 1, 1);       /* motion_vectors_over_pic_boundaries_flag */
	put_unsigned(bits, 0); /* max_bytes_per_pic_denom: no limit */
	put_unsigned(bits, 0); /* max_bits_per_mb_denom: no limit */
	put_unsigned(bits, STREAM_MOTION_MAX_LOG2);
	put_unsigned(bits, STREAM_MOTION_MAX_LOG2);
	put_unsigned(bits, 0); /* max_num_reorder_frames */
	put_unsigned(bits, 1); /* max_dec_frame_buffering */
}

/* E.1.1 */
static void put_usability(struct bits *bits) {
	put(bits, 0, 1); /* aspect_ratio_info_present_flag */
	put(bits, 0, 1); /* overscan_info_present_flag */
	put_colours(bits);
	put(bits, 0, 1); /* chroma_loc_info_present_flag */
	put(bits, 0, 1); /* timing_info_present_flag */
	put(bits, 0, 1); /* nal_hrd_parameters_present_flag */
	put(bits, 0, 1); /* vcl_hrd_parameters_present_flag */
	put(bits, 0, 1); /* pic_struct_present_flag */
	put_restrictions(bits);
}

/* What of the last macroblocks is not shown, in pairs of pixels. */
static void put_cropping(struct bits *bits, const struct stream *stream) {
	unsigned right = stream_padded(stream->width) - stream->width,
		 bottom = stream_padded(stream->height) - stream->height;
	put(bits, right || bottom, 1);
	if (!right && !bottom)
		return;
	put_unsigned(bits, 0);
	put_unsigned(bits, right / 2);
	put_unsigned(bits, 0);
	put_unsigned(bits, bottom / 2);
}

/* 7.3.2.1.1 */
size_t stream_write_sequence(const struct stream *stream, uint8_t to[STREAM_HEADER_MAX]) {
	struct bits bits;
	begin_nal(&bits, NAL_SEQUENCE);
	put(&bits, PROFILE_BASELINE, 8);
	put(&bits, CONSTRAINED, 8);
	put(&bits, stream_level(stream), 8);
	put_unsigned(&bits, 0); /* seq_parameter_set_id */
	put_unsigned(&bits, STREAM_FRAME_NUM_BITS - 4);
	put_unsigned(&bits, 0); /* pic_order_cnt_type */
	put_unsigned(&bits, STREAM_ORDER_BITS - 4);
	put_unsigned(&bits, 1); /* max_num_ref_frames */
	put(&bits, 0, 1);       /* gaps_in_frame_num_value_allowed_flag */
	put_unsigned(&bits, stream_macroblocks(stream->width) - 1);
	put_unsigned(&bits, stream_macroblocks(stream->height) - 1);
	put(&bits, 1, 1); /* frame_mbs_only_flag */
	put(&bits, 1, 1); /* direct_8x8_inference_flag */
	put_cropping(&bits, stream);
	put(&bits, 1, 1); /* vui_parameters_present_flag */
	put_usability(&bits);
	end_nal(&bits);
	return escape(&bits, to);
}

/* 7.3.2.2 */
size_t stream_write_parameters(const struct stream *stream, uint8_t to[STREAM_HEADER_MAX]) {
	struct bits bits;
	begin_nal(&bits, NAL_PARAMETERS);
	put_unsigned(&bits, 0); /* pic_parameter_set_id */
	put_unsigned(&bits, 0); /* seq_parameter_set_id */
	put(&bits, 0, 1);       /* entropy_coding_mode_flag: CAVLC */
	put(&bits, 0, 1);       /* bottom_field_pic_order_in_frame_present_flag */
	put_unsigned(&bits, 0); /* num_slice_groups_minus1 */
	put_unsigned(&bits, 0); /* num_ref_idx_l0_default_active_minus1 */
	put_unsigned(&bits, 0); /* num_ref_idx_l1_default_active_minus1 */
	put(&bits, 0, 1);       /* weighted_pred_flag */
	put(&bits, 0, 2);       /* weighted_bipred_idc */
	put_signed(&bits, stream->qp - QP_MIDDLE);
	put_signed(&bits, 0); /* pic_init_qs */
	put_signed(&bits, 0); /* chroma_qp_index_offset */
	put(&bits, 1, 1);     /* deblocking_filter_control_present_flag */
	put(&bits, 0, 1);     /* constrained_intra_pred_flag */
	put(&bits, 0, 1);     /* redundant_pic_cnt_present_flag */
	end_nal(&bits);
	return escape(&bits, to);
}

/* 7.3.3 */
size_t stream_write_slice(
	const struct stream *stream, const struct stream_picture *picture, uint8_t to[STREAM_HEADER_MAX]) {
	struct bits bits;
	begin_nal(&bits, picture->key ? NAL_IDR : NAL_SLICE);
	put_unsigned(&bits, 0); /* first_mb_in_slice */
	put_unsigned(&bits, picture->key ? SLICE_I : SLICE_P);
	put_unsigned(&bits, 0); /* pic_parameter_set_id */
	put(&bits, stream_frame_num(picture), STREAM_FRAME_NUM_BITS);
	if (picture->key)
		put_unsigned(&bits, picture->id);
	put(&bits, stream_order(picture), STREAM_ORDER_BITS);
	if (picture->key) {
		put(&bits, 0, 1); /* no_output_of_prior_pics_flag */
		put(&bits, 0, 1); /* long_term_reference_flag */
	} else {
		put(&bits, 0, 1); /* num_ref_idx_active_override_flag */
		put(&bits, 0, 1); /* ref_pic_list_modification_flag_l0 */
		put(&bits, 0, 1); /* adaptive_ref_pic_marking_mode_flag */
	}
	put_signed(&bits, picture->qp - stream->qp);
	put_unsigned(&bits, 0); /* disable_deblocking_filter_idc */
	put_signed(&bits, 0);   /* slice_alpha_c0_offset_div2 */
	put_signed(&bits, 0);   /* slice_beta_offset_div2 */
	return escape(&bits, to);
}

bool stream_has_sequence(const uint8_t *data, size_t size) {
	unsigned zeros = 0;
	for (size_t i = 0; i + 1 < size; i++) {
		if (zeros >= 2 && data[i] == 1 && (data[i + 1] & 31) >= NAL_SLICE &&
			(data[i + 1] & 31) <= NAL_IDR)
			return false;
		if (zeros >= 2 && data[i] == 1 && (data[i + 1] & 31) == NAL_SEQUENCE)
			return true;
		zeros = data[i] ? 0 : zeros + 1;
	}
	return false;
}
