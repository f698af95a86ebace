/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/rfb/bytes.h"
#include "server/loop.h"
#include "server/net/queue.h"
#include "server/vnc/encodings.h"
#include "server/vnc/vnc.h"

enum { LIBRARY_FULL = 16 << 10 }; /* bytes for the library: at this many nothing more is accepted */

struct links {
	struct encoders encoders;
	uv_loop_t *loop;
	struct vnc *vnc;
};

struct link {
	struct encoder encoder;
	struct encoder_viewer viewer;
	struct vnc_viewer *vnc;
	uv_poll_t stream, answered; /* they watch the library's descriptors; their `data` is set once they are
				     * open */
	int polled;                 /* events that `stream` waits for */
	bool held;                  /* see encoder_impl.hold */
	int error;                  /* why nothing works any more; 0: all is well */
	struct loop_closing closing;
	struct queue to_library;
	struct encodings_wish wish;
};

static struct link *link_of(struct encoder *encoder) {
	return (struct link *)encoder;
}

static const struct link *const_link_of(const struct encoder *encoder) {
	return (const struct link *)encoder;
}

/* --- to the library --- */

static void add(struct link *link, const void *bytes, size_t size) {
	if (queue_add(&link->to_library, bytes, size))
		link->error = -ENOMEM;
}

/* What the library is told depends on the format, too. */
static void add_encodings(struct link *link) {
	uint8_t *message = queue_room(&link->to_library, 4 + 4 * (link->wish.count + 1));
	if (message)
		queue_added(&link->to_library, encodings_filter(&link->wish, message));
	else
		link->error = -ENOMEM;
}

static void set_format(struct encoder *encoder, const uint8_t format[ENCODER_FORMAT_SIZE], bool plain) {
	struct link *link = link_of(encoder);
	uint8_t message[4 + ENCODER_FORMAT_SIZE] = {MESSAGE_SET_PIXEL_FORMAT};
	memcpy(message + 4, format, ENCODER_FORMAT_SIZE);
	add(link, message, sizeof message);
	link->wish.format = format_read(format);
	link->wish.plain = plain;
	if (link->wish.list)
		add_encodings(link);
}

static void set_encodings(struct encoder *encoder, const int32_t *list, size_t count) {
	struct link *link = link_of(encoder);
	if (encodings_name(&link->wish, list, count))
		link->error = -ENOMEM;
	else
		add_encodings(link);
}

static const char *why_not_first(const struct encoder *encoder) {
	return encodings_why_not_first(&const_link_of(encoder)->wish);
}

static void show(struct encoder *encoder, struct picture_store *instead) {
	vnc_viewer_show(link_of(encoder)->vnc, instead);
}

static void draws_cursor(struct encoder *encoder, bool draws) {
	vnc_viewer_draws_cursor(link_of(encoder)->vnc, draws);
}

static void request(struct encoder *encoder, bool incremental, const struct rect *area) {
	uint8_t message[10] = {MESSAGE_UPDATE_REQUEST, incremental};
	bytes_put16(message + 2, (uint16_t)area->x);
	bytes_put16(message + 4, (uint16_t)area->y);
	bytes_put16(message + 6, (uint16_t)area->width);
	bytes_put16(message + 8, (uint16_t)area->height);
	add(link_of(encoder), message, sizeof message);
	encoder->open++;
	encoder->settled = !incremental;
	if (incremental)
		encoder->area = *area;
}

/* A request for one pixel, changed or not, is always answered at once, together with everything requested
 * before. The open request is sent once more with it: if that one were answered in between, the pixel alone
 * would belong to a newer picture than the pixels around it. */
static void settle(struct encoder *encoder) {
	if (!encoder->open || encoder->settled)
		return;
	struct rect area = encoder->area;
	if (area.width)
		request(encoder, true, &area);
	request(encoder, false, &(struct rect){0, 0, 1, 1});
}

static bool accepts(const struct encoder *encoder) {
	return queue_size(&const_link_of(encoder)->to_library) < LIBRARY_FULL;
}

/* --- events --- */

static void on_library(uv_poll_t *poll, int status, int events) {
	(void)events;
	struct link *link = poll->data;
	if (status < 0)
		link->error = -EPIPE; /* libuv has stopped the handle */
	link->viewer.ready(link->viewer.context);
}

static void watch(struct link *link) {
	int events = queue_size(&link->to_library) ? UV_WRITABLE : 0;
	if (!link->held)
		events |= UV_READABLE;
	if (events == link->polled || link->error)
		return;
	link->polled = events;
	if (events)
		uv_poll_start(&link->stream, events, on_library);
	else
		uv_poll_stop(&link->stream);
}

static void hold(struct encoder *encoder, bool held) {
	struct link *link = link_of(encoder);
	link->held = held;
	watch(link);
}

static int flush(struct encoder *encoder) {
	struct link *link = link_of(encoder);
	if (!queue_size(&link->to_library))
		return link->error;
	while (!link->error && queue_size(&link->to_library)) {
		ssize_t written = write(vnc_viewer_stream_fd(link->vnc), queue_bytes(&link->to_library),
			queue_size(&link->to_library));
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			link->error = -EPIPE;
		if (written <= 0)
			break;
		queue_take(&link->to_library, (size_t)written);
	}
	watch(link);
	return link->error;
}

/* --- from the library --- */

static void read_answered(struct link *link) {
	uint64_t count;
	if (read(vnc_viewer_answered_fd(link->vnc), &count, sizeof count) == (ssize_t)sizeof count)
		link->encoder.open -= count;
}

/* Every byte of an answer is in the pair before the answer is counted: if all are counted, an empty pair is
 * the end of the update. */
static ssize_t take(struct encoder *encoder, uint8_t *to, size_t size) {
	struct link *link = link_of(encoder);
	read_answered(link);
	ssize_t got = read(vnc_viewer_stream_fd(link->vnc), to, size);
	if (got > 0) {
		encoder->inside = true;
		return got;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		link->error = -EPIPE;
	if (link->error)
		return link->error;
	if (!encoder->open && encoder->inside) {
		encoder->inside = false;
		encoder->area.width = 0;
	}
	return 0;
}

static void desktop(const struct encoder *encoder, struct encoder_desktop *desktop) {
	vnc_viewer_desktop(const_link_of(encoder)->vnc, desktop);
}

static void report(const struct encoder *encoder, struct encoder_report *report) {
	vnc_viewer_report(const_link_of(encoder)->vnc, report);
}

/* --- beginning and end --- */

/* Handles that were not opened have no `data`. */
static void destroy(struct encoder *encoder) {
	struct link *link = link_of(encoder);
	bool stream = link->stream.data, answered = link->answered.data;
	if (stream)
		loop_close(&link->closing, free, link, LOOP_HANDLES(&link->stream));
	if (answered)
		loop_close(&link->closing, free, link, LOOP_HANDLES(&link->answered));
	vnc_viewer_destroy(link->vnc);
	queue_finish(&link->to_library);
	encodings_finish(&link->wish);
	if (!stream && !answered)
		free(link);
}

static const struct encoder_impl link_impl = {
	.set_format = set_format,
	.set_encodings = set_encodings,
	.why_not_first = why_not_first,
	.show = show,
	.draws_cursor = draws_cursor,
	.request = request,
	.settle = settle,
	.flush = flush,
	.take = take,
	.hold = hold,
	.accepts = accepts,
	.desktop = desktop,
	.report = report,
	.destroy = destroy,
};

static int open_polls(struct link *link, uv_loop_t *loop, struct reason *reason) {
	int error = uv_poll_init(loop, &link->stream, vnc_viewer_stream_fd(link->vnc));
	if (error == 0) {
		link->stream.data = link;
		error = uv_poll_init(loop, &link->answered, vnc_viewer_answered_fd(link->vnc));
	}
	if (error < 0)
		return reason_set(reason, error, "no event for the viewer: %s", uv_strerror(error));
	link->answered.data = link;
	return uv_poll_start(&link->answered, UV_READABLE, on_library);
}

/* Until the viewer sets another one, its pixels have the picture's own format. */
static struct format native(void) {
	uint8_t format[ENCODER_FORMAT_SIZE];
	format_write_native(format);
	return format_read(format);
}

static int create(struct encoders *encoders, const struct encoder_viewer *viewer, struct encoder **result,
	struct reason *reason) {
	struct links *links = (struct links *)encoders;
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		return reason_set(reason, -ENOMEM, "out of memory");
	link->encoder.impl = &link_impl;
	link->viewer = *viewer;
	link->wish =
		(struct encodings_wish){.format = native(), .minor = viewer->minor, .library_only = true};
	int error = vnc_viewer_create(links->vnc, viewer->instead, &link->vnc, reason);
	if (error == 0)
		error = open_polls(link, links->loop, reason);
	if (error < 0) {
		destroy(&link->encoder);
		return error;
	}
	*result = &link->encoder;
	return 0;
}

static void published(struct encoders *encoders) {
	vnc_picture_published(((struct links *)encoders)->vnc);
}

static void set_cursor(struct encoders *encoders, const struct cursor *cursor) {
	vnc_set_cursor(((struct links *)encoders)->vnc, cursor);
}

static void set_banner(struct encoders *encoders, const char *words, unsigned ms) {
	vnc_set_banner(((struct links *)encoders)->vnc, words, ms);
}

static void destroy_links(struct encoders *encoders) {
	struct links *links = (struct links *)encoders;
	vnc_destroy(links->vnc);
	free(links);
}

static const struct encoders_impl links_impl = {
	.create = create,
	.published = published,
	.set_cursor = set_cursor,
	.set_banner = set_banner,
	.destroy = destroy_links,
};

void vnc_link_known(struct encoder *encoder, struct framebuffer_known *known) {
	vnc_viewer_known(link_of(encoder)->vnc, known);
}

void vnc_link_adopt(struct encoder *encoder, const struct framebuffer_known *known) {
	vnc_viewer_adopt(link_of(encoder)->vnc, known);
}

struct encoders *vnc_link_encoders(uv_loop_t *loop, struct picture_store *store) {
	struct links *links = calloc(1, sizeof *links);
	if (!links)
		return NULL;
	links->encoders.impl = &links_impl;
	links->loop = loop;
	links->vnc = vnc_create(store);
	if (links->vnc)
		return &links->encoders;
	free(links);
	return NULL;
}
