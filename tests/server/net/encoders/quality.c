/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/encoders/quality.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs stdio.h before it */

#include "tests/test.h"

static void read_header(struct jpeg_decompress_struct *jpeg, struct jpeg_error_mgr *errors,
	const uint8_t *bytes, size_t size) {
	jpeg->err = jpeg_std_error(errors);
	jpeg_create_decompress(jpeg);
	jpeg_mem_src(jpeg, bytes, size);
	jpeg_read_header(jpeg, TRUE);
}

struct quality quality_of(const uint8_t *bytes, size_t size) {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	read_header(&jpeg, &errors, bytes, size);
	struct quality quality = {.components = (unsigned)jpeg.num_components};
	quality.across = (unsigned)jpeg.comp_info[0].h_samp_factor;
	quality.down = (unsigned)jpeg.comp_info[0].v_samp_factor;
	memcpy(quality.steps, jpeg.quant_tbl_ptrs[0]->quantval, sizeof quality.steps);
	jpeg_destroy_decompress(&jpeg);
	return quality;
}

static void begin(
	struct jpeg_compress_struct *jpeg, struct jpeg_error_mgr *errors, uint32_t width, uint32_t height) {
	jpeg->err = jpeg_std_error(errors);
	jpeg_create_compress(jpeg);
	jpeg->image_width = width;
	jpeg->image_height = height;
	jpeg->input_components = 3;
	jpeg->in_color_space = JCS_RGB;
	jpeg_set_defaults(jpeg);
}

struct quality quality_wanted(int value) {
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct quality quality = {0};
	begin(&jpeg, &errors, 8, 8);
	jpeg_set_quality(&jpeg, value, TRUE);
	memcpy(quality.steps, jpeg.quant_tbl_ptrs[0]->quantval, sizeof quality.steps);
	jpeg_destroy_compress(&jpeg);
	return quality;
}

/* Copies the tables and the sampling of `from`. */
static void take_over(struct jpeg_compress_struct *jpeg, const struct jpeg_decompress_struct *from) {
	if (from->num_components == 1)
		jpeg_set_colorspace(jpeg, JCS_GRAYSCALE);
	for (int i = 0; i < from->num_components; i++) {
		jpeg->comp_info[i].h_samp_factor = from->comp_info[i].h_samp_factor;
		jpeg->comp_info[i].v_samp_factor = from->comp_info[i].v_samp_factor;
		jpeg->comp_info[i].quant_tbl_no = from->comp_info[i].quant_tbl_no;
	}
	for (int i = 0; i < NUM_QUANT_TBLS; i++)
		if (from->quant_tbl_ptrs[i]) {
			if (!jpeg->quant_tbl_ptrs[i])
				jpeg->quant_tbl_ptrs[i] = jpeg_alloc_quant_table((j_common_ptr)jpeg);
			memcpy(jpeg->quant_tbl_ptrs[i]->quantval, from->quant_tbl_ptrs[i]->quantval,
				sizeof from->quant_tbl_ptrs[i]->quantval);
		}
}

static unsigned long encode_alike(const struct jpeg_decompress_struct *from, const uint32_t *truth,
	size_t stride, J_DCT_METHOD method, uint8_t **out) {
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned long size = 0;
	uint32_t width = from->image_width;
	uint8_t *row = malloc((size_t)width * 3);
	CHECK(row);
	begin(&jpeg, &errors, width, from->image_height);
	take_over(&jpeg, from);
	jpeg.dct_method = method;
	jpeg_mem_dest(&jpeg, out, &size);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < from->image_height) {
		const uint32_t *pixels = truth + jpeg.next_scanline * stride;
		for (uint32_t x = 0; x < width; x++) {
			row[3 * x] = (uint8_t)(pixels[x] >> 16);
			row[3 * x + 1] = (uint8_t)(pixels[x] >> 8);
			row[3 * x + 2] = (uint8_t)pixels[x];
		}
		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(row);
	return size;
}

static uint64_t square(uint32_t a, uint32_t b) {
	uint64_t sum = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
		sum += (uint64_t)(difference * difference);
	}
	return sum;
}

/* The same error for what libjpeg makes of the pixels. */
static uint64_t own_error(const struct jpeg_decompress_struct *from, const uint32_t *truth, size_t stride,
	J_DCT_METHOD method) {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	uint8_t *own = NULL, *row = malloc((size_t)from->image_width * 3);
	uint64_t sum = 0;
	CHECK(row);
	unsigned long size = encode_alike(from, truth, stride, method, &own);
	read_header(&jpeg, &errors, own, size);
	jpeg.out_color_space = JCS_RGB;
	jpeg_start_decompress(&jpeg);
	while (jpeg.output_scanline < jpeg.output_height) {
		const uint32_t *pixels = truth + jpeg.output_scanline * stride;
		jpeg_read_scanlines(&jpeg, &row, 1);
		for (uint32_t x = 0; x < jpeg.output_width; x++)
			sum += square(pixels[x],
				(uint32_t)row[3 * x] << 16 | (uint32_t)row[3 * x + 1] << 8 | row[3 * x + 2]);
	}
	jpeg_destroy_decompress(&jpeg);
	free(row);
	free(own);
	return sum;
}

int quality_check(const uint8_t *bytes, size_t size, const uint32_t *decoded, const uint32_t *truth,
	size_t stride, struct reason *reason) {
	/* the exact transform and the fast one; an encoder may have used either */
	static const J_DCT_METHOD methods[] = {JDCT_ISLOW, JDCT_IFAST};
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	read_header(&jpeg, &errors, bytes, size);
	uint64_t sum = 0, own = 0, count = (uint64_t)jpeg.image_width * jpeg.image_height;
	bool near = false;
	for (uint32_t y = 0; y < jpeg.image_height; y++)
		for (uint32_t x = 0; x < jpeg.image_width; x++)
			sum += square(decoded[y * stride + x], truth[y * stride + x]);
	for (size_t i = 0; i < 2 && !near; i++) {
		own = own_error(&jpeg, truth, stride, methods[i]);
		near = sum <= own + own / 8 + 4 * count;
	}
	jpeg_destroy_decompress(&jpeg);
	if (near)
		return 0;
	return reason_set(reason, -EPROTO,
		"a JPEG is off by %.1f (squares a pixel), its own tables allow %.1f",
		(double)sum / (double)count, (double)own / (double)count);
}
