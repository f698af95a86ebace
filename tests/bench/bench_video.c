/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_video WIDTHxHEIGHT [QUALITY...] < FILM: what each picture of a film costs as H.264 and as JPEG of the
 * same quality, in the same run: bytes, milliseconds of processor time, and how close it comes to the film
 * (PSNR of all channels), each in the mean. A film is raw pictures of three bytes a pixel, as ffmpeg writes
 * them with -f rawvideo -pix_fmt rgb24.
 *
 * JPEG is compressed in parts of 512x256, as the server does (own_pieces.c), with all samples of chroma, as
 * level 6 asks for, and with a quarter of them.
 */
#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* behind the headers that it needs */

#include "capture/base/clock.h"
#include "encode/h264/h264.h"
#include "encode/rfb/photo.h"

enum { CELL_WIDTH = 512, CELL_HEIGHT = 256, MOST = 600 /* pictures */ };

struct film {
	unsigned width, height, count;
	uint32_t *pictures[MOST];
};

struct result {
	double bytes, ms, error;
};

static void die(const char *what) {
	fprintf(stderr, "bench_video: %s\n", what);
	exit(1);
}

static struct film read_film(const char *size) {
	struct film film = {0};
	if (sscanf(size, "%ux%u", &film.width, &film.height) != 2 || film.width % 2 || film.height % 2)
		die("a size is WIDTHxHEIGHT, both of them even");
	size_t pixels = (size_t)film.width * film.height;
	uint8_t *rgb = malloc(pixels * 3);
	while (rgb && film.count < MOST && fread(rgb, 3, pixels, stdin) == pixels) {
		uint32_t *picture = malloc(pixels * 4);
		if (!picture)
			die("out of memory");
		for (size_t i = 0; i < pixels; i++)
			picture[i] =
				(uint32_t)rgb[3 * i] << 16 | (uint32_t)rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
		film.pictures[film.count++] = picture;
	}
	free(rgb);
	if (!film.count)
		die("no film on standard input");
	return film;
}

static double error_of(uint32_t pixel, double red, double green, double blue) {
	const double values[] = {blue, green, red};
	double sum = 0;
	for (unsigned i = 0; i < 3; i++) {
		double seen = values[i] < 0 ? 0 : values[i] > 255 ? 255 : round(values[i]);
		double difference = (pixel >> 8 * i & 255) - seen;
		sum += difference * difference;
	}
	return sum;
}

/* --- H.264 --- */

static double compare_frame(const struct film *film, const uint32_t *picture, const AVFrame *frame) {
	double sum = 0;
	for (unsigned y = 0; y < film->height; y++)
		for (unsigned x = 0; x < film->width; x++) {
			double luma = 1.164384 * (frame->data[0][(int)y * frame->linesize[0] + (int)x] - 16);
			double cb = frame->data[1][(int)(y / 2) * frame->linesize[1] + (int)(x / 2)] - 128;
			double cr = frame->data[2][(int)(y / 2) * frame->linesize[2] + (int)(x / 2)] - 128;
			sum += error_of(picture[(size_t)y * film->width + x], luma + 1.596027 * cr,
				luma - 0.391762 * cb - 0.812968 * cr, luma + 2.017232 * cb);
		}
	return sum;
}

static double decode(AVCodecContext *codec, const struct film *film, const uint32_t *picture,
	const uint8_t *data, size_t size) {
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	if (!packet || !frame || av_new_packet(packet, (int)size))
		die("out of memory");
	memcpy(packet->data, data, size);
	if (avcodec_send_packet(codec, packet) || avcodec_receive_frame(codec, frame))
		die("libavcodec does not decode what was encoded");
	double sum = compare_frame(film, picture, frame);
	av_frame_free(&frame);
	av_packet_free(&packet);
	return sum;
}

static struct result run_h264(const struct film *film, int quality) {
	struct result result = {0};
	struct h264 *h264 = h264_create(film->width, film->height, quality);
	AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	if (!h264 || !codec || avcodec_open2(codec, NULL, NULL))
		die("no H.264");
	for (unsigned i = 0; i < film->count; i++) {
		const uint8_t *data;
		uint64_t begin = clock_thread_cpu_ns();
		size_t size = h264_encode(h264, film->pictures[i], film->width, i == 0, &data);
		result.ms += (double)(clock_thread_cpu_ns() - begin) / 1e6;
		if (!size)
			die("libx264 fails");
		result.bytes += (double)size;
		result.error += decode(codec, film, film->pictures[i], data, size);
	}
	avcodec_free_context(&codec);
	h264_destroy(h264);
	return result;
}

/* --- JPEG --- */

static double compare_jpeg(const uint32_t *pixels, size_t stride, const uint8_t *data, size_t size) {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	double sum = 0;
	static uint8_t row[CELL_WIDTH * 3];
	JSAMPROW rows[] = {row};
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, size);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_RGB;
	jpeg_start_decompress(&jpeg);
	for (unsigned y = 0; y < jpeg.output_height; y++) {
		jpeg_read_scanlines(&jpeg, rows, 1);
		for (unsigned x = 0; x < jpeg.output_width; x++)
			sum += error_of(pixels[y * stride + x], row[3 * x], row[3 * x + 1], row[3 * x + 2]);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return sum;
}

static unsigned least(unsigned one, unsigned other) {
	return one < other ? one : other;
}

static struct result run_jpeg(const struct film *film, int quality, enum photo_chroma chroma) {
	struct result result = {0};
	struct photo *photo = photo_create();
	if (!photo)
		die("out of memory");
	for (unsigned i = 0; i < film->count; i++)
		for (unsigned y = 0; y < film->height; y += CELL_HEIGHT)
			for (unsigned x = 0; x < film->width; x += CELL_WIDTH) {
				const uint32_t *pixels = film->pictures[i] + (size_t)y * film->width + x;
				const uint8_t *data;
				uint64_t begin = clock_thread_cpu_ns();
				size_t size = photo_compress(photo, pixels, film->width,
					least(CELL_WIDTH, film->width - x),
					least(CELL_HEIGHT, film->height - y), quality, chroma, &data);
				result.ms += (double)(clock_thread_cpu_ns() - begin) / 1e6;
				result.bytes += (double)size;
				result.error += compare_jpeg(pixels, film->width, data, size);
			}
	photo_destroy(photo);
	return result;
}

static void print(const struct film *film, const char *name, struct result result) {
	double samples = 3.0 * film->width * film->height * film->count;
	printf("  %-12s %9.0f bytes %7.2f ms %6.2f dB\n", name, result.bytes / film->count,
		result.ms / film->count, 10 * log10(255.0 * 255 * samples / result.error));
}

int main(int argc, char **argv) {
	struct reason reason;
	if (argc < 2)
		die("usage: bench_video WIDTHxHEIGHT [QUALITY...] < FILM");
	if (h264_load(H264_CPU, &reason)) {
		printf("skipped: %s\n", reason.text);
		return 77;
	}
	const struct film film = read_film(argv[1]);
	for (int i = 2; i < argc || i == 2; i++) {
		int quality = i < argc ? atoi(argv[i]) : 79;
		printf("%ux%u, %u pictures, quality %d\n", film.width, film.height, film.count, quality);
		print(&film, "JPEG 4:4:4", run_jpeg(&film, quality, PHOTO_444));
		print(&film, "JPEG 4:2:0", run_jpeg(&film, quality, PHOTO_420));
		print(&film, "H.264", run_h264(&film, quality));
	}
	return 0;
}
