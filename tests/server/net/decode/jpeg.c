/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h> /* needs stdio.h before it */

#include "tests/server/net/decode/decode_state.h"

struct failure {
	struct jpeg_error_mgr manager;
	jmp_buf out;
	struct reason *reason;
};

static void fail(j_common_ptr jpeg) {
	struct failure *failure = (struct failure *)jpeg->err;
	char text[JMSG_LENGTH_MAX];
	jpeg->err->format_message(jpeg, text);
	reason_set(failure->reason, -EPROTO, "JPEG: %s", text);
	longjmp(failure->out, 1);
}

/* The library only warns about damaged data. Levels below 0 are warnings, the others are traces. */
static void hear(j_common_ptr jpeg, int level) {
	if (level < 0)
		fail(jpeg);
}

static int check(
	struct jpeg_decompress_struct *jpeg, uint32_t width, uint32_t height, struct reason *reason) {
	if (jpeg->image_width != width || jpeg->image_height != height)
		return reason_set(reason, -EPROTO, "a JPEG of %ux%u", jpeg->image_width, jpeg->image_height);
	if (jpeg->num_components != 1 && jpeg->num_components != 3)
		return reason_set(reason, -EPROTO, "a JPEG of %d components", jpeg->num_components);
	if (!jpeg->saw_JFIF_marker)
		return reason_set(reason, -EPROTO, "a JPEG that is no JFIF");
	return 0;
}

static int read_rows(struct jpeg_decompress_struct *jpeg, uint8_t *row, uint32_t *pixels) {
	jpeg->out_color_space = JCS_RGB;
	jpeg_start_decompress(jpeg);
	while (jpeg->output_scanline < jpeg->output_height) {
		jpeg_read_scanlines(jpeg, &row, 1);
		for (uint32_t x = 0; x < jpeg->output_width; x++)
			*pixels++ =
				(uint32_t)row[3 * x] << 16 | (uint32_t)row[3 * x + 1] << 8 | row[3 * x + 2];
	}
	jpeg_finish_decompress(jpeg);
	return 0;
}

int decode_jpeg(const uint8_t *bytes, size_t size, uint32_t width, uint32_t height, uint32_t *pixels,
	struct reason *reason) {
	struct jpeg_decompress_struct jpeg;
	struct failure failure = {.reason = reason};
	uint8_t *volatile row = malloc((size_t)width * 3 + 1);
	volatile int error = -EPROTO;
	if (!row)
		return reason_set(reason, -ENOMEM, "out of memory");
	jpeg.err = jpeg_std_error(&failure.manager);
	failure.manager.error_exit = fail;
	failure.manager.emit_message = hear;
	jpeg_create_decompress(&jpeg);
	if (setjmp(failure.out) == 0) {
		jpeg_mem_src(&jpeg, bytes, size);
		jpeg_read_header(&jpeg, TRUE);
		error = check(&jpeg, width, height, reason);
		if (error == 0)
			error = read_rows(&jpeg, row, pixels);
		if (error == 0 && jpeg.src->bytes_in_buffer)
			error = reason_set(reason, -EPROTO, "%zu bytes are left over behind a JPEG",
				jpeg.src->bytes_in_buffer);
	} else {
		error = -EPROTO;
	}
	jpeg_destroy_decompress(&jpeg);
	free(row);
	return error;
}
