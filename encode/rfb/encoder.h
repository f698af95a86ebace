/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encoder: what turns the pictures of a picture store into RFB's framebuffer updates. One interface;
 * libvncserver (server/vnc/link.h) is behind it today.
 *
 * `struct encoders` is the server's: it makes an encoder for each viewer, and is told what concerns all of
 * them. `struct encoder` is one viewer's. It is told the viewer's pixel format, its encodings and what it
 * asks for, and hands out the bytes of whole FramebufferUpdate messages. Whoever owns it has done the
 * handshake, up to and with ServerInit, and owns the connection: an encoder knows neither sockets nor the
 * order in which other messages go out.
 *
 * Messages and numbers are those of RFC 6143 and of the community's protocol document (rfbproto).
 *
 * Threads: all functions must be called on the loop's thread, except where "any thread" is said. Encoders may
 * work on threads of their own. None of these functions waits for one, except encoders_destroy().
 */
#ifndef ZEROVNC_ENCODER_H
#define ZEROVNC_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "capture/base/reason.h"
#include "capture/base/rect.h"
#include "capture/cursor.h"
#include "encode/picture.h"
#include "encode/rfb/loan.h"
#include "encode/rfb/tally.h"

struct encoder;
struct encoders;

enum {
	ENCODER_FORMAT_SIZE = 16, /* of PIXEL_FORMAT: RFC 6143, 7.4 */
	ENCODER_ONLY_SCREEN = 1,  /* the id of a screen that has the whole desktop */
};

/* A viewer's framebuffer, and the screens in it, as ExtendedDesktopSize tells them. */
struct encoder_desktop {
	uint32_t width, height;
	uint32_t screen_count; /* at least 1 */
	struct picture_screen screens[PICTURE_MAX_SCREENS];
};

/* Makes it a desktop of this size with one screen. */
static inline void encoder_desktop_init(struct encoder_desktop *desktop, uint32_t width, uint32_t height) {
	*desktop = (struct encoder_desktop){.width = width, .height = height, .screen_count = 1};
	desktop->screens[0] = (struct picture_screen){ENCODER_ONLY_SCREEN, {0, 0, width, height}};
}

/* What is known of the way to a viewer. */
struct encoder_line {
	uint64_t rate;      /* bytes a second that get through; 0: unknown */
	bool rate_is_least; /* it may be more, for there was not enough to send */
	bool has_viewer;    /* the rate is that of the line and of the viewer, which has to draw what comes */
	uint64_t round_trip; /* microseconds; 0: unknown */
	uint64_t busy;       /* microseconds until all that was sent will be through, about; 0: it is */
};

/* What an encoder is made for. */
struct encoder_viewer {
	unsigned minor; /* of the RFB version that it speaks, 3.x */
	/* What it is shown in place of the screen: the pictures of this store, without a cursor or a banner.
	 * NULL: nothing. Borrowed until another one is shown (encoder_show()), or until the encoders are
	 * destroyed if it was the last. */
	struct picture_store *instead;
	void *context;
	/*
	 * Something may have changed: there are bytes to take, or requests were answered, or the encoder
	 * accepts messages again. It may be called without need, and never from inside a function of this
	 * header. The callee may destroy the encoder.
	 */
	void (*ready)(void *context);
	/* Writes what is known of the way to the viewer now. It may be called from inside any function of
	 * this header. NULL: nothing ever is known. */
	void (*line)(void *context, struct encoder_line *line);
};

struct encoder_report {
	uint64_t updates;       /* how many answers to update requests were sent; merged ones count once */
	uint64_t mixed_updates; /* how many updates lost their picture before they were through */
	int quality;            /* of JPEG that it is sent, 1 to 100; 0: none; -1: unknown */
	char encoding[24];      /* the encoding in use, as the viewer prefers: "Tight", "ZRLE", ... */
	uint32_t width, height; /* of the viewer's framebuffer */
	struct tally_sent sent; /* by our own encoder; libvncserver does not count */
};

/* --- the server's --- */

struct encoders_impl {
	/*
	 * Makes the encoder of a viewer, whose framebuffer is as large as the newest picture. `viewer` is
	 * copied. 0, or -errno with a reason. -EAGAIN: there is no picture yet; try again when there is.
	 */
	int (*create)(struct encoders *encoders, const struct encoder_viewer *viewer,
		struct encoder **encoder, struct reason *reason);

	/* A picture was published in the store. Any thread. */
	void (*published)(struct encoders *encoders);

	/* The hardware cursor, for the viewers that cannot draw one themselves (encoder_draws_cursor()). They
	 * find it in their pixels; the others never do. Copied. Any thread. */
	void (*set_cursor)(struct encoders *encoders, const struct cursor *cursor);

	/* What the pictures lack, in words for those who look at them ("": nothing). The words are laid over
	 * the upper edge of every viewer's pixels for `ms` milliseconds, also for viewers that come later.
	 * Copied. Any thread. */
	void (*set_banner)(struct encoders *encoders, const char *words, unsigned ms);

	/* Every encoder is destroyed already. Waits until their threads have ended. */
	void (*destroy)(struct encoders *encoders);
};

struct encoders {
	const struct encoders_impl *impl;
};

static inline void encoders_published(struct encoders *encoders) {
	encoders->impl->published(encoders);
}

static inline void encoders_set_cursor(struct encoders *encoders, const struct cursor *cursor) {
	encoders->impl->set_cursor(encoders, cursor);
}

static inline void encoders_set_banner(struct encoders *encoders, const char *words, unsigned ms) {
	encoders->impl->set_banner(encoders, words, ms);
}

/* Takes NULL. */
static inline void encoders_destroy(struct encoders *encoders) {
	if (encoders)
		encoders->impl->destroy(encoders);
}

/* --- one viewer's --- */

struct encoder_impl {
	/*
	 * The viewer's pixels have this format from the next update on: 16 bytes as in SetPixelFormat, always
	 * true colour. Before the first call it is the picture's own (encode/picture.h). `plain`: the viewer
	 * does not take a pixel apart into these channels, for it has a colour map, or for they are no real
	 * channels. Only encodings of whole pixels can express such a format. Call it only while the encoder
	 * is idle.
	 */
	void (*set_format)(struct encoder *encoder, const uint8_t format[ENCODER_FORMAT_SIZE], bool plain);

	/*
	 * The list of the viewer's last SetEncodings, in its order, with all that the encoder does not know.
	 * It is the encoder that follows sizes (DesktopSize, ExtendedDesktopSize) and heeds levels and
	 * LastRect. Copied. Call it only while the encoder is idle. `count` is at most 65534.
	 */
	void (*set_encodings)(struct encoder *encoder, const int32_t *list, size_t count);

	/* Why the encoding that the viewer prefers is not used, in words for the log; static. NULL: it is
	 * used, or there is none that the encoder could use. Asked after the two above. */
	const char *(*why_not_first)(const struct encoder *encoder);

	/* The viewer is shown the pictures of this store from its next update on, in place of the screen; see
	 * encoder_viewer.instead. NULL: it is shown the screen. Whoever publishes a picture there calls
	 * encoders_published(). */
	void (*show)(struct encoder *encoder, struct picture_store *instead);

	/* Whether the viewer draws the cursors that it is sent. Until this is called, the cursor is painted
	 * into its pixels. */
	void (*draws_cursor)(struct encoder *encoder, bool draws);

	/* The viewer has just typed: what it is sent comes before what others are sent, until another one has
	 * typed. NULL: nobody comes before others. */
	void (*typed)(struct encoder *encoder);

	/*
	 * The viewer asks for an update of this area (RFC 6143, 7.5.3), which lies inside its framebuffer. An
	 * incremental request is answered when something in the area has changed since what the viewer was
	 * sent last, and may stay open for long. Any other is answered at once, together with all that is
	 * open. Several requests may be answered by one update.
	 */
	void (*request)(struct encoder *encoder, bool incremental, const struct rect *area);

	/* Has everything that is open answered soon, changed or not. */
	void (*settle)(struct encoder *encoder);

	/* What the encoder was told and asked since the last call takes effect now. Call it at the end of
	 * each turn in which it was told something. 0, or -errno as take() has it. */
	int (*flush)(struct encoder *encoder);

	/*
	 * Hands out the next bytes, at most `size`, as read() does. > 0: so many. 0: there are none now, and
	 * `inside` says whether more of the same update will come. < 0: -ENOMEM, or -EPIPE if the encoder
	 * gave up; the viewer must go.
	 *
	 * After `open` has become 0, go on until there are none: nothing calls `ready` for the end of an
	 * update.
	 */
	ssize_t (*take)(struct encoder *encoder, uint8_t *to, size_t size);

	/* In place of take(), for an encoder that lends its bytes: lends the next ones. Returns what take()
	 * does; if it is more than 0, the caller must give the loan back before encoders_destroy(), maybe
	 * after destroy(). */
	ssize_t (*lend)(struct encoder *encoder, struct loan *loan, size_t size);

	/* Whether there is no room for more bytes. While this is so, `ready` is not called for the sake of
	 * bytes that wait. Call it whenever fewer were taken than there were, also if there still is room:
	 * `ready` is called for the rest then. */
	void (*hold)(struct encoder *encoder, bool held);

	/* Whether the encoder has room for more formats, encodings and requests. If not, it calls `ready`
	 * when it has. */
	bool (*accepts)(const struct encoder *encoder);

	/* Writes the viewer's framebuffer and its screens, as of the bytes that were made last. A viewer that
	 * does not know ExtendedDesktopSize has one screen. */
	void (*desktop)(const struct encoder *encoder, struct encoder_desktop *desktop);

	void (*report)(const struct encoder *encoder, struct encoder_report *report);

	/* Does not wait. `ready` is not called from here on. */
	void (*destroy)(struct encoder *encoder);
};

/* The members besides `impl` are the encoder's to write, and everybody's to read. */
struct encoder {
	const struct encoder_impl *impl;
	uint64_t open;    /* requests that were not answered completely */
	struct rect area; /* of the last incremental request, as long as it is open; width 0: none was */
	bool settled;     /* what was asked last is answered at once */
	bool lends;       /* it has lend(), and otherwise take(); it may change while it is idle */
	bool inside;      /* bytes of an update were handed out, and its end was not */
	bool complete; /* while it is inside: the last bytes of that update were handed out, and another may
			  follow for a request that is open; false if it does not know */
};

/* Whether every request was answered, and all bytes were handed out. */
static inline bool encoder_is_idle(const struct encoder *encoder) {
	return !encoder->open && !encoder->inside;
}

static inline int encoder_create(struct encoders *encoders, const struct encoder_viewer *viewer,
	struct encoder **encoder, struct reason *reason) {
	return encoders->impl->create(encoders, viewer, encoder, reason);
}

static inline void encoder_set_format(
	struct encoder *encoder, const uint8_t format[ENCODER_FORMAT_SIZE], bool plain) {
	encoder->impl->set_format(encoder, format, plain);
}

static inline void encoder_set_encodings(struct encoder *encoder, const int32_t *list, size_t count) {
	encoder->impl->set_encodings(encoder, list, count);
}

static inline const char *encoder_why_not_first(const struct encoder *encoder) {
	return encoder->impl->why_not_first(encoder);
}

static inline void encoder_show(struct encoder *encoder, struct picture_store *instead) {
	encoder->impl->show(encoder, instead);
}

static inline void encoder_draws_cursor(struct encoder *encoder, bool draws) {
	encoder->impl->draws_cursor(encoder, draws);
}

static inline void encoder_typed(struct encoder *encoder) {
	if (encoder->impl->typed)
		encoder->impl->typed(encoder);
}

static inline void encoder_request(struct encoder *encoder, bool incremental, const struct rect *area) {
	encoder->impl->request(encoder, incremental, area);
}

static inline void encoder_settle(struct encoder *encoder) {
	encoder->impl->settle(encoder);
}

static inline int encoder_flush(struct encoder *encoder) {
	return encoder->impl->flush(encoder);
}

/* Only if encoder->lends. */
static inline ssize_t encoder_lend(struct encoder *encoder, struct loan *loan, size_t size) {
	return encoder->impl->lend(encoder, loan, size);
}

/* Copies what is lent. */
static inline ssize_t encoder_take(struct encoder *encoder, uint8_t *to, size_t size) {
	struct loan loan;
	if (!encoder->lends)
		return encoder->impl->take(encoder, to, size);
	ssize_t got = encoder_lend(encoder, &loan, size);
	if (got > 0) {
		memcpy(to, loan.bytes, loan.size);
		loan_give_back(&loan);
	}
	return got;
}

static inline void encoder_hold(struct encoder *encoder, bool held) {
	encoder->impl->hold(encoder, held);
}

static inline bool encoder_accepts(const struct encoder *encoder) {
	return encoder->impl->accepts(encoder);
}

static inline void encoder_desktop(const struct encoder *encoder, struct encoder_desktop *desktop) {
	encoder->impl->desktop(encoder, desktop);
}

/* Only the size of the framebuffer. */
static inline void encoder_size(const struct encoder *encoder, uint32_t *width, uint32_t *height) {
	struct encoder_desktop desktop;
	encoder_desktop(encoder, &desktop);
	*width = desktop.width;
	*height = desktop.height;
}

static inline void encoder_report(const struct encoder *encoder, struct encoder_report *report) {
	encoder->impl->report(encoder, report);
}

/* Takes NULL. */
static inline void encoder_destroy(struct encoder *encoder) {
	if (encoder)
		encoder->impl->destroy(encoder);
}

#endif
