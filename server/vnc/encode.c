/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/encode.h"

#include <netinet/in.h>
#include <rfb/rfbproto.h>

#include "capture/base/array.h"
#include "capture/base/probe.h"
#include "server/vnc/pieces.h"
#include "server/vnc/state.h"

enum {
	WORST_PIXEL = 4,         /* bytes; what encoders add to incompressible pixels is in WORST_SHARE */
	WORST_SHARE = 16,        /* as one part in this many */
	WORST_PIECE = 1 << 10,   /* and this much for each piece */
	FEW_BYTES = 4 << 10,     /* a message without pixels */
	MANY_RECTANGLES = 65000, /* in one update; the header counts to 65535, which means "until the last" */
};

/* Returns how many rectangles the library makes of one piece. 0: nobody knows beforehand, and LastRect ends
 * them. */
typedef int count_function(rfbClientPtr client, int x, int y, int width, int height);

static int count_one(rfbClientPtr client, int x, int y, int width, int height) {
	(void)client;
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	return 1;
}

/*
 * Pieces are as large as the pair has room for, because that compresses best and costs the fewest writes.
 * Zlib itself cuts rectangles of more pixels. The library's line buffer holds 8189 pixels of Raw, to which
 * RRE falls back.
 */
static const struct method {
	int number;
	const char *name;
	rfbBool (*send)(rfbClientPtr client, int x, int y, int width, int height);
	count_function *count;
	uint32_t widest, pixels; /* of a piece */
} methods[] = {
	{rfbEncodingRaw, "Raw", rfbSendRectEncodingRaw, count_one, 4096, 1 << 16},
	{rfbEncodingRRE, "RRE", rfbSendRectEncodingRRE, count_one, 1024, 1 << 16},
	{rfbEncodingHextile, "Hextile", rfbSendRectEncodingHextile, count_one, 1024, 1 << 16},
#ifdef LIBVNCSERVER_HAVE_LIBZ
	{rfbEncodingZlib, "Zlib", rfbSendRectEncodingZlib, count_one, 1024, ZLIB_MAX_RECT_SIZE},
	{rfbEncodingZRLE, "ZRLE", rfbSendRectEncodingZRLE, count_one, 1024, 1 << 16},
#ifdef LIBVNCSERVER_HAVE_LIBJPEG
	{rfbEncodingTight, "Tight", rfbSendRectEncodingTight, rfbNumCodedRectsTight, 1024, 1 << 16},
#endif
#endif
};

/* Returns the method for this encoding. If the viewer prefers none that is here, that is Raw, which every
 * viewer can decode. */
static const struct method *method_of(int encoding) {
	const struct method *raw = NULL;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (methods[i].number == encoding)
			return &methods[i];
		if (methods[i].number == rfbEncodingRaw)
			raw = &methods[i];
	}
	return raw;
}

const char *vnc_encode_name(int encoding) {
	return method_of(encoding)->name;
}

/* --- waiting --- */

/* Waits until the pair has room, with the picture parked. Once a picture was taken away in the middle of an
 * update, it is of no use to hold one while waiting. */
static void wait_for_room(struct vnc_update *update) {
	struct picture_store *store = update->shown;
	bool whole = !update->mixed;
	uint64_t ticket = 0;
	if (whole)
		ticket = picture_store_park(store, update->picture);
	else
		picture_store_release(store, update->picture);
	vnc_screen_wait_for_room(update->screen);
	update->picture = whole ? picture_store_unpark(store, ticket) : NULL;
	update->mixed = !update->picture;
	if (!update->picture)
		update->picture = picture_store_acquire_whole(store);
}

void vnc_encode_wait(struct vnc_update *update) {
	if (!vnc_screen_has_room(update->screen, FEW_BYTES))
		wait_for_room(update);
}

static size_t worst_of(uint32_t pixels) {
	return (size_t)pixels * WORST_PIXEL / WORST_SHARE * (WORST_SHARE + 1) + WORST_PIECE;
}

/* Returns how many pixels the pair has room for when it is writable. */
static uint32_t pixels_at_once(const struct vnc_screen *screen, const struct method *method) {
	size_t room = vnc_screen_room(screen), fit = 1;
	if (room > worst_of(1))
		fit = (room - WORST_PIECE) / (WORST_SHARE + 1) * WORST_SHARE / WORST_PIXEL;
	return fit < method->pixels ? (uint32_t)fit : method->pixels;
}

/* --- encoding --- */

static void begin_message(struct vnc_update *update, uint16_t rectangles) {
	rfbClientPtr client = update->screen->client;
	rfbFramebufferUpdateMsg header = {.type = rfbFramebufferUpdate, .nRects = htons(rectangles)};
	vnc_encode_wait(update);
	memcpy(client->updateBuf, &header, sz_rfbFramebufferUpdateMsg);
	client->ublen = sz_rfbFramebufferUpdateMsg;
}

/* A part of the framebuffer, with rows `stride` pixels apart. */
struct vnc_part {
	struct rect place;
	const uint32_t *pixels;
	size_t stride;
};

/* Finds the piece's pixels. */
static bool find_part(struct vnc_update *update, const struct vnc_piece *piece, struct vnc_part *part) {
	size_t stride;
	part->place = (struct rect){piece->x, piece->y, piece->width, piece->height};
	const uint8_t *pixels =
		framebuffer_pixels(&update->framebuffer, update->picture, &part->place, &stride);
	part->pixels = (const uint32_t *)(const void *)pixels;
	part->stride = stride / sizeof *part->pixels;
	return pixels;
}

static bool send_by_library(rfbClientPtr client, const struct method *method, const struct vnc_part *part) {
	const struct rect *place = &part->place;
	vnc_screen_point_at(client->screen, part->pixels, part->stride, place);
	return method->send(client, place->x, place->y, (int)place->width, (int)place->height);
}

static bool send_piece(
	struct vnc_update *update, const struct method *method, const struct vnc_piece *piece) {
	rfbClientPtr client = update->screen->client;
	size_t worst = worst_of((uint32_t)piece->width * piece->height);
	if (!vnc_screen_has_room(update->screen, worst + (size_t)client->ublen)) {
		if (!rfbSendUpdateBuf(client))
			return false;
		if (!vnc_screen_has_room(update->screen, worst))
			wait_for_room(update);
	}
	struct vnc_part part;
	if (!find_part(update, piece, &part))
		return false;
	return send_by_library(client, method, &part);
}

/* Sends as many pieces as one message can count. `*rectangles`: how many they make; UINT16_MAX: unknown. */
static size_t pieces_at_once(rfbClientPtr client, const struct method *method, const struct vnc_piece *pieces,
	size_t count, uint16_t *rectangles) {
	size_t used = 0;
	unsigned sum = 0;
	*rectangles = UINT16_MAX;
	for (; used < count; used++) {
		const struct vnc_piece *piece = &pieces[used];
		int number = method->count(client, piece->x, piece->y, piece->width, piece->height);
		if (!number)
			return count;
		if (sum + (unsigned)number > MANY_RECTANGLES)
			break;
		sum += (unsigned)number;
	}
	*rectangles = (uint16_t)sum;
	return used;
}

/* The library's log has sums. */
static void record(rfbClientPtr client, int encoding, size_t size, const struct rect *place) {
	size_t raw = (size_t)place->width * place->height * client->format.bitsPerPixel / 8;
	rfbStatRecordEncodingSent(client, (uint32_t)encoding, (int)size, (int)raw);
}

/* Adds the copies to a message that has nothing yet. */
static void add_copies(rfbClientPtr client, struct copies *copies) {
	client->ublen += (int)copies_write(copies, (uint8_t *)client->updateBuf + client->ublen);
	for (size_t i = 0; i < copies->count; i++)
		record(client, rfbEncodingCopyRect, COPIES_SIZE, &copies->list[i].target);
	copies->count = 0;
}

static bool send_message(struct vnc_update *update, const struct method *method,
	const struct vnc_piece *pieces, size_t count, uint16_t rectangles) {
	rfbClientPtr client = update->screen->client;
	bool good = true;
	if (rectangles != UINT16_MAX)
		rectangles = (uint16_t)(rectangles + update->copies.count);
	begin_message(update, rectangles);
	add_copies(client, &update->copies);
	for (size_t i = 0; good && i < count; i++)
		good = send_piece(update, method, &pieces[i]);
	if (good && rectangles == UINT16_MAX)
		good = rfbSendLastRectMarker(client);
	return good && rfbSendUpdateBuf(client);
}

static bool cut(struct vnc_update *update, const struct method *method, sraRegionPtr region) {
	uint32_t pixels = pixels_at_once(update->screen, method);
	sraRectangleIterator *iterator = sraRgnGetIterator(region);
	bool good = iterator;
	update->pieces.count = 0;
	for (sraRect r; good && sraRgnIteratorNext(iterator, &r);)
		good = vnc_pieces_cut(&update->pieces,
			&(struct rect){r.x1, r.y1, (uint32_t)(r.x2 - r.x1), (uint32_t)(r.y2 - r.y1)},
			method->widest, pixels);
	if (iterator)
		sraRgnReleaseIterator(iterator);
	return good;
}

bool vnc_encode(struct vnc_update *update, sraRegionPtr region) {
	rfbClientPtr client = update->screen->client;
	const struct method *method = method_of(client->preferredEncoding);
	const struct vnc_pieces *pieces = &update->pieces;
	bool good = cut(update, method, region);
	PROBE2(encode__begin, method->name, pieces->count);
	for (size_t done = 0, count; good && (done < pieces->count || update->copies.count); done += count) {
		uint16_t rectangles;
		const struct vnc_piece *next = pieces->list + done;
		count = pieces_at_once(client, method, next, pieces->count - done, &rectangles);
		good = send_message(update, method, next, count, rectangles);
	}
	PROBE3(encode__end, method->name, pieces->count, good);
	return good;
}
