/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contexts, and what is rendered to their pictures. */
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

static void forget_request(struct request *request) {
	for (size_t i = 0; i < PACKED_KINDS; i++)
		bits_finish(&request->packed[i]);
	*request = (struct request){0};
}

void context_free(struct driver *driver, struct context *context) {
	forget_request(&context->request);
	driver_remove(driver, &context->object);
}

static VAStatus check_new(struct driver *driver, const struct config *config, int width, int height,
	const VASurfaceID *targets, int count) {
	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	/* those who process need not say how large pictures are */
	int least = config_encodes(config) ? MACROBLOCK : 0;
	if (width < least || height < least || width > SIDE_MAX || height > SIDE_MAX)
		return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
	for (int i = 0; i < count; i++)
		if (!driver_find(driver, targets[i], KIND_SURFACE))
			return VA_STATUS_ERROR_INVALID_SURFACE;
	return VA_STATUS_SUCCESS;
}

static VAStatus create_context(VADriverContextP user, VAConfigID config_id, int width, int height, int flag,
	VASurfaceID *targets, int count, VAContextID *id) {
	DRIVER_HOLD(driver, user);
	const struct config *config = driver_find(driver, config_id, KIND_CONFIG);
	VAStatus status = check_new(driver, config, width, height, targets, count);
	if (status != VA_STATUS_SUCCESS)
		return status;
	if (flag & ~VA_PROGRESSIVE)
		return VA_STATUS_ERROR_FLAG_NOT_SUPPORTED;
	struct context *context = calloc(1, sizeof *context);
	if (!context)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	context->config = *config;
	context->width = (unsigned)width;
	context->height = (unsigned)height;
	*id = driver_add(driver, &context->object, KIND_CONTEXT);
	return VA_STATUS_SUCCESS;
}

static VAStatus destroy_context(VADriverContextP user, VAContextID id) {
	DRIVER_HOLD(driver, user);
	struct context *context = driver_find(driver, id, KIND_CONTEXT);
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	context_free(driver, context);
	return VA_STATUS_SUCCESS;
}

/* --- pictures --- */

static VAStatus begin_picture(VADriverContextP user, VAContextID id, VASurfaceID target) {
	DRIVER_HOLD(driver, user);
	struct context *context = driver_find(driver, id, KIND_CONTEXT);
	const struct surface *surface = driver_find(driver, target, KIND_SURFACE);
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	if (!surface || !surface->memory)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	struct rule rules[] = {{!context->request.begun, "a picture is begun before the last one was ended"}};
	VAStatus status = driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_OPERATION_FAILED);
	if (status != VA_STATUS_SUCCESS)
		return status;
	context->request.begun = true;
	context->request.target = target;
	return VA_STATUS_SUCCESS;
}

/* The rectangles need to live no longer than the buffer, so they are copied too. */
static void take_pipeline(struct request *request, const struct buffer *buffer) {
	VAProcPipelineParameterBuffer *pipeline = &request->pipeline;
	memcpy(pipeline, buffer->data, sizeof *pipeline);
	if (pipeline->surface_region) {
		request->input = *pipeline->surface_region;
		pipeline->surface_region = &request->input;
	}
	if (pipeline->output_region) {
		request->output = *pipeline->output_region;
		pipeline->output_region = &request->output;
	}
	request->pipelines++;
}

static VAStatus take_header(struct request *request, const struct buffer *buffer, uint32_t supported) {
	memcpy(&request->header, buffer->data, sizeof request->header);
	size_t which = request->header.type - VAEncPackedHeaderSequence;
	struct rule rules[] = {{!request->has_header, "a packed header is announced and did not come"},
		{which < PACKED_KINDS && supported >> which & 1, "such packed headers were not agreed on"},
		{which >= PACKED_KINDS || !request->has_packed[which],
			"there are two packed headers of a kind"}};
	VAStatus status = driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
	request->has_header = status == VA_STATUS_SUCCESS;
	return status;
}

static VAStatus take_header_data(struct request *request, const struct buffer *buffer) {
	struct rule first[] = {{request->has_header, "a packed header comes without its parameters"},
		{request->header.bit_length && request->header.bit_length <= 8ull * buffer->size,
			"a packed header is shorter than announced"}};
	VAStatus status = driver_judge(first, ARRAY_LEN(first), VA_STATUS_ERROR_INVALID_PARAMETER);
	if (status != VA_STATUS_SUCCESS)
		return status;
	size_t which = request->header.type - VAEncPackedHeaderSequence;
	struct rule rules[] = {{bits_take_nal(&request->packed[which], buffer->data,
					request->header.bit_length, request->header.has_emulation_bytes),
		"a packed header has no start code, or lacks bytes for emulation prevention"}};
	status = driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_ENCODING_ERROR);
	request->has_packed[which] = status == VA_STATUS_SUCCESS;
	request->has_header = status != VA_STATUS_SUCCESS;
	return status;
}

static VAStatus take(struct context *context, const struct buffer *buffer) {
	struct request *request = &context->request;
	switch ((int)buffer->type) {
	case VAProcPipelineParameterBufferType:
		take_pipeline(request, buffer);
		return VA_STATUS_SUCCESS;
	case VAEncSequenceParameterBufferType:
		memcpy(&request->sequence, buffer->data, sizeof request->sequence);
		request->has_sequence = true;
		return VA_STATUS_SUCCESS;
	case VAEncPictureParameterBufferType:
		memcpy(&request->picture, buffer->data, sizeof request->picture);
		request->has_picture = true;
		return VA_STATUS_SUCCESS;
	case VAEncSliceParameterBufferType:
		memcpy(&request->slice, buffer->data, sizeof request->slice);
		request->slices++;
		return VA_STATUS_SUCCESS;
	case VAEncPackedHeaderParameterBufferType:
		return take_header(request, buffer, context->config.packed);
	case VAEncPackedHeaderDataBufferType:
		return take_header_data(request, buffer);
	case VAEncMiscParameterBufferType:
		return VA_STATUS_SUCCESS;
	default:
		return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	}
}

static VAStatus render_picture(VADriverContextP user, VAContextID id, VABufferID *buffers, int count) {
	DRIVER_HOLD(driver, user);
	struct context *context = driver_find(driver, id, KIND_CONTEXT);
	VAStatus status = VA_STATUS_SUCCESS;
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	if (!context->request.begun)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	for (int i = 0; i < count && status == VA_STATUS_SUCCESS; i++) {
		const struct buffer *buffer = driver_find(driver, buffers[i], KIND_BUFFER);
		status = !buffer || buffer->mapped ? VA_STATUS_ERROR_INVALID_BUFFER : take(context, buffer);
	}
	return status;
}

static VAStatus end_picture(VADriverContextP user, VAContextID id) {
	DRIVER_HOLD(driver, user);
	struct context *context = driver_find(driver, id, KIND_CONTEXT);
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	if (!context->request.begun)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	struct surface *target = driver_find(driver, context->request.target, KIND_SURFACE);
	VAStatus status = VA_STATUS_ERROR_INVALID_SURFACE;
	if (target && target->mapped)
		status = VA_STATUS_ERROR_SURFACE_BUSY;
	else if (target)
		status = config_encodes(&context->config) ? encode_picture(driver, context, target)
							  : process_picture(driver, context, target);
	forget_request(&context->request);
	return status;
}

void context_fill(struct VADriverVTable *table) {
	table->vaCreateContext = create_context;
	table->vaDestroyContext = destroy_context;
	table->vaBeginPicture = begin_picture;
	table->vaRenderPicture = render_picture;
	table->vaEndPicture = end_picture;
}
