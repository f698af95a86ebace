/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffers: parameters, the pixels of images, and coded pictures. */
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

/* The types that a caller may create. `size` is the least. */
struct type {
	VABufferType type;
	bool encodes;
	size_t size;
};

static const struct type types[] = {
	{VAEncCodedBufferType, true, 1},
	{VAEncSequenceParameterBufferType, true, sizeof(VAEncSequenceParameterBufferH264)},
	{VAEncPictureParameterBufferType, true, sizeof(VAEncPictureParameterBufferH264)},
	{VAEncSliceParameterBufferType, true, sizeof(VAEncSliceParameterBufferH264)},
	{VAEncPackedHeaderParameterBufferType, true, sizeof(VAEncPackedHeaderParameterBuffer)},
	{VAEncPackedHeaderDataBufferType, true, 1},
	{VAEncMiscParameterBufferType, true, sizeof(VAEncMiscParameterBuffer)},
	{VAProcPipelineParameterBufferType, false, sizeof(VAProcPipelineParameterBuffer)},
};

static const struct type *find_type(VABufferType type) {
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

void buffer_free(struct driver *driver, struct buffer *buffer) {
	if (!buffer->surface)
		free(buffer->data);
	driver_remove(driver, &buffer->object);
}

static VAStatus check_new(
	const struct context *context, VABufferType type, unsigned size, unsigned count, const void *data) {
	const struct type *known = find_type(type);
	if (!context)
		return VA_STATUS_ERROR_INVALID_CONTEXT;
	if (!known || known->encodes != config_encodes(&context->config))
		return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	struct rule rules[] = {{size >= known->size, "a buffer is too small for its type"},
		{count == 1, "a buffer has not got one element"},
		{type != VAEncCodedBufferType || !data, "a coded buffer is created with data"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

static VAStatus create_buffer(VADriverContextP context, VAContextID user, VABufferType type, unsigned size,
	unsigned count, void *data, VABufferID *id) {
	DRIVER_HOLD(driver, context);
	VAStatus status = check_new(driver_find(driver, user, KIND_CONTEXT), type, size, count, data);
	if (status != VA_STATUS_SUCCESS)
		return status;
	struct buffer *buffer = calloc(1, sizeof *buffer);
	uint8_t *memory = calloc(size, 1);
	if (!buffer || !memory) {
		free(buffer);
		free(memory);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	if (data)
		memcpy(memory, data, size);
	buffer->type = type;
	buffer->size = size;
	buffer->elements = count;
	buffer->data = memory;
	*id = driver_add(driver, &buffer->object, KIND_BUFFER);
	return VA_STATUS_SUCCESS;
}

/* Buffers of images are destroyed with their images only. */
static VAStatus destroy_buffer(VADriverContextP context, VABufferID id) {
	DRIVER_HOLD(driver, context);
	struct buffer *buffer = driver_find(driver, id, KIND_BUFFER);
	if (!buffer || buffer->type == VAImageBufferType)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	buffer_free(driver, buffer);
	return VA_STATUS_SUCCESS;
}

static VAStatus set_elements(VADriverContextP context, VABufferID id, unsigned count) {
	DRIVER_HOLD(driver, context);
	if (!driver_find(driver, id, KIND_BUFFER))
		return VA_STATUS_ERROR_INVALID_BUFFER;
	return count == 1 ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_PARAMETER;
}

static VAStatus query_buffer(
	VADriverContextP context, VABufferID id, VABufferType *type, unsigned *size, unsigned *elements) {
	DRIVER_HOLD(driver, context);
	const struct buffer *buffer = driver_find(driver, id, KIND_BUFFER);
	if (!buffer)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	*type = buffer->type;
	*size = buffer->size;
	*elements = buffer->elements;
	return VA_STATUS_SUCCESS;
}

/* Returns the list of segments. There may be one more than callers expect. */
static VACodedBufferSegment *list_segments(struct buffer *buffer, bool two) {
	size_t first = two ? buffer->coded / 2 : buffer->coded;
	buffer->segments[0] = (VACodedBufferSegment){.size = (uint32_t)first,
		.status = buffer->status,
		.buf = buffer->data,
		.next = two ? &buffer->segments[1] : NULL};
	buffer->segments[1] = (VACodedBufferSegment){.size = (uint32_t)(buffer->coded - first),
		.status = buffer->status,
		.buf = buffer->data + first};
	return buffer->segments;
}

static VAStatus map_buffer(VADriverContextP context, VABufferID id, void **memory) {
	DRIVER_HOLD(driver, context);
	struct buffer *buffer = driver_find(driver, id, KIND_BUFFER);
	if (!buffer)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (buffer->mapped)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	buffer->mapped = true;
	if (buffer->surface) {
		buffer->surface->mapped++;
		buffer->surface->rebuilt_by = 0;
	}
	*memory = buffer->type == VAEncCodedBufferType
			  ? (void *)list_segments(buffer, driver->options.segments)
			  : buffer->data;
	return VA_STATUS_SUCCESS;
}

static VAStatus unmap_buffer(VADriverContextP context, VABufferID id) {
	DRIVER_HOLD(driver, context);
	struct buffer *buffer = driver_find(driver, id, KIND_BUFFER);
	if (!buffer)
		return VA_STATUS_ERROR_INVALID_BUFFER;
	if (!buffer->mapped)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	buffer->mapped = false;
	if (buffer->surface)
		buffer->surface->mapped--;
	return VA_STATUS_SUCCESS;
}

static VAStatus sync_buffer(VADriverContextP context, VABufferID id, uint64_t timeout_ns) {
	DRIVER_HOLD(driver, context);
	const struct buffer *buffer = driver_find(driver, id, KIND_BUFFER);
	(void)timeout_ns;
	return buffer && buffer->type == VAEncCodedBufferType ? VA_STATUS_SUCCESS
							      : VA_STATUS_ERROR_INVALID_BUFFER;
}

void buffer_fill(struct VADriverVTable *table) {
	table->vaCreateBuffer = create_buffer;
	table->vaDestroyBuffer = destroy_buffer;
	table->vaBufferSetNumElements = set_elements;
	table->vaBufferInfo = query_buffer;
	table->vaMapBuffer = map_buffer;
	table->vaUnmapBuffer = unmap_buffer;
	table->vaSyncBuffer = sync_buffer;
}
