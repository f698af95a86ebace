/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/decode/inflater.h"

#include <errno.h>
#include <stdlib.h>

void inflater_reset(struct inflater *inflater) {
	if (inflater->open)
		inflateEnd(&inflater->stream);
	inflater->open = false;
}

void inflater_finish(struct inflater *inflater) {
	inflater_reset(inflater);
	free(inflater->out);
	inflater->out = NULL;
	inflater->capacity = 0;
}

static int begin(struct inflater *inflater, size_t capacity, struct reason *reason) {
	if (capacity > inflater->capacity) {
		free(inflater->out);
		inflater->out = malloc(capacity);
		inflater->capacity = inflater->out ? capacity : 0;
	}
	if (!inflater->out)
		return reason_set(reason, -ENOMEM, "out of memory");
	inflater->size = 0;
	if (inflater->open)
		return 0;
	inflater->stream = (z_stream){0};
	if (inflateInit(&inflater->stream) != Z_OK)
		return reason_set(reason, -ENOMEM, "out of memory");
	inflater->open = true;
	return 0;
}

static int feed(
	struct inflater *inflater, const uint8_t *bytes, size_t size, size_t max, struct reason *reason) {
	z_stream *stream = &inflater->stream;
	stream->next_in = (Bytef *)bytes;
	stream->avail_in = (uInt)size;
	while (stream->avail_in) {
		/* offer one byte more than there may be, to see that it is not used */
		stream->next_out = inflater->out + inflater->size;
		stream->avail_out = (uInt)(max + 1 - inflater->size);
		int status = inflate(stream, Z_SYNC_FLUSH);
		inflater->size = max + 1 - stream->avail_out;
		if (status == Z_STREAM_END)
			return reason_set(reason, -EPROTO, "the zlib stream ends");
		if (status != Z_OK && status != Z_BUF_ERROR)
			return reason_set(
				reason, -EPROTO, "zlib: %s", stream->msg ? stream->msg : "an error");
		if (inflater->size > max)
			return reason_set(reason, -EPROTO, "more than %zu bytes come out of zlib", max);
		if (status == Z_BUF_ERROR)
			return reason_set(reason, -EPROTO, "zlib takes no more");
	}
	return 0;
}

int inflater_run(struct inflater *inflater, struct source *source, uint32_t length, size_t max,
	struct reason *reason) {
	int error = begin(inflater, max + 1, reason);
	for (size_t some; error == 0 && length; length -= (uint32_t)some) {
		const uint8_t *bytes = source_some(source, length, &some);
		if (!bytes)
			return reason_set(
				reason, -EPROTO, "the stream ends inside %u bytes of zlib's", length);
		error = feed(inflater, bytes, some, max, reason);
	}
	return error;
}
