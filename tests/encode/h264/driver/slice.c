/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/h264/driver/slice.h"

#include <string.h>

enum {
	SLICE_P = 0,
	SLICE_I = 2,
	SLICE_KINDS = 5 /* from here on: all slices of the picture are of this kind */
};
enum { PROFILE_BASELINE = 66, CONSTRAINED = 0xc0 /* constraint_set0_flag and constraint_set1_flag */ };
enum { I_PCM = 25, I_IN_P = 5 /* added to the types of I macroblocks in P slices */ };
enum { QP_MIDDLE = 26, QP_STILL = 30 };

bool parameters_is_p(const struct parameters *parameters) {
	return parameters->slice->slice_type % SLICE_KINDS == SLICE_P;
}

int parameters_qp(const struct parameters *parameters) {
	return parameters->picture->pic_init_qp + parameters->slice->slice_qp_delta;
}

/* I_PCM counts as QP 0, and up to a mean of 15 the filter does nothing (8.7.2.2, Table 8-16). */
bool parameters_may_skip(const struct parameters *parameters) {
	return parameters->slice->disable_deblocking_filter_idc == 1 || parameters_qp(parameters) <= QP_STILL;
}

/* --- headers --- */

static void put_cropping(struct bits *nal, const VAEncSequenceParameterBufferH264 *sequence) {
	bits_put(nal, sequence->frame_cropping_flag, 1);
	if (!sequence->frame_cropping_flag)
		return;
	bits_put_unsigned(nal, sequence->frame_crop_left_offset);
	bits_put_unsigned(nal, sequence->frame_crop_right_offset);
	bits_put_unsigned(nal, sequence->frame_crop_top_offset);
	bits_put_unsigned(nal, sequence->frame_crop_bottom_offset);
}

/* 7.3.2.1.1 */
void slice_put_sequence(struct bits *nal, const struct parameters *parameters) {
	const VAEncSequenceParameterBufferH264 *sequence = parameters->sequence;
	bits_put(nal, 3 << 5 | NAL_SEQUENCE, 8);
	bits_put(nal, PROFILE_BASELINE, 8);
	bits_put(nal, CONSTRAINED, 8);
	bits_put(nal, sequence->level_idc, 8);
	bits_put_unsigned(nal, sequence->seq_parameter_set_id);
	bits_put_unsigned(nal, sequence->seq_fields.bits.log2_max_frame_num_minus4);
	bits_put_unsigned(nal, sequence->seq_fields.bits.pic_order_cnt_type);
	if (sequence->seq_fields.bits.pic_order_cnt_type == 0)
		bits_put_unsigned(nal, sequence->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4);
	bits_put_unsigned(nal, sequence->max_num_ref_frames);
	bits_put(nal, 0, 1); /* gaps_in_frame_num_value_allowed_flag */
	bits_put_unsigned(nal, sequence->picture_width_in_mbs - 1u);
	bits_put_unsigned(nal, sequence->picture_height_in_mbs - 1u);
	bits_put(nal, 1, 1); /* frame_mbs_only_flag */
	bits_put(nal, sequence->seq_fields.bits.direct_8x8_inference_flag, 1);
	put_cropping(nal, sequence);
	bits_put(nal, 0, 1); /* vui_parameters_present_flag */
	bits_end(nal);
}

/* 7.3.2.2 */
void slice_put_parameters(struct bits *nal, const struct parameters *parameters) {
	const VAEncPictureParameterBufferH264 *picture = parameters->picture;
	bits_put(nal, 3 << 5 | NAL_PARAMETERS, 8);
	bits_put_unsigned(nal, picture->pic_parameter_set_id);
	bits_put_unsigned(nal, picture->seq_parameter_set_id);
	bits_put(nal, 0, 1);       /* entropy_coding_mode_flag: CAVLC */
	bits_put(nal, 0, 1);       /* bottom_field_pic_order_in_frame_present_flag */
	bits_put_unsigned(nal, 0); /* num_slice_groups_minus1 */
	bits_put_unsigned(nal, 0); /* num_ref_idx_l0_default_active_minus1 */
	bits_put_unsigned(nal, 0); /* num_ref_idx_l1_default_active_minus1 */
	bits_put(nal, 0, 1);       /* weighted_pred_flag */
	bits_put(nal, 0, 2);       /* weighted_bipred_idc */
	bits_put_signed(nal, picture->pic_init_qp - QP_MIDDLE);
	bits_put_signed(nal, 0); /* pic_init_qs_minus26 */
	bits_put_signed(nal, picture->chroma_qp_index_offset);
	bits_put(nal, picture->pic_fields.bits.deblocking_filter_control_present_flag, 1);
	bits_put(nal, picture->pic_fields.bits.constrained_intra_pred_flag, 1);
	bits_put(nal, 0, 1); /* redundant_pic_cnt_present_flag */
	bits_end(nal);
}

static void put_deblocking(struct bits *nal, const struct parameters *parameters) {
	const VAEncSliceParameterBufferH264 *slice = parameters->slice;
	if (!parameters->picture->pic_fields.bits.deblocking_filter_control_present_flag)
		return;
	bits_put_unsigned(nal, slice->disable_deblocking_filter_idc);
	if (slice->disable_deblocking_filter_idc == 1)
		return;
	bits_put_signed(nal, slice->slice_alpha_c0_offset_div2);
	bits_put_signed(nal, slice->slice_beta_offset_div2);
}

static unsigned frame_num_bits(const struct parameters *parameters) {
	return parameters->sequence->seq_fields.bits.log2_max_frame_num_minus4 + 4;
}

static unsigned order_bits(const struct parameters *parameters) {
	return parameters->sequence->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 + 4;
}

/* 7.3.3 */
void slice_put_header(struct bits *nal, const struct parameters *parameters) {
	const VAEncPictureParameterBufferH264 *picture = parameters->picture;
	const VAEncSliceParameterBufferH264 *slice = parameters->slice;
	bool idr = picture->pic_fields.bits.idr_pic_flag;
	bits_put(nal,
		(uint32_t)picture->pic_fields.bits.reference_pic_flag << 5 | (idr ? NAL_IDR : NAL_SLICE), 8);
	bits_put_unsigned(nal, slice->macroblock_address);
	bits_put_unsigned(nal, slice->slice_type);
	bits_put_unsigned(nal, slice->pic_parameter_set_id);
	bits_put(nal, picture->frame_num, frame_num_bits(parameters));
	if (idr)
		bits_put_unsigned(nal, slice->idr_pic_id);
	if (parameters->sequence->seq_fields.bits.pic_order_cnt_type == 0)
		bits_put(nal, slice->pic_order_cnt_lsb, order_bits(parameters));
	if (parameters_is_p(parameters)) {
		bits_put(nal, slice->num_ref_idx_active_override_flag, 1);
		if (slice->num_ref_idx_active_override_flag)
			bits_put_unsigned(nal, slice->num_ref_idx_l0_active_minus1);
		bits_put(nal, 0, 1); /* ref_pic_list_modification_flag_l0 */
	}
	/* no_output_of_prior_pics_flag and long_term_reference_flag, or adaptive_ref_pic_marking_mode_flag */
	bits_put(nal, 0, idr ? 2 : 1);
	bits_put_signed(nal, slice->slice_qp_delta);
	put_deblocking(nal, parameters);
}

/* --- to check a header --- */

/* Keeps the first thing that is wrong. */
static void expect(const char **wrong, int64_t value, int64_t expected, const char *what) {
	if (value != expected && !*wrong)
		*wrong = what;
}

static void check_deblocking(struct reader *reader, const struct parameters *parameters, const char **wrong) {
	const VAEncSliceParameterBufferH264 *slice = parameters->slice;
	if (!parameters->picture->pic_fields.bits.deblocking_filter_control_present_flag)
		return;
	uint32_t disable = reader_take_unsigned(reader);
	expect(wrong, disable, slice->disable_deblocking_filter_idc, "disable_deblocking_filter_idc");
	if (disable == 1)
		return;
	expect(wrong, reader_take_signed(reader), slice->slice_alpha_c0_offset_div2,
		"slice_alpha_c0_offset_div2");
	expect(wrong, reader_take_signed(reader), slice->slice_beta_offset_div2, "slice_beta_offset_div2");
}

static void check_references(struct reader *reader, const struct parameters *parameters, const char **wrong) {
	if (parameters_is_p(parameters)) {
		if (reader_take(reader, 1))
			expect(wrong, reader_take_unsigned(reader), 0, "num_ref_idx_l0_active_minus1");
		expect(wrong, reader_take(reader, 1), 0, "ref_pic_list_modification_flag_l0");
	}
	if (parameters->picture->pic_fields.bits.idr_pic_flag) {
		reader_take(reader, 1); /* no_output_of_prior_pics_flag */
		expect(wrong, reader_take(reader, 1), 0, "long_term_reference_flag");
	} else {
		expect(wrong, reader_take(reader, 1), 0, "adaptive_ref_pic_marking_mode_flag");
	}
}

const char *slice_check_header(const struct bits *nal, const struct parameters *parameters) {
	const VAEncSliceParameterBufferH264 *slice = parameters->slice;
	bool idr = parameters->picture->pic_fields.bits.idr_pic_flag;
	struct reader reader = {.bits = nal};
	const char *wrong = NULL;
	expect(&wrong, reader_take(&reader, 1), 0, "forbidden_zero_bit");
	expect(&wrong, reader_take(&reader, 2) != 0, true, "nal_ref_idc");
	expect(&wrong, reader_take(&reader, 5), idr ? NAL_IDR : NAL_SLICE, "nal_unit_type");
	expect(&wrong, reader_take_unsigned(&reader), 0, "first_mb_in_slice");
	expect(&wrong, reader_take_unsigned(&reader) % SLICE_KINDS, slice->slice_type % SLICE_KINDS,
		"slice_type");
	expect(&wrong, reader_take_unsigned(&reader), slice->pic_parameter_set_id, "pic_parameter_set_id");
	expect(&wrong, reader_take(&reader, frame_num_bits(parameters)), parameters->picture->frame_num,
		"frame_num");
	if (idr)
		expect(&wrong, reader_take_unsigned(&reader), slice->idr_pic_id, "idr_pic_id");
	if (parameters->sequence->seq_fields.bits.pic_order_cnt_type == 0)
		expect(&wrong, reader_take(&reader, order_bits(parameters)), slice->pic_order_cnt_lsb,
			"pic_order_cnt_lsb");
	check_references(&reader, parameters, &wrong);
	expect(&wrong, reader_take_signed(&reader), slice->slice_qp_delta, "slice_qp_delta");
	check_deblocking(&reader, parameters, &wrong);
	expect(&wrong, (int64_t)reader.at, (int64_t)nal->count, "its length");
	return wrong;
}

/* --- macroblocks --- */

static const uint8_t *luma_at(const struct nv12 *picture, unsigned x, unsigned y) {
	return picture->luma + (size_t)y * MACROBLOCK * picture->pitch + (size_t)x * MACROBLOCK;
}

static const uint8_t *chroma_at(const struct nv12 *picture, unsigned x, unsigned y) {
	return picture->chroma + (size_t)y * MACROBLOCK / 2 * picture->pitch + (size_t)x * MACROBLOCK;
}

static bool same(const struct nv12 *a, const struct nv12 *b, unsigned x, unsigned y) {
	for (size_t row = 0; row < MACROBLOCK; row++)
		if (memcmp(luma_at(a, x, y) + row * a->pitch, luma_at(b, x, y) + row * b->pitch, MACROBLOCK))
			return false;
	for (size_t row = 0; row < MACROBLOCK / 2; row++)
		if (memcmp(chroma_at(a, x, y) + row * a->pitch, chroma_at(b, x, y) + row * b->pitch,
			    MACROBLOCK))
			return false;
	return true;
}

/* 7.3.5: luma, all Cb, all Cr */
static void put_samples(struct bits *nal, const struct nv12 *picture, unsigned x, unsigned y) {
	bits_align(nal);
	uint8_t *to = bits_extend(nal, MACROBLOCK * MACROBLOCK * 3 / 2);
	if (!to)
		return;
	for (size_t row = 0; row < MACROBLOCK; row++, to += MACROBLOCK)
		memcpy(to, luma_at(picture, x, y) + row * picture->pitch, MACROBLOCK);
	for (size_t part = 0; part < 2; part++)
		for (size_t row = 0; row < MACROBLOCK / 2; row++)
			for (size_t column = 0; column < MACROBLOCK / 2; column++)
				*to++ = chroma_at(picture, x, y)[row * picture->pitch + 2 * column + part];
}

/* 7.3.4. The vectors of skipped macroblocks are 0, as no macroblock has any other. */
unsigned slice_put_data(struct bits *nal, const struct parameters *parameters, const struct nv12 *picture,
	const struct nv12 *reference) {
	unsigned width = parameters->sequence->picture_width_in_mbs,
		 count = width * parameters->sequence->picture_height_in_mbs, skipped = 0, run = 0;
	bool p = parameters_is_p(parameters);
	for (unsigned i = 0; i < count; i++) {
		if (reference && same(picture, reference, i % width, i / width)) {
			run++;
			continue;
		}
		if (p)
			bits_put_unsigned(nal, run);
		bits_put_unsigned(nal, p ? I_PCM + I_IN_P : I_PCM);
		put_samples(nal, picture, i % width, i / width);
		skipped += run;
		run = 0;
	}
	if (run)
		bits_put_unsigned(nal, run);
	bits_end(nal);
	return skipped + run;
}
