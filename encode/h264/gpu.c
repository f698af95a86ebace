/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A video that a GPU encodes. Each picture refers to the one before it only, so there are two reconstructed
 * ones, in turns. Headers are ours as far as the driver takes them, since some drivers leave out which
 * colours are meant.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/h264/coder.h"
#include "encode/h264/gpu_camera.h"
#include "encode/h264/stream.h"
#include "encode/h264/va.h"
#include "encode/h264/yuv420.h"
#include "encode/memory.h"

enum {
	REFERENCES = 16, /* entries of ReferenceFrames */
	BUFFERS_MAX = 9, /* of one picture: four of parameters, and three headers of which two have data */
	SIDE_MIN = 128,  /* what AMD's encoders take; a processor is quick enough with less */
	KEY_QP_BELOW = 3,
	QP_MIN = 10,
	QP_MAX = 48,
	IDR_PERIOD = 1 << 14, /* pictures; key pictures come when they are asked for */
};

/* It stays 0 as long as everything goes well. What failed is what `where` names. */
struct outcome {
	VAStatus status;
	const char *where;
};

struct gpu_video {
	struct h264 base;
	struct va *va; /* in use */
	VAConfigID config;
	VAContextID context;
	VASurfaceID surfaces[3]; /* the pixels, and the two reconstructed pictures */
	struct camera *camera;   /* NULL: it takes none */
	VAImage image;
	VABufferID coded;
	uint8_t *bytes; /* owned; of the last picture */
	size_t room;
	struct stream stream;
	struct stream_picture picture;   /* the last one */
	bool begun;                      /* there was one */
	VABufferID buffers[BUFFERS_MAX]; /* of the present one */
	unsigned buffer_count;
	struct outcome outcome;
};

static bool went_well(struct gpu_video *video, VAStatus status, const char *where) {
	if (status == VA_STATUS_SUCCESS)
		return true;
	if (video->outcome.status == VA_STATUS_SUCCESS)
		video->outcome = (struct outcome){status, where};
	return false;
}

/* --- to begin and to end --- */

static bool make_context(struct gpu_video *video) {
	struct va *va = video->va;
	unsigned width = stream_padded(video->stream.width), height = stream_padded(video->stream.height);
	uint32_t ours = va->packed & (VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE |
					     VA_ENC_PACKED_HEADER_SLICE);
	VAConfigAttrib attributes[] = {{VAConfigAttribRTFormat, VA_RT_FORMAT_YUV420},
		{VAConfigAttribRateControl, VA_RC_CQP}, {VAConfigAttribEncPackedHeaders, ours}};
	int attribute_count = (int)ARRAY_LEN(attributes) - (ours == 0);
	return va->api.CreateConfig(va->display, VA_PROFILE, va->entrypoint, attributes, attribute_count,
		       &video->config) == VA_STATUS_SUCCESS &&
	       va_create_surfaces(va, video->stream.width, video->stream.height, video->surfaces,
		       ARRAY_LEN(video->surfaces)) == VA_STATUS_SUCCESS &&
	       va->api.CreateContext(va->display, video->config, (int)width, (int)height, VA_PROGRESSIVE,
		       video->surfaces, ARRAY_LEN(video->surfaces), &video->context) == VA_STATUS_SUCCESS;
}

/* No picture takes more than one that is not compressed, and a little for each macroblock. */
static bool make_buffers(struct gpu_video *video) {
	struct va *va = video->va;
	VAImageFormat format = {.fourcc = VA_FOURCC_NV12, .byte_order = VA_LSB_FIRST, .bits_per_pixel = 12};
	unsigned width = stream_padded(video->stream.width), height = stream_padded(video->stream.height);
	unsigned size = 3 * width * height + (1u << 16);
	return va->api.CreateImage(va->display, &format, (int)video->stream.width, (int)video->stream.height,
		       &video->image) == VA_STATUS_SUCCESS &&
	       va->api.CreateBuffer(va->display, video->context, VAEncCodedBufferType, size, 1, NULL,
		       &video->coded) == VA_STATUS_SUCCESS;
}

static void gpu_destroy(struct h264 *h264) {
	struct gpu_video *video = (struct gpu_video *)h264;
	struct va *va = video->va;
	pthread_mutex_lock(&va->lock);
	if (video->coded != VA_INVALID_ID)
		va->api.DestroyBuffer(va->display, video->coded);
	if (video->image.image_id != VA_INVALID_ID)
		va->api.DestroyImage(va->display, video->image.image_id);
	if (video->context != VA_INVALID_ID)
		va->api.DestroyContext(va->display, video->context);
	if (video->surfaces[0] != VA_INVALID_ID)
		va->api.DestroySurfaces(va->display, video->surfaces, ARRAY_LEN(video->surfaces));
	if (video->config != VA_INVALID_ID)
		va->api.DestroyConfig(va->display, video->config);
	pthread_mutex_unlock(&va->lock);
	camera_drop(video->camera);
	va_leave();
	free(video->bytes);
	free(video);
}

/* --- pixels --- */

/* Returns false if the driver failed. */
static bool put_pixels(struct gpu_video *video, const uint32_t *pixels, size_t stride) {
	struct va *va = video->va;
	const VAImage *image = &video->image;
	unsigned width = video->stream.width, height = video->stream.height;
	void *memory;
	if (!went_well(video, va->api.MapBuffer(va->display, image->buf, &memory), "take pixels"))
		return false;
	uint8_t *planes = memory;
	const struct yuv420 yuv = {.width = width,
		.height = height,
		.luma = planes + image->offsets[0],
		.cb = planes + image->offsets[1],
		.cr = planes + image->offsets[1] + 1,
		.pairs = true,
		.luma_stride = image->pitches[0],
		.chroma_stride = image->pitches[1]};
	yuv420_convert(&yuv, pixels, stride);
	va->api.UnmapBuffer(va->display, image->buf);
	return went_well(video,
		va->api.PutImage(va->display, video->surfaces[0], image->image_id, 0, 0, width, height, 0, 0,
			width, height),
		"take pixels");
}

/* --- what is said about a picture --- */

static void add(struct gpu_video *video, VABufferType type, const void *data, size_t size) {
	struct va *va = video->va;
	VABufferID id;
	/* the library does not write to the data */
	if (went_well(video,
		    va->api.CreateBuffer(va->display, video->context, type, (unsigned)size, 1,
			    (void *)(uintptr_t)data, &id),
		    "take parameters"))
		video->buffers[video->buffer_count++] = id;
}

static void add_sequence(struct gpu_video *video) {
	const struct stream *stream = &video->stream;
	unsigned right = stream_padded(stream->width) - stream->width,
		 bottom = stream_padded(stream->height) - stream->height;
	VAEncSequenceParameterBufferH264 sequence = {.level_idc = (uint8_t)stream_level(stream),
		.intra_period = IDR_PERIOD,
		.intra_idr_period = IDR_PERIOD,
		.ip_period = 1,
		.max_num_ref_frames = 1,
		.picture_width_in_mbs = (uint16_t)stream_macroblocks(stream->width),
		.picture_height_in_mbs = (uint16_t)stream_macroblocks(stream->height),
		.vui_parameters_present_flag = 1,
		.frame_cropping_flag = right || bottom,
		.frame_crop_right_offset = right / 2,
		.frame_crop_bottom_offset = bottom / 2};
	sequence.seq_fields.bits.chroma_format_idc = 1;
	sequence.seq_fields.bits.frame_mbs_only_flag = 1;
	sequence.seq_fields.bits.direct_8x8_inference_flag = 1;
	sequence.seq_fields.bits.log2_max_frame_num_minus4 = STREAM_FRAME_NUM_BITS - 4;
	sequence.seq_fields.bits.log2_max_pic_order_cnt_lsb_minus4 = STREAM_ORDER_BITS - 4;
	sequence.vui_fields.bits.bitstream_restriction_flag = 1;
	sequence.vui_fields.bits.motion_vectors_over_pic_boundaries_flag = 1;
	sequence.vui_fields.bits.log2_max_mv_length_horizontal = STREAM_MOTION_MAX_LOG2;
	sequence.vui_fields.bits.log2_max_mv_length_vertical = STREAM_MOTION_MAX_LOG2;
	add(video, VAEncSequenceParameterBufferType, &sequence, sizeof sequence);
}

static void add_header(
	struct gpu_video *video, uint32_t flag, uint32_t type, const uint8_t *data, size_t bits) {
	if (!(video->va->packed & flag))
		return;
	VAEncPackedHeaderParameterBuffer header = {
		.type = type, .bit_length = (uint32_t)bits, .has_emulation_bytes = 1};
	add(video, VAEncPackedHeaderParameterBufferType, &header, sizeof header);
	add(video, VAEncPackedHeaderDataBufferType, data, (bits + 7) / 8);
}

/* The pictures before the last two are never looked at, so numbers may repeat. */
static VAPictureH264 reconstructed(const struct gpu_video *video, const struct stream_picture *picture) {
	return (VAPictureH264){.picture_id = video->surfaces[1 + picture->number % 2],
		.frame_idx = stream_frame_num(picture),
		.flags = VA_PICTURE_H264_SHORT_TERM_REFERENCE,
		.TopFieldOrderCnt = (int32_t)(2 * picture->number),
		.BottomFieldOrderCnt = (int32_t)(2 * picture->number)};
}

static const VAPictureH264 no_picture = {.picture_id = VA_INVALID_SURFACE, .flags = VA_PICTURE_H264_INVALID};

static void add_picture(struct gpu_video *video, const VAPictureH264 *before) {
	const struct stream_picture *picture = &video->picture;
	VAEncPictureParameterBufferH264 parameters = {.CurrPic = reconstructed(video, picture),
		.coded_buf = video->coded,
		.frame_num = (uint16_t)stream_frame_num(picture),
		.pic_init_qp = (uint8_t)video->stream.qp};
	parameters.CurrPic.flags = 0;
	for (size_t i = 0; i < REFERENCES; i++)
		parameters.ReferenceFrames[i] = i || picture->key ? no_picture : *before;
	parameters.pic_fields.bits.idr_pic_flag = picture->key;
	parameters.pic_fields.bits.reference_pic_flag = 1;
	parameters.pic_fields.bits.deblocking_filter_control_present_flag = 1;
	add(video, VAEncPictureParameterBufferType, &parameters, sizeof parameters);
}

static void add_slice(struct gpu_video *video, const VAPictureH264 *before) {
	const struct stream_picture *picture = &video->picture;
	VAEncSliceParameterBufferH264 slice = {.num_macroblocks = stream_macroblocks(video->stream.width) *
								  stream_macroblocks(video->stream.height),
		.macroblock_info = VA_INVALID_ID,
		.slice_type = picture->key ? 2 : 0, /* Table 7-6 */
		.idr_pic_id = (uint16_t)picture->id,
		.pic_order_cnt_lsb = (uint16_t)stream_order(picture),
		.slice_qp_delta = (int8_t)(picture->qp - video->stream.qp)};
	for (size_t i = 0; i < ARRAY_LEN(slice.RefPicList0); i++) {
		slice.RefPicList0[i] = i || picture->key ? no_picture : *before;
		slice.RefPicList1[i] = no_picture;
	}
	add(video, VAEncSliceParameterBufferType, &slice, sizeof slice);
}

static void describe(struct gpu_video *video, const VAPictureH264 *before) {
	uint8_t header[STREAM_HEADER_MAX];
	size_t bits;
	if (video->picture.key) {
		add_sequence(video);
		bits = stream_write_sequence(&video->stream, header);
		add_header(video, VA_ENC_PACKED_HEADER_SEQUENCE, VAEncPackedHeaderSequence, header, bits);
	}
	add_picture(video, before);
	if (video->picture.key) {
		bits = stream_write_parameters(&video->stream, header);
		add_header(video, VA_ENC_PACKED_HEADER_PICTURE, VAEncPackedHeaderPicture, header, bits);
	}
	bits = stream_write_slice(&video->stream, &video->picture, header);
	add_header(video, VA_ENC_PACKED_HEADER_SLICE, VAEncPackedHeaderSlice, header, bits);
	add_slice(video, before);
}

/* --- a picture --- */

/* Returns the next one: pictures are numbered from each key picture on. */
static struct stream_picture next_picture(const struct gpu_video *video, bool key) {
	const struct stream_picture *last = &video->picture;
	int qp = video->stream.qp;
	if (key || !video->begun)
		return (struct stream_picture){.key = true, .id = !last->id, .qp = qp};
	return (struct stream_picture){.number = last->number + 1, .id = last->id, .qp = qp + KEY_QP_BELOW};
}

/* Hands the picture to the driver, which reads its pixels from this surface. */
static bool render(struct gpu_video *video, VASurfaceID pixels) {
	struct va *va = video->va;
	if (!went_well(video, va->api.BeginPicture(va->display, video->context, pixels), "begin"))
		return false;
	went_well(video,
		va->api.RenderPicture(va->display, video->context, video->buffers, (int)video->buffer_count),
		"take parameters");
	return went_well(video, va->api.EndPicture(va->display, video->context), "encode") &&
	       video->outcome.status == VA_STATUS_SUCCESS;
}

static void drop_buffers(struct gpu_video *video) {
	while (video->buffer_count)
		video->va->api.DestroyBuffer(video->va->display, video->buffers[--video->buffer_count]);
}

/* Our own headers in front of a key picture whose driver leaves them to us. */
static size_t write_headers(struct gpu_video *video) {
	uint8_t *to = video->bytes;
	size_t size = stream_write_sequence(&video->stream, to) / 8;
	return size + stream_write_parameters(&video->stream, to + size) / 8;
}

/* Returns the size of what the driver wrote, behind room for our headers. 0: there is not enough memory. */
static size_t gather(struct gpu_video *video, const VACodedBufferSegment *segments) {
	size_t size = 0, at = 2 * STREAM_HEADER_MAX;
	for (const VACodedBufferSegment *segment = segments; segment; segment = segment->next) {
		if (segment->status & VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK)
			return 0;
		size += segment->size;
	}
	if (!size || !memory_grow(&video->bytes, &video->room, at + size))
		return 0;
	for (const VACodedBufferSegment *segment = segments; segment; segment = segment->next) {
		memcpy(video->bytes + at, segment->buf, segment->size);
		at += segment->size;
	}
	return size;
}

static size_t fetch(struct gpu_video *video, const uint8_t **data) {
	struct va *va = video->va;
	void *segments;
	if (!went_well(video, va->api.MapBuffer(va->display, video->coded, &segments), "hand out bytes"))
		return 0;
	size_t size = gather(video, segments), head = 0;
	va->api.UnmapBuffer(va->display, video->coded);
	uint8_t *stream = video->bytes + 2 * STREAM_HEADER_MAX;
	if (size && video->picture.key && !stream_has_sequence(stream, size)) {
		head = write_headers(video);
		memmove(stream - head, video->bytes, head);
	}
	*data = size ? stream - head : NULL;
	return size ? head + size : 0;
}

/* Nobody else has to wait while the GPU encodes. */
static size_t encode(struct gpu_video *video, VASurfaceID pixels, const uint8_t **data) {
	struct va *va = video->va;
	pthread_mutex_unlock(&va->lock);
	bool done = went_well(video, va->api.SyncSurface(va->display, pixels), "encode");
	pthread_mutex_lock(&va->lock);
	return done ? fetch(video, data) : 0;
}

/* Begins the next picture. To be ended by end_picture(). */
static void begin_picture(struct gpu_video *video, bool key) {
	VAPictureH264 before = reconstructed(video, &video->picture);
	video->picture = next_picture(video, key);
	video->begun = true;
	pthread_mutex_lock(&video->va->lock);
	describe(video, &before);
}

static void end_picture(struct gpu_video *video) {
	drop_buffers(video);
	pthread_mutex_unlock(&video->va->lock);
	if (video->outcome.status != VA_STATUS_SUCCESS)
		va_blame(video->outcome.where, video->outcome.status);
}

static size_t gpu_encode(
	struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data) {
	struct gpu_video *video = (struct gpu_video *)h264;
	size_t size = 0;
	begin_picture(video, key);
	if (put_pixels(video, pixels, stride) && render(video, video->surfaces[0]))
		size = encode(video, video->surfaces[0], data);
	end_picture(video);
	return size;
}

static size_t gpu_encode_exposure(
	struct h264 *h264, const struct exposure *exposure, bool key, const uint8_t **data) {
	struct gpu_video *video = (struct gpu_video *)h264;
	VASurfaceID pixels = ((const struct gpu_exposure *)exposure)->surface;
	size_t size = 0;
	if (!gpu_exposure_fits(exposure, video->stream.width, video->stream.height))
		return 0;
	begin_picture(video, key);
	if (render(video, pixels))
		size = encode(video, pixels, data);
	end_picture(video);
	return size;
}

static struct camera *camera_of(struct h264 *h264) {
	return ((struct gpu_video *)h264)->camera;
}

static const struct h264_impl impl = {gpu_encode, gpu_encode_exposure, camera_of, gpu_destroy};

/* As good as JPEG of this quality, as libx264's rate factor is (x264.c). */
static int qp_of(int quality) {
	int qp = (354 - quality * 171 / 100 + 5) / 10 - KEY_QP_BELOW;
	return qp < QP_MIN ? QP_MIN : qp > QP_MAX ? QP_MAX : qp;
}

struct h264 *gpu_create(unsigned width, unsigned height, int quality) {
	struct va *va = width >= SIDE_MIN && height >= SIDE_MIN ? va_use() : NULL;
	struct gpu_video *video = va ? calloc(1, sizeof *video) : NULL;
	if (!video) {
		if (va)
			va_leave();
		return NULL;
	}
	video->base.impl = &impl;
	video->va = va;
	video->stream = (struct stream){width, height, qp_of(quality)};
	video->config = video->context = video->coded = video->surfaces[0] = VA_INVALID_ID;
	video->image.image_id = VA_INVALID_ID;
	pthread_mutex_lock(&va->lock);
	bool made = make_context(video) && make_buffers(video);
	pthread_mutex_unlock(&va->lock);
	if (made) {
		video->camera = gpu_camera_create(va, width, height);
		return &video->base;
	}
	gpu_destroy(&video->base);
	return NULL;
}
