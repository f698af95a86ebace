/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guacamole: a viewer (libvncclient) that asks for what Apache Guacamole's guacd asks for, in the same order
 * and with the same settings: the pixel formats of its colour depths, its default encodings, its cursor
 * modes, a repeater, and listening for a server. It turns pixels and cursors into what guacd would show
 * (src/protocols/vnc of guacamole-server, read in 2026; nothing is taken from there but these facts), and
 * compares each with what must be there. guacd itself is in no package of the distributions that the tests
 * run on.
 *
 * The server must show frame 0 of the built-in pattern, or with --cursor it must be
 * tests/viewers/cursor_server. Exits with 0 if all was well.
 */
#include <getopt.h>
#include <rfb/rfbclient.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/pattern.h"

/* What guacd's parameters of these names say. */
struct settings {
	const char *hostname, *encodings, *password, *dest_host;
	int port, dest_port, depth;
	bool remote_cursor, read_only, reverse;
	bool cursor;   /* a cursor_server is at the other end */
	double mean;   /* how far channels may be off, on average; negative: not at all */
	int timeout_s; /* for everything */
};

static struct settings settings = {.encodings = "zrle ultra copyrect hextile zlib corre rre raw",
	.depth = 24,
	.mean = -1,
	.timeout_s = 30};

/* What would be on Guacamole's layers, as 0xAARRGGBB. */
static struct layer {
	uint32_t *pixels; /* owned */
	int width, height;
} screen, cursor;
static int hot_x, hot_y;
static unsigned updates;

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	printf("guacamole: ");
	vprintf(format, arguments);
	putchar('\n');
	va_end(arguments);
	return 1;
}

static void quiet(const char *format, ...) {
	(void)format;
}

/* --- guacd's conversions --- */

static uint32_t read_value(const uint8_t *bytes, int size) {
	uint32_t value;
	uint16_t half;
	if (size == 1)
		return *bytes;
	if (size == 2) {
		memcpy(&half, bytes, sizeof half);
		return half;
	}
	memcpy(&value, bytes, sizeof value);
	return value;
}

/* It does not mask the value: what lies above falls out with the carry. */
static uint32_t scale(uint32_t value, int shift, unsigned max) {
	return (value >> shift) * 0x100 / (max + 1) & 0xff;
}

static uint32_t to_rgb(const rfbPixelFormat *format, uint32_t value) {
	return scale(value, format->redShift, format->redMax) << 16 |
	       scale(value, format->greenShift, format->greenMax) << 8 |
	       scale(value, format->blueShift, format->blueMax);
}

static bool resize(struct layer *layer, int width, int height) {
	if (layer->width == width && layer->height == height)
		return true;
	free(layer->pixels);
	layer->pixels = calloc((size_t)width * (size_t)height + 1, sizeof *layer->pixels);
	layer->width = width;
	layer->height = height;
	return layer->pixels;
}

static void on_update(rfbClient *client, int x, int y, int width, int height) {
	int size = client->format.bitsPerPixel / 8;
	if (!resize(&screen, client->width, client->height))
		exit(fail("out of memory"));
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++) {
			int at = row * client->width + column;
			screen.pixels[at] =
				to_rgb(&client->format, read_value(client->frameBuffer + at * size, size));
		}
}

static void on_cursor(rfbClient *client, int x, int y, int width, int height, int size) {
	if (!resize(&cursor, width, height))
		exit(fail("out of memory"));
	hot_x = x;
	hot_y = y;
	for (int i = 0; i < width * height; i++)
		cursor.pixels[i] = to_rgb(&client->format, read_value(client->rcSource + i * size, size)) |
				   (client->rcMask[i] ? 0xff000000 : 0);
	free(client->rcMask); /* the library does not */
	client->rcMask = NULL;
}

/* What guacd sets for a depth. */
static const rfbPixelFormat eight = {.bitsPerPixel = 8,
	.depth = 8,
	.redShift = 0,
	.greenShift = 3,
	.blueShift = 6,
	.redMax = 7,
	.greenMax = 7,
	.blueMax = 3};
static const rfbPixelFormat sixteen = {.bitsPerPixel = 16,
	.depth = 16,
	.redShift = 11,
	.greenShift = 5,
	.blueShift = 0,
	.redMax = 31,
	.greenMax = 63,
	.blueMax = 31};
static const rfbPixelFormat others = {.bitsPerPixel = 32,
	.depth = 24,
	.redShift = 16,
	.greenShift = 8,
	.blueShift = 0,
	.redMax = 255,
	.greenMax = 255,
	.blueMax = 255};

static void set_format(rfbPixelFormat *format, int depth) {
	uint8_t big_endian = format->bigEndian;
	*format = depth == 8 ? eight : depth == 16 ? sixteen : others;
	format->bigEndian = big_endian;
	format->trueColour = 1;
}

/* --- its way into a connection --- */

static char *on_password(rfbClient *client) {
	(void)client;
	return strdup(settings.password ? settings.password : "");
}

static void on_finished(rfbClient *client) {
	(void)client;
	updates++;
}

static rfbClient *open_client(void) {
	rfbClient *client = rfbGetClient(8, 3, 4);
	if (!client)
		return NULL;
	client->GotFrameBufferUpdate = on_update;
	client->FinishedFrameBufferUpdate = on_finished;
	if (!settings.read_only) {
		client->appData.useRemoteCursor =
			!settings.remote_cursor; /* the library's word for a shape */
		if (!settings.remote_cursor)
			client->GotCursorShape = on_cursor;
	}
	client->GetPassword = on_password;
	set_format(&client->format, settings.depth);
	client->canHandleNewFBSize = 1;
	free(client->serverHost);
	client->serverHost = strdup(settings.hostname);
	client->serverPort = settings.port;
	if (settings.dest_host) {
		client->destHost = strdup(settings.dest_host);
		client->destPort = settings.dest_port;
	}
	if (settings.reverse) {
		client->listenPort = settings.port;
		if (listenForIncomingConnectionsNoFork(client, settings.timeout_s * 1000000) <= 0)
			return NULL;
	}
	client->appData.encodingsString = settings.encodings;
	return rfbInitClient(client, NULL, NULL) ? client : NULL;
}

/* --- what must be there --- */

static unsigned expect_channel(unsigned value, unsigned max) {
	return (value * max + 127) / 255 * 0x100 / (max + 1) & 0xff;
}

/* A pixel of the server, as guacd shows it at this depth. */
static uint32_t expect(const rfbPixelFormat *format, uint32_t rgb) {
	return expect_channel(rgb >> 16 & 255, format->redMax) << 16 |
	       expect_channel(rgb >> 8 & 255, format->greenMax) << 8 |
	       expect_channel(rgb & 255, format->blueMax);
}

static unsigned difference(uint32_t one, uint32_t other) {
	unsigned sum = 0;
	for (unsigned shift = 0; shift < 24; shift += 8)
		sum += (unsigned)abs((int)(one >> shift & 255) - (int)(other >> shift & 255));
	return sum;
}

static bool shows_pattern(const rfbClient *client) {
	static struct pattern *pattern;
	unsigned parts;
	if (!pattern &&
		(!pattern_kind("still", &parts) ||
			pattern_create((uint32_t)client->width, (uint32_t)client->height, parts, &pattern)))
		exit(fail("no pattern"));
	pattern_draw(pattern, 0);
	const struct canvas *canvas = pattern_canvas(pattern);
	uint64_t sum = 0;
	for (int y = 0; y < screen.height; y++)
		for (int x = 0; x < screen.width; x++)
			sum += difference(screen.pixels[y * screen.width + x],
				expect(&client->format,
					canvas->pixels[(uint32_t)y * canvas->stride + (uint32_t)x]));
	double mean = (double)sum / (3.0 * screen.width * screen.height);
	return settings.mean < 0 ? !sum : mean <= settings.mean;
}

/* tests/viewers/cursor_server: 16x16 pixels of one colour over grey, whose alpha grows from left to right. */
enum { GREY = 0x60, COLOUR = 0xf07828, SIDE = 16, HOT_X = 3, HOT_Y = 5, TIP = 100 };

/* Whether `got` is `from` of the way from grey to the cursor's colour. `slack`: how far channels may be off.
 */
static bool is_blend(const rfbPixelFormat *format, uint32_t got, unsigned alpha, unsigned slack) {
	uint32_t rgb = 0;
	for (int shift = 0; shift < 24; shift += 8)
		rgb |= (GREY * (255 - alpha) + (COLOUR >> shift & 255) * alpha + 127) / 255 << shift;
	return difference(got & 0xffffff, expect(format, rgb)) <= slack;
}

static bool is_grey_except_cursor(const rfbClient *client, bool painted) {
	int left = TIP - HOT_X, top = TIP - HOT_Y;
	/* one step of each channel, for what is rounded twice */
	unsigned slack = painted ? 0x100 / (client->format.redMax + 1u) +
					   0x100 / (client->format.greenMax + 1u) +
					   0x100 / (client->format.blueMax + 1u)
				 : 0;
	for (int y = 0; y < screen.height; y++)
		for (int x = 0; x < screen.width; x++) {
			bool inside = x >= left && x < left + SIDE && y >= top && y < top + SIDE && painted;
			if (!is_blend(&client->format, screen.pixels[y * screen.width + x],
				    inside ? (unsigned)(x - left) * 17 : 0, inside ? slack : 0))
				return false;
		}
	return true;
}

/* A shape has a mask of bits: a pixel is the cursor's own, or it is not there. */
static bool has_cursor(const rfbClient *client) {
	if (cursor.width != SIDE || cursor.height != SIDE || hot_x != HOT_X || hot_y != HOT_Y)
		return false;
	for (int i = 0; i < SIDE * SIDE; i++) {
		bool there = cursor.pixels[i] >> 24;
		if (there != (i % SIDE >= SIDE / 2))
			return false;
		if (there && i % SIDE == SIDE - 1 &&
			(cursor.pixels[i] & 0xffffff) != expect(&client->format, COLOUR))
			return false;
	}
	return true;
}

static bool is_right(const rfbClient *client) {
	if (!screen.pixels || screen.width != client->width || screen.height != client->height)
		return false;
	if (!settings.cursor)
		return shows_pattern(client);
	if (settings.remote_cursor)
		return !cursor.pixels && is_grey_except_cursor(client, true);
	return has_cursor(client) && is_grey_except_cursor(client, false);
}

/* --- */

static int look(rfbClient *client) {
	time_t end = time(NULL) + settings.timeout_s;
	while (time(NULL) < end) {
		int waited = client->buffered ? 1 : WaitForMessage(client, 100000);
		if (waited < 0 || (waited > 0 && !HandleRFBServerMessage(client)))
			return fail("the connection ended after %u updates", updates);
		if (waited > 0 && is_right(client))
			return 0;
	}
	return fail("after %d s and %u updates, what is shown is not right", settings.timeout_s, updates);
}

static int usage(void) {
	fprintf(stderr,
		"usage: guacamole [--depth=N] [--encodings=LIST] [--remote-cursor] [--read-only] [--reverse] [--cursor]\n"
		"                 [--dest-host=NAME --dest-port=N] [--password=WORD] [--mean=M] HOST PORT\n");
	return 2;
}

static bool parse(int argc, char **argv) {
	enum { DEPTH, ENCODINGS, REMOTE, READ_ONLY, REVERSE, CURSOR, DEST_HOST, DEST_PORT, PASSWORD, MEAN };
	static const struct option options[] = {{"depth", required_argument, NULL, DEPTH},
		{"encodings", required_argument, NULL, ENCODINGS},
		{"remote-cursor", no_argument, NULL, REMOTE}, {"read-only", no_argument, NULL, READ_ONLY},
		{"reverse", no_argument, NULL, REVERSE}, {"cursor", no_argument, NULL, CURSOR},
		{"dest-host", required_argument, NULL, DEST_HOST},
		{"dest-port", required_argument, NULL, DEST_PORT},
		{"password", required_argument, NULL, PASSWORD}, {"mean", required_argument, NULL, MEAN},
		{0}};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (option) {
		case DEPTH:
			settings.depth = atoi(optarg);
			break;
		case ENCODINGS:
			settings.encodings = optarg;
			break;
		case REMOTE:
			settings.remote_cursor = true;
			break;
		case READ_ONLY:
			settings.read_only = true;
			break;
		case REVERSE:
			settings.reverse = true;
			break;
		case CURSOR:
			settings.cursor = true;
			break;
		case DEST_HOST:
			settings.dest_host = optarg;
			break;
		case DEST_PORT:
			settings.dest_port = atoi(optarg);
			break;
		case PASSWORD:
			settings.password = optarg;
			break;
		case MEAN:
			settings.mean = atof(optarg);
			break;
		default:
			return false;
		}
	if (optind + 2 != argc)
		return false;
	settings.hostname = argv[optind];
	settings.port = atoi(argv[optind + 1]);
	return true;
}

/* The library does not free its decoder of JPEG and the last cursor. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
	return "leak:libvncclient.so\n";
}

int main(int argc, char **argv) {
	if (!parse(argc, argv))
		return usage();
	rfbClientLog = rfbClientErr = quiet;
	rfbClient *client = open_client();
	int status = client ? look(client) : fail("there is no connection");
	if (client) {
		free(client->frameBuffer);
		client->frameBuffer = NULL;
		rfbClientCleanup(client);
	}
	free(screen.pixels);
	free(cursor.pixels);
	return status;
}
