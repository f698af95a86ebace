/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/encodings.h"

#include "server/net/bytes.h"

static const struct range {
	int32_t first, last;
} served[] = {
	{0, 2},       /* Raw, CopyRect, RRE */
	{4, 9},       /* CoRRE, Hextile, Zlib, Tight, ZlibHex, Ultra */
	{16, 17},     /* ZRLE, ZYWRLE */
	{-32, -23},   /* JPEG quality */
	{-256, -247}, /* compression level */
	{-512, -412}, /* fine-grained quality */
	{-768, -763}, /* subsampling */
	{ENCODING_LAST_RECT, ENCODING_LAST_RECT},
	{ENCODING_DESKTOP_SIZE, ENCODING_DESKTOP_SIZE},
	{ENCODING_EXTENDED_DESKTOP_SIZE, ENCODING_EXTENDED_DESKTOP_SIZE},
};

/* Whether the library serves this one itself: real encodings, their levels, sizes and LastRect. Cursor,
 * clipboard, keyboard lights, power and file transfer stay with us. */
static bool is_for_library(int32_t encoding) {
	for (size_t i = 0; i < sizeof served / sizeof served[0]; i++)
		if (encoding >= served[i].first && encoding <= served[i].last)
			return true;
	return false;
}

size_t encodings_filter(const uint8_t *list, size_t count, bool last_rect, uint8_t *message) {
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t encoding = bytes_get32(list + 4 * i);
		if (is_for_library((int32_t)encoding) &&
			(last_rect || (int32_t)encoding != ENCODING_LAST_RECT))
			bytes_put32(message + 4 + 4 * kept++, encoding);
	}
	message[0] = 2;
	message[1] = 0;
	bytes_put16(message + 2, (uint16_t)kept);
	return 4 + 4 * kept;
}
