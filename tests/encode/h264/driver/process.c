/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Video processing: RGB or NV12 becomes NV12. Nothing is scaled. */
#include <string.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

enum { MATRIX_BT709 = 1, MATRIX_BT470BG = 5, MATRIX_BT601 = 6 /* ITU-T H.273, Table 4 */ };

/* What red, green, blue from 0 to 255, and 1, count for in each sample. */
struct matrix {
	double rows[3][4];
};

/* Regions of the same size. */
struct job {
	const struct surface *from;
	struct nv12 to;
	size_t from_x, from_y, to_x, to_y;
	unsigned width, height;
	struct matrix matrix;
};

/* --- colours --- */

/* ITU-T H.273, 8.3 */
static struct matrix make_matrix(bool bt709, bool full) {
	double red = bt709 ? 0.2126 : 0.299, blue = bt709 ? 0.0722 : 0.114, green = 1 - red - blue;
	double luma = full ? 1 : 219 / 255.0, chroma = full ? 1 : 224 / 255.0;
	double cb = chroma / (2 * (1 - blue)), cr = chroma / (2 * (1 - red));
	return (struct matrix){.rows = {{luma * red, luma * green, luma * blue, full ? 0 : 16},
				       {-cb * red, -cb * green, cb * (1 - blue), 128},
				       {cr * (1 - red), -cr * green, -cr * blue, 128}}};
}

static bool choose_matrix(const VAProcPipelineParameterBuffer *pipeline, struct matrix *matrix) {
	const VAProcColorProperties *output = &pipeline->output_color_properties;
	bool bt709 = false, known = true, full = output->color_range == VA_SOURCE_RANGE_FULL;
	switch (pipeline->output_color_standard) {
	case VAProcColorStandardNone:
	case VAProcColorStandardBT601:
		break;
	case VAProcColorStandardBT709:
		bt709 = true;
		break;
	case VAProcColorStandardExplicit:
		bt709 = output->matrix_coefficients == MATRIX_BT709;
		known = bt709 || output->matrix_coefficients == MATRIX_BT470BG ||
			output->matrix_coefficients == MATRIX_BT601;
		break;
	default:
		known = false;
	}
	*matrix = make_matrix(bt709, full);
	return known;
}

/* `rgb` is the sum of so many pixels. */
static uint8_t sample(const struct matrix *matrix, size_t row, const unsigned rgb[3], unsigned pixels) {
	const double *counts = matrix->rows[row];
	double value = (counts[0] * rgb[0] + counts[1] * rgb[1] + counts[2] * rgb[2]) / pixels + counts[3];
	return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)(value + 0.5);
}

/* --- pixels --- */

/* Red or blue is the first byte. */
static void add_pixel(const struct job *job, const uint8_t *pixels, size_t x, size_t y, unsigned rgb[3]) {
	const uint8_t *pixel = pixels + (job->from_y + y) * job->from->pitch + 4 * (job->from_x + x);
	bool blue_first = job->from->fourcc == VA_FOURCC_BGRX || job->from->fourcc == VA_FOURCC_BGRA;
	rgb[0] += pixel[blue_first ? 2 : 0];
	rgb[1] += pixel[1];
	rgb[2] += pixel[blue_first ? 0 : 2];
}

/* Chroma is the mean of the four pixels, or of those of them that there are. */
static void convert_block(const struct job *job, const uint8_t *pixels, size_t x, size_t y) {
	unsigned sum[3] = {0}, count = 0;
	for (size_t row = y; row < y + 2 && row < job->height; row++) {
		for (size_t column = x; column < x + 2 && column < job->width; column++) {
			unsigned rgb[3] = {0};
			add_pixel(job, pixels, column, row, rgb);
			job->to.luma[(job->to_y + row) * job->to.pitch + job->to_x + column] =
				sample(&job->matrix, 0, rgb, 1);
			add_pixel(job, pixels, column, row, sum);
			count++;
		}
	}
	uint8_t *chroma = job->to.chroma + (job->to_y + y) / 2 * job->to.pitch + job->to_x + x;
	chroma[0] = sample(&job->matrix, 1, sum, count);
	chroma[1] = sample(&job->matrix, 2, sum, count);
}

static VAStatus convert(const struct job *job) {
	size_t size;
	const uint8_t *pixels = surface_open(job->from, &size);
	if (!pixels)
		return VA_STATUS_ERROR_OPERATION_FAILED;
	for (size_t y = 0; y < job->height; y += 2)
		for (size_t x = 0; x < job->width; x += 2)
			convert_block(job, pixels, x, y);
	surface_close(job->from, pixels, size);
	return VA_STATUS_SUCCESS;
}

static VAStatus copy(const struct job *job) {
	struct nv12 from = surface_planes(job->from);
	const struct nv12 *to = &job->to;
	for (size_t row = 0; row < job->height; row++)
		memcpy(to->luma + (job->to_y + row) * to->pitch + job->to_x,
			from.luma + (job->from_y + row) * from.pitch + job->from_x, job->width);
	for (size_t row = 0; row < (job->height + 1) / 2; row++)
		memcpy(to->chroma + (job->to_y / 2 + row) * to->pitch + job->to_x,
			from.chroma + (job->from_y / 2 + row) * from.pitch + job->from_x,
			(job->width + 1) / 2 * 2);
	return VA_STATUS_SUCCESS;
}

/* Pixels outside the region get the background, unless that is transparent. */
static void fill(const struct job *job, uint32_t argb) {
	unsigned rgb[3] = {argb >> 16 & 0xff, argb >> 8 & 0xff, argb & 0xff};
	const struct nv12 *to = &job->to;
	if (!(argb >> 24))
		return;
	for (size_t row = 0; row < to->height; row++)
		memset(to->luma + row * to->pitch, sample(&job->matrix, 0, rgb, 1), to->width);
	for (size_t row = 0; row < (to->height + 1) / 2; row++) {
		for (size_t column = 0; column < (to->width + 1) / 2; column++) {
			to->chroma[row * to->pitch + 2 * column] = sample(&job->matrix, 1, rgb, 1);
			to->chroma[row * to->pitch + 2 * column + 1] = sample(&job->matrix, 2, rgb, 1);
		}
	}
}

/* --- to begin --- */

static VARectangle region(const VARectangle *given, const struct surface *surface) {
	return given ? *given
		     : (VARectangle){.width = (uint16_t)surface->width, .height = (uint16_t)surface->height};
}

static bool is_inside(const VARectangle *region, const struct surface *surface) {
	return region->x >= 0 && region->y >= 0 && region->width && region->height &&
	       (unsigned)region->x + region->width <= surface->width &&
	       (unsigned)region->y + region->height <= surface->height;
}

/* Pairs of pixels must stay together: in what is written, and in what is copied as it is. */
static bool is_even(const VARectangle *region) {
	return region->x % 2 == 0 && region->y % 2 == 0;
}

static VAStatus check(const VAProcPipelineParameterBuffer *pipeline, const struct surface *from,
	const struct surface *to, const VARectangle *input, const VARectangle *output) {
	struct rule rules[] = {{from != to, "a surface is processed into itself"},
		{!from->mapped, "a surface is processed while an image of it is mapped"},
		{is_inside(input, from), "the surface has no such region"},
		{is_inside(output, to), "the target has no such region"},
		{input->width == output->width && input->height == output->height,
			"the regions differ in size"},
		{is_even(output) && (is_even(input) || !from->memory), "a region begins at an odd place"},
		{pipeline->rotation_state == VA_ROTATION_NONE && pipeline->mirror_state == VA_MIRROR_NONE &&
				!pipeline->blend_state && !pipeline->num_additional_outputs &&
				!pipeline->num_forward_references && !pipeline->num_backward_references,
			"only colours can be converted"},
		{from->memory || pipeline->input_color_properties.color_range != VA_SOURCE_RANGE_REDUCED,
			"RGB is said to be of reduced range"}};
	return driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
}

VAStatus process_picture(struct driver *driver, const struct context *context, struct surface *target) {
	const VAProcPipelineParameterBuffer *pipeline = &context->request.pipeline;
	const struct surface *from = driver_find(driver, pipeline->surface, KIND_SURFACE);
	struct job job = {.from = from, .to = surface_planes(target)};
	struct rule rules[] = {{context->request.pipelines == 1, "a picture has not got one pipeline"},
		{choose_matrix(pipeline, &job.matrix), "there are no such colours"}};
	VAStatus status = driver_judge(rules, ARRAY_LEN(rules), VA_STATUS_ERROR_INVALID_PARAMETER);
	if (status != VA_STATUS_SUCCESS)
		return status;
	if (!from)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (pipeline->num_filters)
		return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
	VARectangle input = region(pipeline->surface_region, from),
		    output = region(pipeline->output_region, target);
	status = check(pipeline, from, target, &input, &output);
	if (status != VA_STATUS_SUCCESS)
		return status;
	job.from_x = (size_t)input.x;
	job.from_y = (size_t)input.y;
	job.to_x = (size_t)output.x;
	job.to_y = (size_t)output.y;
	job.width = input.width;
	job.height = input.height;
	fill(&job, pipeline->output_background_color);
	status = from->memory ? copy(&job) : convert(&job);
	target->rebuilt_by = 0;
	driver_log(driver, "proc %d %d %u %u", input.x, input.y, job.width, job.height);
	return status;
}

/* --- what is supported --- */

static VAStatus check_context(struct driver *driver, VAContextID id) {
	const struct context *context = driver_find(driver, id, KIND_CONTEXT);
	return context && !config_encodes(&context->config) ? VA_STATUS_SUCCESS
							    : VA_STATUS_ERROR_INVALID_CONTEXT;
}

static VAStatus query_filters(
	VADriverContextP user, VAContextID id, VAProcFilterType *filters, unsigned *count) {
	DRIVER_HOLD(driver, user);
	(void)filters;
	*count = 0;
	return check_context(driver, id);
}

static VAStatus query_filter(
	VADriverContextP user, VAContextID id, VAProcFilterType type, void *caps, unsigned *count) {
	DRIVER_HOLD(driver, user);
	(void)type;
	(void)caps;
	*count = 0;
	VAStatus status = check_context(driver, id);
	return status == VA_STATUS_SUCCESS ? VA_STATUS_ERROR_UNSUPPORTED_FILTER : status;
}

static VAStatus query_pipeline(VADriverContextP user, VAContextID id, VABufferID *filters, unsigned count,
	VAProcPipelineCaps *caps) {
	DRIVER_HOLD(driver, user);
	/* callers are handed these, and the interface does not say that they may not write to them */
	static VAProcColorStandardType input[] = {VAProcColorStandardNone, VAProcColorStandardSRGB,
		VAProcColorStandardBT601, VAProcColorStandardBT709},
				       output[] = {VAProcColorStandardBT601, VAProcColorStandardBT709,
					       VAProcColorStandardExplicit};
	static uint32_t formats[] = {
		VA_FOURCC_NV12, VA_FOURCC_BGRX, VA_FOURCC_BGRA, VA_FOURCC_RGBX, VA_FOURCC_RGBA};
	(void)filters;
	*caps = (VAProcPipelineCaps){.input_color_standards = input,
		.num_input_color_standards = ARRAY_LEN(input),
		.output_color_standards = output,
		.num_output_color_standards = ARRAY_LEN(output),
		.input_pixel_format = formats,
		.num_input_pixel_formats = ARRAY_LEN(formats),
		.output_pixel_format = formats,
		.num_output_pixel_formats = 1,
		.max_input_width = SIDE_MAX,
		.max_input_height = SIDE_MAX,
		.min_input_width = 1,
		.min_input_height = 1,
		.max_output_width = SIDE_MAX,
		.max_output_height = SIDE_MAX,
		.min_output_width = 1,
		.min_output_height = 1};
	return count ? VA_STATUS_ERROR_UNSUPPORTED_FILTER : check_context(driver, id);
}

void process_fill(struct VADriverVTableVPP *table) {
	table->vaQueryVideoProcFilters = query_filters;
	table->vaQueryVideoProcFilterCaps = query_filter;
	table->vaQueryVideoProcPipelineCaps = query_pipeline;
}
