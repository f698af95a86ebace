/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "encode/rfb/own.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/vnc/encodings.h"
#include "server/vnc/link.h"

struct choices {
	struct encoders encoders;
	struct own *own;        /* owned */
	struct encoders *links; /* owned */
	/* An eventfd, owned, that our own threads write. Not an uv_async_t: until the one who woke the loop
	 * has returned from its system call, the loop would wait busily, and has often taken its processor.
	 */
	int wake_fd;
	uv_poll_t wake; /* their `data` is set once they are open */
	uv_timer_t again;
	struct loop_closing closing;
};

struct choice {
	struct encoder encoder;
	struct choices *choices; /* borrowed */
	struct encoder_viewer viewer;
	struct encoder *own;  /* owned */
	struct encoder *link; /* owned; NULL: the viewer has needed none yet */
	struct encoder *used; /* one of them */
	uint8_t format[ENCODER_FORMAT_SIZE];
	struct encodings_wish wish;
	const char *failed; /* why libvncserver cannot be used; NULL: it can */
	bool draws_cursor;
	int error; /* why nothing works any more; 0: all is well */
};

static struct choice *choice_of(struct encoder *encoder) {
	return (struct choice *)encoder;
}

static const struct choice *const_choice_of(const struct encoder *encoder) {
	return (const struct choice *)encoder;
}

/* What everybody may read of an encoder is that of the one that is used. */
static void mirror(struct choice *choice) {
	const struct encoder *used = choice->used;
	choice->encoder.open = used->open;
	choice->encoder.area = used->area;
	choice->encoder.settled = used->settled;
	choice->encoder.inside = used->inside;
	choice->encoder.complete = used->complete;
	choice->encoder.lends = used->lends;
}

static void on_ready(void *context) {
	struct choice *choice = context;
	mirror(choice);
	choice->viewer.ready(choice->viewer.context);
}

static void on_line(void *context, struct encoder_line *line) {
	const struct choice *choice = context;
	choice->viewer.line(choice->viewer.context, line);
}

/* --- which one it is --- */

static struct encoder_viewer inner_viewer(struct choice *choice) {
	struct encoder_viewer viewer = choice->viewer;
	viewer.context = choice;
	viewer.ready = on_ready;
	viewer.line = viewer.line ? on_line : NULL;
	return viewer;
}

/* False: it cannot be had. */
static bool has_link(struct choice *choice) {
	struct reason reason = {""};
	struct encoder_viewer viewer = inner_viewer(choice);
	if (!choice->link && encoder_create(choice->choices->links, &viewer, &choice->link, &reason)) {
		log_warning("a viewer is sent Raw, since libvncserver cannot encode for it: %s", reason.text);
		choice->failed = "libvncserver could not be started for this viewer";
		choice->link = NULL;
	}
	return choice->link;
}

static void use_link(struct choice *choice) {
	if (choice->used != choice->link) {
		struct framebuffer_known known;
		own_viewer_known(choice->own, &known);
		vnc_link_adopt(choice->link, &known);
		region_finish(&known.lacks);
	}
	choice->used = choice->link;
	encoder_draws_cursor(choice->link, choice->draws_cursor);
	encoder_set_format(choice->link, choice->format, choice->wish.plain);
	encoder_set_encodings(choice->link, choice->wish.list, choice->wish.count);
}

static void use_own(struct choice *choice, const struct own_wish *wish) {
	if (choice->used != choice->own) {
		struct framebuffer_known known;
		vnc_link_known(choice->link, &known);
		own_viewer_adopt(choice->own, &known);
		region_finish(&known.lacks);
	}
	choice->used = choice->own;
	own_viewer_wish(choice->own, wish);
}

/* The viewer is idle, and so are both encoders. */
static void choose(struct choice *choice) {
	struct own_wish wish;
	bool own = encodings_choose_own(&choice->wish, &wish);
	choice->failed = NULL;
	if (!own && has_link(choice)) {
		use_link(choice);
	} else {
		if (!own)
			wish.encoding = ENCODING_RAW;
		use_own(choice, &wish);
	}
	mirror(choice);
}

/* --- the encoder --- */

static void set_format(struct encoder *encoder, const uint8_t format[ENCODER_FORMAT_SIZE], bool plain) {
	struct choice *choice = choice_of(encoder);
	memcpy(choice->format, format, ENCODER_FORMAT_SIZE);
	choice->wish.format = format_read(format);
	choice->wish.plain = plain;
	choose(choice);
}

static void set_encodings(struct encoder *encoder, const int32_t *list, size_t count) {
	struct choice *choice = choice_of(encoder);
	if (encodings_name(&choice->wish, list, count))
		choice->error = -ENOMEM;
	else
		choose(choice);
}

static const char *why_not_first(const struct encoder *encoder) {
	const struct choice *choice = const_choice_of(encoder);
	if (choice->failed)
		return choice->failed;
	return choice->used == choice->own ? encodings_why_not_first(&choice->wish)
					   : encoder_why_not_first(choice->link);
}

/* The one that is not used must know it when it is. */
static void show(struct encoder *encoder, struct picture_store *instead) {
	struct choice *choice = choice_of(encoder);
	choice->viewer.instead = instead;
	encoder_show(choice->own, instead);
	if (choice->link)
		encoder_show(choice->link, instead);
}

static void draws_cursor(struct encoder *encoder, bool draws) {
	struct choice *choice = choice_of(encoder);
	choice->draws_cursor = draws;
	encoder_draws_cursor(choice->own, draws);
	if (choice->link)
		encoder_draws_cursor(choice->link, draws);
}

static void typed(struct encoder *encoder) {
	encoder_typed(choice_of(encoder)->own);
}

static void request(struct encoder *encoder, bool incremental, const struct rect *area) {
	struct choice *choice = choice_of(encoder);
	encoder_request(choice->used, incremental, area);
	mirror(choice);
}

static void settle(struct encoder *encoder) {
	struct choice *choice = choice_of(encoder);
	encoder_settle(choice->used);
	mirror(choice);
}

static int flush(struct encoder *encoder) {
	struct choice *choice = choice_of(encoder);
	int error = encoder_flush(choice->used);
	mirror(choice);
	return choice->error ? choice->error : error;
}

static ssize_t take(struct encoder *encoder, uint8_t *to, size_t size) {
	struct choice *choice = choice_of(encoder);
	ssize_t taken = encoder_take(choice->used, to, size);
	mirror(choice);
	return choice->error ? choice->error : taken;
}

static ssize_t lend(struct encoder *encoder, struct loan *loan, size_t size) {
	struct choice *choice = choice_of(encoder);
	ssize_t got = encoder_lend(choice->used, loan, size);
	mirror(choice);
	if (!choice->error)
		return got;
	if (got > 0)
		loan_give_back(loan);
	return choice->error;
}

static void hold(struct encoder *encoder, bool held) {
	encoder_hold(choice_of(encoder)->used, held);
}

static bool accepts(const struct encoder *encoder) {
	return encoder_accepts(const_choice_of(encoder)->used);
}

static void desktop(const struct encoder *encoder, struct encoder_desktop *desktop) {
	encoder_desktop(const_choice_of(encoder)->used, desktop);
}

static void report(const struct encoder *encoder, struct encoder_report *report) {
	const struct choice *choice = const_choice_of(encoder);
	struct encoder_report other = {0};
	encoder_report(choice->used, report);
	if (choice->link)
		encoder_report(choice->used == choice->link ? choice->own : choice->link, &other);
	report->updates += other.updates;
	report->mixed_updates += other.mixed_updates;
	if (choice->used == choice->link)
		report->sent = other.sent;
}

static void destroy(struct encoder *encoder) {
	struct choice *choice = choice_of(encoder);
	encoder_destroy(choice->link);
	encoder_destroy(choice->own);
	encodings_finish(&choice->wish);
	free(choice);
}

static const struct encoder_impl choice_impl = {
	.set_format = set_format,
	.set_encodings = set_encodings,
	.why_not_first = why_not_first,
	.show = show,
	.draws_cursor = draws_cursor,
	.typed = typed,
	.request = request,
	.settle = settle,
	.flush = flush,
	.take = take,
	.lend = lend,
	.hold = hold,
	.accepts = accepts,
	.desktop = desktop,
	.report = report,
	.destroy = destroy,
};

/* --- all of them --- */

static int create(struct encoders *encoders, const struct encoder_viewer *viewer, struct encoder **result,
	struct reason *reason) {
	struct choices *choices = (struct choices *)encoders;
	struct choice *choice = calloc(1, sizeof *choice);
	if (!choice)
		return reason_set(reason, -ENOMEM, "out of memory");
	choice->encoder.impl = &choice_impl;
	choice->choices = choices;
	choice->viewer = *viewer;
	format_write_native(choice->format);
	choice->wish = (struct encodings_wish){.format = format_read(choice->format), .minor = viewer->minor};
	const struct encoder_viewer inner = inner_viewer(choice);
	int error = own_viewer_create(choices->own, &inner, &choice->own, reason);
	if (error) {
		free(choice);
		return error;
	}
	choice->used = choice->own;
	choose(choice);
	*result = &choice->encoder;
	return 0;
}

static void published(struct encoders *encoders) {
	struct choices *choices = (struct choices *)encoders;
	own_published(choices->own);
	encoders_published(choices->links);
}

static void set_cursor(struct encoders *encoders, const struct cursor *cursor) {
	struct choices *choices = (struct choices *)encoders;
	own_set_cursor(choices->own, cursor);
	encoders_set_cursor(choices->links, cursor);
}

static void set_banner(struct encoders *encoders, const char *words, unsigned ms) {
	struct choices *choices = (struct choices *)encoders;
	own_set_banner(choices->own, words, ms);
	encoders_set_banner(choices->links, words, ms);
}

/* Our own threads wake the loop until they have ended. */
static void destroy_all(struct encoders *encoders) {
	struct choices *choices = (struct choices *)encoders;
	own_destroy(choices->own);
	encoders_destroy(choices->links);
	if (choices->wake.data)
		loop_close(&choices->closing, free, choices, LOOP_HANDLES(&choices->wake));
	if (choices->again.data)
		loop_close(&choices->closing, free, choices, LOOP_HANDLES(&choices->again));
	if (choices->wake_fd >= 0)
		close(choices->wake_fd);
	if (!choices->wake.data && !choices->again.data)
		free(choices);
}

static const struct encoders_impl choices_impl = {
	.create = create,
	.published = published,
	.set_cursor = set_cursor,
	.set_banner = set_banner,
	.destroy = destroy_all,
};

/* --- turns --- */

static void turn(struct choices *choices);

static void on_again(uv_timer_t *timer) {
	turn(timer->data);
}

/* Whoever wakes the loop after this has the next turn come. */
static void on_wake(uv_poll_t *poll, int status, int events) {
	struct choices *choices = poll->data;
	eventfd_t count;
	(void)status;
	(void)events;
	eventfd_read(choices->wake_fd, &count); /* it cannot fail but with nothing there to read */
	turn(choices);
}

static void turn(struct choices *choices) {
	int wait = own_turn(choices->own);
	if (wait >= 0)
		uv_timer_start(&choices->again, on_again, (uint64_t)wait, 0);
	else
		uv_timer_stop(&choices->again);
}

static void wake(void *context) {
	const struct choices *choices = context;
	eventfd_write(choices->wake_fd, 1); /* it fails only if the descriptor is readable already */
}

static void says(void *context, const char *words) {
	(void)context;
	log_warning("%s", words);
}

static int open_handles(struct choices *choices, uv_loop_t *loop) {
	choices->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (choices->wake_fd < 0)
		return -errno;
	int error = uv_poll_init(loop, &choices->wake, choices->wake_fd);
	if (error)
		return error;
	choices->wake.data = choices;
	error = uv_poll_start(&choices->wake, UV_READABLE, on_wake);
	if (!error)
		error = uv_timer_init(loop, &choices->again);
	if (!error)
		choices->again.data = choices;
	return error;
}

struct encoders *vnc_choice_encoders(uv_loop_t *loop, struct picture_store *store) {
	return vnc_choice_encoders_with(loop, store, &(struct own_options){.refreshes = true});
}

struct encoders *vnc_choice_encoders_with(
	uv_loop_t *loop, struct picture_store *store, const struct own_options *options) {
	struct choices *choices = calloc(1, sizeof *choices);
	if (!choices)
		return NULL;
	const struct own_events events = {.context = choices, .wake = wake, .says = says};
	choices->encoders.impl = &choices_impl;
	if (!open_handles(choices, loop)) {
		choices->links = vnc_link_encoders(loop, store);
		choices->own = choices->links ? own_create(store, options, &events) : NULL;
	}
	if (choices->own)
		return &choices->encoders;
	destroy_all(&choices->encoders);
	return NULL;
}
