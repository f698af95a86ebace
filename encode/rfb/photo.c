/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/photo.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

/* The fast transform loses next to nothing below this quality, and much above it: libjpeg-turbo's
 * documentation. */
enum { EXACT_FROM = 96 };

/* Up to this quality, which is for lines that carry little, images have codes of their own. They take a tenth
 * to two fifths fewer bytes than with the usual codes, and twice the time. */
enum { OWN_CODES_TO = 42 };
enum { CODE_TABLES = 2 /* of luma and of chroma */ };

struct photo {
	struct jpeg_compress_struct library;
	struct jpeg_error_mgr errors;
	struct jpeg_destination_mgr destination;
	jmp_buf failed;                                         /* libjpeg ends by it what it cannot do */
	JHUFF_TBL usual_dc[CODE_TABLES], usual_ac[CODE_TABLES]; /* codes, if `knows_usual` */
	bool knows_usual;
	uint8_t *data; /* owned: the last image; NULL: there was none yet */
	size_t room;   /* bytes that `data` has */
};

static void on_error(j_common_ptr library) {
	longjmp(((struct photo *)library->client_data)->failed, 1);
}

static void on_message(j_common_ptr library) {
	(void)library;
}

/* --- where libjpeg writes to --- */

/* libjpeg's own memory destination forgets buffers that it has outgrown. */
static void write_from(struct photo *photo, size_t used) {
	photo->destination.next_output_byte = photo->data + used;
	photo->destination.free_in_buffer = photo->room - used;
}

static void grow(struct photo *photo, size_t room) {
	uint8_t *larger = realloc(photo->data, room);
	if (!larger)
		longjmp(photo->failed, 1);
	photo->data = larger;
	photo->room = room;
}

static void begin_image(j_compress_ptr library) {
	enum { FIRST_ROOM = 1 << 15 };
	struct photo *photo = library->client_data;
	if (!photo->room)
		grow(photo, FIRST_ROOM);
	write_from(photo, 0);
}

/* The whole buffer is full then, whatever the numbers say: libjpeg's documentation. */
static boolean make_room(j_compress_ptr library) {
	struct photo *photo = library->client_data;
	size_t used = photo->room;
	grow(photo, 2 * used);
	write_from(photo, used);
	return TRUE;
}

static void end_image(j_compress_ptr library) {
	(void)library;
}

static size_t image_size(const struct photo *photo) {
	return photo->room - photo->destination.free_in_buffer;
}

/* --- beginning and end --- */

static bool begin(struct photo *photo) {
	photo->library.err = jpeg_std_error(&photo->errors);
	photo->library.client_data = photo;
	photo->errors.error_exit = on_error;
	photo->errors.output_message = on_message;
	if (setjmp(photo->failed))
		return false;
	jpeg_create_compress(&photo->library);
	photo->destination.init_destination = begin_image;
	photo->destination.empty_output_buffer = make_room;
	photo->destination.term_destination = end_image;
	photo->library.dest = &photo->destination;
	return true;
}

struct photo *photo_create(void) {
	struct photo *photo = calloc(1, sizeof *photo);
	if (!photo || begin(photo))
		return photo;
	photo_destroy(photo);
	return NULL;
}

void photo_destroy(struct photo *photo) {
	if (!photo)
		return;
	jpeg_destroy_compress(&photo->library);
	free(photo->data);
	free(photo);
}

/* Where the picture's pixels have their channels. */
static J_COLOR_SPACE colour_space(void) {
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? JCS_EXT_XRGB : JCS_EXT_BGRX;
}

/* How many pixels share a sample of chroma. */
static void set_chroma(struct jpeg_compress_struct *library, enum photo_chroma chroma) {
	if (chroma == PHOTO_GREY) {
		jpeg_set_colorspace(library, JCS_GRAYSCALE);
		return;
	}
	library->comp_info[0].h_samp_factor = chroma == PHOTO_444 ? 1 : 2;
	library->comp_info[0].v_samp_factor = chroma == PHOTO_420 ? 2 : 1;
}

static void write_rows(struct jpeg_compress_struct *library, const uint32_t *pixels, size_t stride) {
	enum { ROWS = 64 };
	JSAMPROW rows[ROWS];
	while (library->next_scanline < library->image_height) {
		unsigned from = library->next_scanline, count = 0;
		for (; count < ROWS && from + count < library->image_height; count++)
			/* libjpeg does not write to rows that it compresses. */
			rows[count] = (JSAMPROW)(uintptr_t)(pixels + (from + count) * stride);
		jpeg_write_scanlines(library, rows, count);
	}
}

/* Where there are codes, jpeg_set_defaults() leaves them, even if libjpeg has made them for the last image.
 */
static void set_codes(struct photo *photo, bool own) {
	struct jpeg_compress_struct *library = &photo->library;
	for (int i = 0; i < CODE_TABLES; i++) {
		JHUFF_TBL *dc = library->dc_huff_tbl_ptrs[i], *ac = library->ac_huff_tbl_ptrs[i];
		if (photo->knows_usual) {
			*dc = photo->usual_dc[i];
			*ac = photo->usual_ac[i];
		} else {
			photo->usual_dc[i] = *dc;
			photo->usual_ac[i] = *ac;
		}
	}
	photo->knows_usual = true;
	library->optimize_coding = own;
}

size_t photo_compress(struct photo *photo, const uint32_t *pixels, size_t stride, unsigned width,
	unsigned height, int quality, enum photo_chroma chroma, const uint8_t **data) {
	struct jpeg_compress_struct *library = &photo->library;
	if (setjmp(photo->failed)) {
		jpeg_abort_compress(library);
		return 0;
	}
	library->image_width = width;
	library->image_height = height;
	library->input_components = 4;
	library->in_color_space = colour_space();
	jpeg_set_defaults(library);
	jpeg_set_quality(library, quality, TRUE);
	library->dct_method = quality < EXACT_FROM ? JDCT_IFAST : JDCT_ISLOW;
	set_chroma(library, chroma);
	set_codes(photo, quality <= OWN_CODES_TO);
	jpeg_start_compress(library, TRUE);
	write_rows(library, pixels, stride);
	jpeg_finish_compress(library);
	*data = photo->data;
	return image_size(photo);
}
