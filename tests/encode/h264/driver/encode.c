/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encoding: checks all that is said about a picture, and then writes its stream. */
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

enum { QP_MAX = 51, QP_OFFSET_MAX = 12, OFFSET_DIV2_MAX = 6, LOG2_MAX_MINUS4 = 12 };

/* A picture that is to be encoded. */
struct job {
	struct driver *driver;
	struct context *context;
	struct parameters parameters;
	const struct surface *source;
	struct surface *rebuilt;
	const struct surface *reference; /* NULL: it is no P picture */
	struct buffer *coded;
};

static bool is_idr(const struct job *job) {
	return job->parameters.picture->pic_fields.bits.idr_pic_flag;
}

static bool is_none(const VAPictureH264 *picture) {
	return picture->picture_id == VA_INVALID_SURFACE || picture->flags & VA_PICTURE_H264_INVALID;
}

static unsigned macroblocks(unsigned side) {
	return (side + MACROBLOCK - 1) / MACROBLOCK;
}

/* --- parameters --- */

static VAStatus check_parts(const struct request *request, bool has_sequence) {
	struct rule rules[] = {{request->has_picture, "a picture comes without its parameters"},
		{request->slices == 1, "a picture has not got one slice"},
		{!request->has_header, "a packed header is announced and did not come"},
		{has_sequence, "an IDR picture comes without the sequence's parameters"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

static VAStatus check_sequence(const struct job *job) {
	const VAEncSequenceParameterBufferH264 *it = job->parameters.sequence;
	const struct context *context = job->context;
	uint64_t cropped_x = (uint64_t)it->frame_crop_left_offset + it->frame_crop_right_offset,
		 cropped_y = (uint64_t)it->frame_crop_top_offset + it->frame_crop_bottom_offset;
	struct rule rules[] = {{it->picture_width_in_mbs == macroblocks(context->width) &&
					       it->picture_height_in_mbs == macroblocks(context->height),
				       "the sequence is not of the context's size"},
		{it->seq_fields.bits.chroma_format_idc == 1 && it->seq_fields.bits.frame_mbs_only_flag &&
				!it->seq_fields.bits.mb_adaptive_frame_field_flag &&
				!it->seq_fields.bits.seq_scaling_matrix_present_flag &&
				!it->bit_depth_luma_minus8 && !it->bit_depth_chroma_minus8,
			"the sequence is not constrained baseline"},
		{it->level_idc, "level_idc is missing"},
		{it->max_num_ref_frames == 1, "max_num_ref_frames is not 1"},
		{it->ip_period <= 1, "ip_period is that of B pictures"},
		{it->seq_fields.bits.pic_order_cnt_type != 1, "pic_order_cnt_type is 1"},
		{it->seq_fields.bits.log2_max_frame_num_minus4 <= LOG2_MAX_MINUS4 &&
				it->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 <= LOG2_MAX_MINUS4,
			"log2_max_frame_num or log2_max_pic_order_cnt_lsb is too large"},
		{it->frame_cropping_flag <= 1 && (it->frame_cropping_flag || !(cropped_x + cropped_y)),
			"it is cropped without frame_cropping_flag"},
		{2 * cropped_x < (uint64_t)it->picture_width_in_mbs * MACROBLOCK &&
				2 * cropped_y < (uint64_t)it->picture_height_in_mbs * MACROBLOCK,
			"nothing is left after cropping"},
		{context->config.rate_control == VA_RC_CQP || it->bits_per_second,
			"bits_per_second is missing"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

static VAStatus check_picture(const struct job *job) {
	const VAEncPictureParameterBufferH264 *it = job->parameters.picture;
	struct rule rules[] = {{it->seq_parameter_set_id == job->parameters.sequence->seq_parameter_set_id,
				       "the picture is of another sequence"},
		{it->pic_fields.bits.reference_pic_flag, "it is not a reference picture"},
		{!it->pic_fields.bits.entropy_coding_mode_flag && !it->pic_fields.bits.weighted_pred_flag &&
				!it->pic_fields.bits.weighted_bipred_idc &&
				!it->pic_fields.bits.transform_8x8_mode_flag &&
				!it->pic_fields.bits.redundant_pic_cnt_present_flag &&
				!it->pic_fields.bits.pic_order_present_flag &&
				!it->pic_fields.bits.pic_scaling_matrix_present_flag,
			"the picture is not constrained baseline as this driver has it"},
		{!it->num_ref_idx_l0_active_minus1 && !it->num_ref_idx_l1_active_minus1,
			"there is more than one reference"},
		{it->pic_init_qp <= QP_MAX, "pic_init_qp is too large"},
		/* a larger one would have the filter change I_PCM */
		{it->chroma_qp_index_offset <= 0 && it->chroma_qp_index_offset >= -QP_OFFSET_MAX,
			"chroma_qp_index_offset is not from -12 to 0"},
		{!it->last_picture, "last_picture is not supported"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

static VAStatus check_slice(const struct job *job) {
	const VAEncSliceParameterBufferH264 *it = job->parameters.slice;
	const VAEncSequenceParameterBufferH264 *sequence = job->parameters.sequence;
	const VAEncPictureParameterBufferH264 *picture = job->parameters.picture;
	bool control = picture->pic_fields.bits.deblocking_filter_control_present_flag;
	int qp = parameters_qp(&job->parameters), alpha = it->slice_alpha_c0_offset_div2,
	    beta = it->slice_beta_offset_div2;
	struct rule rules[] = {
		{it->macroblock_address == 0 &&
				it->num_macroblocks == (unsigned)sequence->picture_width_in_mbs *
							       sequence->picture_height_in_mbs,
			"the slice has not all macroblocks"},
		{it->macroblock_info == VA_INVALID_ID, "macroblock_info is not supported"},
		{it->slice_type % 5 == 2 || (it->slice_type % 5 == 0 && !is_idr(job)),
			"slice_type is neither I nor P, or not I in an IDR picture"},
		{it->slice_type < 10, "slice_type is too large"},
		{it->pic_parameter_set_id == picture->pic_parameter_set_id,
			"the slice is of another picture parameter set"},
		{!it->num_ref_idx_active_override_flag || (it->num_ref_idx_active_override_flag == 1 &&
								  !it->num_ref_idx_l0_active_minus1),
			"the slice has more than one reference"},
		{qp >= 0 && qp <= QP_MAX, "slice_qp_delta makes QP too small or too large"},
		{it->disable_deblocking_filter_idc <= 2 && alpha <= 0 && alpha >= -OFFSET_DIV2_MAX &&
				beta >= -OFFSET_DIV2_MAX && beta <= OFFSET_DIV2_MAX,
			"the deblocking filter's parameters are wrong, or would change I_PCM"},
		{control || (!it->disable_deblocking_filter_idc && !alpha && !beta),
			"the filter has parameters without deblocking_filter_control_present_flag"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

/* --- order and references --- */

static VAStatus check_order(const struct job *job) {
	const struct parameters *it = &job->parameters;
	const struct context *context = job->context;
	const VAPictureH264 *current = &it->picture->CurrPic;
	unsigned frames = 16u << it->sequence->seq_fields.bits.log2_max_frame_num_minus4,
		 orders = 16u << it->sequence->seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4;
	struct rule rules[] = {{is_idr(job) || context->has_last, "the first picture is no IDR picture"},
		{it->picture->frame_num == (is_idr(job) ? 0 : (context->last.frame_idx + 1) % frames),
			"frame_num does not follow the last one"},
		{current->frame_idx == it->picture->frame_num, "CurrPic.frame_idx is not frame_num"},
		{it->sequence->seq_fields.bits.pic_order_cnt_type != 0 ||
				((uint32_t)current->TopFieldOrderCnt & (orders - 1)) ==
					it->slice->pic_order_cnt_lsb,
			"CurrPic.TopFieldOrderCnt is not pic_order_cnt_lsb"},
		{is_idr(job) || current->TopFieldOrderCnt > context->last.TopFieldOrderCnt,
			"CurrPic.TopFieldOrderCnt does not grow"},
		{!is_idr(job) || !context->last_is_idr || it->slice->idr_pic_id != context->last_id,
			"idr_pic_id is that of the IDR picture right before"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_ENCODING_ERROR);
}

static bool are_others_none(const VAEncPictureParameterBufferH264 *picture) {
	for (size_t i = 1; i < ARRAY_LEN(picture->ReferenceFrames); i++)
		if (!is_none(&picture->ReferenceFrames[i]))
			return false;
	return true;
}

/* A decoder that keeps one reference has the last picture only. */
static VAStatus check_reference(const struct job *job) {
	const VAPictureH264 *frame = &job->parameters.picture->ReferenceFrames[0],
			    *listed = &job->parameters.slice->RefPicList0[0], *last = &job->context->last;
	const struct surface *surface = job->reference;
	struct rule first[] = {{!is_none(frame) && !is_none(listed), "a P picture has no reference"},
		{surface, "the reference is no surface"}};
	VAStatus status = driver_judge(first, ARRAY_LEN(first), VA_STATUS_ERROR_ENCODING_ERROR);
	if (status != VA_STATUS_SUCCESS)
		return status;
	struct rule rules[] = {{frame->picture_id == listed->picture_id,
				       "RefPicList0[0] and ReferenceFrames[0] are not the same"},
		{are_others_none(job->parameters.picture),
			"there are more than max_num_ref_frames references"},
		{surface->rebuilt_by == job->context->object.id,
			"the reference was not reconstructed, or was changed since"},
		{frame->picture_id == last->picture_id, "the reference is not the last picture"},
		{frame->frame_idx == last->frame_idx && listed->frame_idx == last->frame_idx,
			"the reference's frame_idx is not the one that it had"},
		{frame->TopFieldOrderCnt == last->TopFieldOrderCnt &&
				listed->TopFieldOrderCnt == last->TopFieldOrderCnt,
			"the reference's TopFieldOrderCnt is not the one that it had"},
		{frame->flags & VA_PICTURE_H264_SHORT_TERM_REFERENCE &&
				listed->flags & VA_PICTURE_H264_SHORT_TERM_REFERENCE,
			"the reference is not flagged as a short-term reference"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_ENCODING_ERROR);
}

static VAStatus check_targets(const struct job *job) {
	const VAEncSequenceParameterBufferH264 *sequence = job->parameters.sequence;
	const struct surface *rebuilt = job->rebuilt;
	if (!rebuilt || !rebuilt->memory || is_none(&job->parameters.picture->CurrPic))
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (!job->coded || job->coded->type != VAEncCodedBufferType)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	struct rule rules[] = {
		{macroblocks(rebuilt->width) >= sequence->picture_width_in_mbs &&
				macroblocks(rebuilt->height) >= sequence->picture_height_in_mbs,
			"the surface for the reconstructed picture is too small"},
		{rebuilt != job->source && rebuilt != job->reference && !rebuilt->mapped,
			"the surface for the reconstructed picture is in use"},
		{!job->coded->mapped, "the coded buffer is mapped"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

/* --- packed headers --- */

static bool is_nal(const struct request *request, VAEncPackedHeaderType type, unsigned nal_type) {
	size_t which = type - VAEncPackedHeaderSequence;
	const struct bits *nal = &request->packed[which];
	return !request->has_packed[which] || (nal->count % 8 == 0 && (nal->bytes[0] & 31u) == nal_type);
}

static const struct bits *packed(const struct job *job, VAEncPackedHeaderType type) {
	size_t which = type - VAEncPackedHeaderSequence;
	const struct request *request = &job->context->request;
	return request->has_packed[which] ? &request->packed[which] : NULL;
}

static VAStatus check_packed(const struct job *job) {
	char line[128];
	const struct request *request = &job->context->request;
	const struct bits *header = packed(job, VAEncPackedHeaderSlice);
	const char *wrong = header ? slice_check_header(header, &job->parameters) : NULL;
	snprintf(line, sizeof line, "the packed slice header contradicts the parameters: %s",
		wrong ? wrong : "");
	struct rule rules[] = {{is_nal(request, VAEncPackedHeaderSequence, NAL_SEQUENCE),
				       "the packed sequence header is none"},
		{is_nal(request, VAEncPackedHeaderPicture, NAL_PARAMETERS),
			"the packed picture header is none"},
		{!wrong, line}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_ENCODING_ERROR);
}

/* --- to write it --- */

/* The reconstructed picture is the source as it is, whose edges go on up to whole macroblocks. */
static void rebuild(const struct job *job) {
	struct nv12 from = surface_planes(job->source), to = surface_planes(job->rebuilt);
	size_t width = (size_t)job->parameters.sequence->picture_width_in_mbs * MACROBLOCK,
	       height = (size_t)job->parameters.sequence->picture_height_in_mbs * MACROBLOCK;
	for (size_t y = 0; y < height; y++) {
		const uint8_t *row = from.luma + (y < from.height ? y : from.height - 1) * from.pitch;
		for (size_t x = 0; x < width; x++)
			to.luma[y * to.pitch + x] = row[x < from.width ? x : from.width - 1];
	}
	size_t columns = (from.width + 1) / 2, rows = (from.height + 1) / 2;
	for (size_t y = 0; y < height / 2; y++) {
		const uint8_t *row = from.chroma + (y < rows ? y : rows - 1) * from.pitch;
		for (size_t x = 0; x < width / 2; x++)
			memcpy(to.chroma + y * to.pitch + 2 * x, row + 2 * (x < columns ? x : columns - 1),
				2);
	}
}

typedef void put_header(struct bits *nal, const struct parameters *parameters);

/* Ours only with IDR pictures, and a caller's whenever they come. */
static void write_header(
	const struct job *job, struct bits *stream, VAEncPackedHeaderType type, put_header *put) {
	const struct bits *theirs = packed(job, type);
	struct bits ours = {0};
	if (!theirs && is_idr(job))
		put(&ours, &job->parameters);
	if (theirs || is_idr(job))
		bits_put_nal(stream, theirs ? theirs : &ours);
	bits_finish(&ours);
}

/* Returns how many macroblocks were skipped. */
static unsigned write_slice(const struct job *job, struct bits *stream) {
	const struct bits *header = packed(job, VAEncPackedHeaderSlice);
	bool may_skip = job->reference && parameters_may_skip(&job->parameters);
	struct nv12 picture = surface_planes(job->rebuilt),
		    reference = may_skip ? surface_planes(job->reference) : picture;
	struct bits nal = {0};
	if (header) {
		size_t whole = header->count / 8;
		uint8_t *to = bits_extend(&nal, whole);
		if (to)
			memcpy(to, header->bytes, whole);
		if (header->count % 8)
			bits_put(&nal, (uint32_t)header->bytes[whole] >> (8 - header->count % 8),
				header->count % 8);
	} else {
		slice_put_header(&nal, &job->parameters);
	}
	unsigned skipped = slice_put_data(&nal, &job->parameters, &picture, may_skip ? &reference : NULL);
	bits_put_nal(stream, &nal);
	bits_finish(&nal);
	return skipped;
}

/* As real drivers do, it is told in the buffer itself if that is too small. */
static void store(const struct job *job, const struct bits *stream) {
	struct buffer *coded = job->coded;
	size_t size = stream->count / 8;
	coded->coded = size < coded->size ? size : coded->size;
	coded->status = size <= coded->size ? (uint32_t)parameters_qp(&job->parameters)
					    : VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK;
	memcpy(coded->data, stream->bytes, coded->coded);
}

static void remember(const struct job *job) {
	struct context *context = job->context;
	context->has_last = true;
	context->sequence = *job->parameters.sequence;
	context->last = job->parameters.picture->CurrPic;
	context->last_is_idr = is_idr(job);
	context->last_id = job->parameters.slice->idr_pic_id;
	job->rebuilt->rebuilt_by = context->object.id;
}

static VAStatus write_picture(const struct job *job) {
	const VAEncSequenceParameterBufferH264 *sequence = job->parameters.sequence;
	struct bits stream = {0};
	rebuild(job);
	write_header(job, &stream, VAEncPackedHeaderSequence, slice_put_sequence);
	write_header(job, &stream, VAEncPackedHeaderPicture, slice_put_parameters);
	unsigned skipped = write_slice(job, &stream);
	VAStatus status = stream.failed ? VA_STATUS_ERROR_ALLOCATION_FAILED : VA_STATUS_SUCCESS;
	if (status == VA_STATUS_SUCCESS) {
		store(job, &stream);
		remember(job);
		driver_log(job->driver, "encode %s %u %u qp %d %s bytes %zu skipped %u",
			is_idr(job)                         ? "idr"
			: parameters_is_p(&job->parameters) ? "p"
							    : "i",
			MACROBLOCK * sequence->picture_width_in_mbs -
				2 * (sequence->frame_crop_left_offset + sequence->frame_crop_right_offset),
			MACROBLOCK * sequence->picture_height_in_mbs -
				2 * (sequence->frame_crop_top_offset + sequence->frame_crop_bottom_offset),
			parameters_qp(&job->parameters),
			packed(job, VAEncPackedHeaderSlice) ? "packed" : "plain", stream.count / 8, skipped);
	}
	bits_finish(&stream);
	return status;
}

VAStatus encode_picture(struct driver *driver, struct context *context, struct surface *source) {
	struct request *request = &context->request;
	unsigned fails = driver->options.fails;
	if (++context->ended >= fails && fails)
		return VA_STATUS_ERROR_HW_BUSY;
	bool idr = request->picture.pic_fields.bits.idr_pic_flag;
	VAStatus status = check_parts(request, request->has_sequence || (context->has_last && !idr));
	if (status != VA_STATUS_SUCCESS)
		return status;
	struct job job = {.driver = driver,
		.context = context,
		.parameters = {request->has_sequence ? &request->sequence : &context->sequence,
			&request->picture, &request->slice},
		.source = source,
		.rebuilt = driver_find(driver, request->picture.CurrPic.picture_id, KIND_SURFACE),
		.coded = driver_find(driver, request->picture.coded_buf, KIND_BUFFER)};
	if (parameters_is_p(&job.parameters))
		job.reference = driver_find(driver, request->slice.RefPicList0[0].picture_id, KIND_SURFACE);
	VAStatus (*const checks[])(const struct job *) = {
		check_sequence, check_picture, check_slice, check_targets, check_order};
	for (size_t i = 0; i < ARRAY_LEN(checks) && status == VA_STATUS_SUCCESS; i++)
		status = checks[i](&job);
	if (status == VA_STATUS_SUCCESS && parameters_is_p(&job.parameters))
		status = check_reference(&job);
	if (status == VA_STATUS_SUCCESS)
		status = check_packed(&job);
	return status == VA_STATUS_SUCCESS ? write_picture(&job) : status;
}
