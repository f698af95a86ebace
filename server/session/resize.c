/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/resize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"
#include "server/loop.h"

struct resize {
	struct resize_parts parts;
	struct resize_screens wanted; /* of the picture; were asked for last */
	struct resize_screens first;  /* that the display had before anybody asked; none: nobody has */
	struct resize_screens set;    /* of the picture, once it shows what the display has been set to */
	struct resize_screens told;   /* of the picture, when it was last said what came of a wish */
	bool running;                 /* the display is being set */
	bool again;                   /* another size came in the meantime */
	bool back;                    /* nobody is left: the first screens are put back */
	unsigned looks;               /* that are left until the picture must have the size */
	bool destroyed;
	uv_timer_t timer; /* the rest that sizes must give, or the next look at the picture */
	struct loop_closing closing;
	uv_work_t work;
	/* Written on the pool's thread while it runs. */
	struct resize_screens target; /* of the display */
	int error;
	struct reason reason, told_reason;
};

static bool is_same(const struct resize_screens *one, const struct resize_screens *other) {
	for (size_t i = 0; i < one->count && i < other->count; i++)
		if (one->list[i].width != other->list[i].width ||
			one->list[i].height != other->list[i].height)
			return false;
	return one->count == other->count;
}

/* The display's screens for those of the picture, and the other way round. */
static struct resize_screens turned(const struct resize *resize, const struct resize_screens *screens) {
	struct resize_screens result = *screens;
	for (size_t i = 0; resize->parts.sideways && i < result.count; i++)
		result.list[i] = (struct resize_size){screens->list[i].height, screens->list[i].width};
	return result;
}

static void insert(const struct picture_screen *screen, struct picture_screen *sorted, size_t count) {
	size_t at = count;
	for (; at > 0 && sorted[at - 1].place.x > screen->place.x; at--)
		sorted[at] = sorted[at - 1];
	sorted[at] = *screen;
}

/* None if there is no picture yet. */
static struct resize_screens screens_of_picture(const struct resize *resize) {
	struct resize_screens screens = {.count = 0};
	struct picture_screen list[PICTURE_MAX_SCREENS], sorted[PICTURE_MAX_SCREENS];
	uint32_t width, height, count = picture_store_screens(resize->parts.store, list);
	if (!picture_store_generation(resize->parts.store, &width, &height))
		return screens;
	for (size_t i = 0; i < count; i++)
		insert(&list[i], sorted, i);
	for (size_t i = 0; i < count; i++)
		screens.list[i] = (struct resize_size){sorted[i].place.width, sorted[i].place.height};
	if (!count)
		screens.list[0] = (struct resize_size){width, height};
	screens.count = count ? count : 1;
	return screens;
}

/* "1600x900 and 1280x1024" */
static struct reason words_of(const struct resize_screens *screens) {
	struct reason words = {""};
	for (size_t i = 0; i < screens->count; i++)
		reason_append(
			&words, "%s%ux%u", i ? " and " : "", screens->list[i].width, screens->list[i].height);
	return words;
}

static void finish(struct resize *resize, enum desktop_size_status status) {
	struct resize_screens screens = screens_of_picture(resize);
	struct desktop_size_outcome outcome = {.status = status,
		.screen_count = (uint32_t)screens.count,
		.other = !is_same(&screens, &resize->told)};
	resize->told = screens;
	picture_store_generation(resize->parts.store, &outcome.width, &outcome.height);
	resize->parts.done(resize->parts.context, &outcome);
}

/* --- on the pool's thread --- */

static void set_display(uv_work_t *work) {
	struct resize *resize = work->data;
	const struct resizer *resizer = &resize->parts.resizer;
	resize->error = resizer->set(resizer->context, &resize->target, &resize->reason);
}

/* --- on the loop --- */

/* A text console keeps its first size whatever the display has. So do programs that follow no monitor. */
static void on_look(uv_timer_t *timer) {
	struct resize *resize = timer->data;
	struct resize_screens screens = screens_of_picture(resize);
	struct reason now = words_of(&screens), wanted = words_of(&resize->wanted);
	bool came = is_same(&screens, &resize->wanted);
	if (!came && --resize->looks > 0)
		return;
	uv_timer_stop(timer);
	if (came && !is_same(&screens, &resize->told))
		log_info("the screen has %s now, as a viewer wishes", now.text);
	if (!came)
		log_info("the display can have %s now, but what is on it keeps %s: programs that follow "
			 "monitors would take the new size, a text console keeps its first one",
			wanted.text, now.text);
	finish(resize, came ? DESKTOP_SIZE_SET : DESKTOP_SIZE_INVALID);
}

static void watch_picture(struct resize *resize) {
	if (is_same(&resize->set, &resize->first)) /* they are back; the next wish finds out what is then */
		resize->first.count = 0;
	if (resize->back) /* without a viewer, the picture stays as it is */
		return;
	resize->looks = RESIZE_PATIENCE_MS / RESIZE_LOOK_MS;
	uv_timer_start(&resize->timer, on_look, 0, RESIZE_LOOK_MS);
}

static void rest(struct resize *resize);

static enum desktop_size_status status_of(int error) {
	if (error == -EINVAL)
		return DESKTOP_SIZE_INVALID;
	if (error == -EACCES || error == -ENOENT || error == -EOPNOTSUPP)
		return DESKTOP_SIZE_PROHIBITED;
	return DESKTOP_SIZE_NO_RESOURCES;
}

/* Logs each reason once, however often a viewer asks in vain. */
static void tell_refusal(struct resize *resize) {
	if (strcmp(resize->reason.text, resize->told_reason.text) != 0)
		log_warning("the size of the screen stays: %s", resize->reason.text);
	resize->told_reason = resize->reason;
}

static void on_set(uv_work_t *work, int status) {
	struct resize *resize = work->data;
	resize->running = false;
	if (resize->destroyed) {
		loop_close(&resize->closing, free, resize, LOOP_HANDLES(&resize->timer));
		return;
	}
	if (!resize->error && status == 0)
		resize->set = turned(resize, &resize->target);
	else
		tell_refusal(resize);
	if (resize->again)
		rest(resize);
	else if (resize->error || status)
		finish(resize, status_of(resize->error));
	else
		watch_picture(resize);
}

static void on_rested(uv_timer_t *timer) {
	struct resize *resize = timer->data;
	resize->again = false;
	if (is_same(&resize->set, &resize->wanted)) {
		watch_picture(resize);
		return;
	}
	resize->target = turned(resize, &resize->wanted);
	resize->reason = (struct reason){""};
	resize->running = true;
	uv_queue_work(resize->parts.loop, &resize->work, set_display, on_set);
}

static void rest(struct resize *resize) {
	uv_timer_start(&resize->timer, on_rested, RESIZE_REST_MS, 0);
}

static void want(struct resize *resize, const struct resize_screens *screens, bool back) {
	resize->wanted = *screens;
	resize->back = back;
	if (resize->running)
		resize->again = true;
	else
		rest(resize);
}

/* While screens are being set, it can. */
static enum desktop_size_status can(struct resize *resize, size_t count, const char **note) {
	const struct resizer *resizer = &resize->parts.resizer;
	struct resize_screens screens = {.count = 0};
	if (resize->running)
		return DESKTOP_SIZE_LATER;
	enum desktop_size_status status = resizer->can(resizer->context, count, &screens, note);
	if (status != DESKTOP_SIZE_LATER)
		return status;
	resize->set = turned(resize, &screens);
	if (!resize->first.count) {
		resize->first = resize->set;
		resize->told = screens_of_picture(resize);
	}
	return status;
}

enum desktop_size_status resize_ask(
	struct resize *resize, const struct desktop_size_wish *wish, const char **note) {
	struct resize_screens screens = {.count = wish->count};
	enum desktop_size_status status = can(resize, wish->count, note);
	if (status != DESKTOP_SIZE_LATER)
		return status;
	if (!wish->is_row) {
		*note = "the size of the screen stays: screens that zerovnc has made lie side by side with "
			"their tops in a line, and the viewer asks for others";
		return DESKTOP_SIZE_INVALID;
	}
	for (size_t i = 0; i < screens.count; i++)
		screens.list[i] = (struct resize_size){wish->screens[i].width, wish->screens[i].height};
	want(resize, &screens, false);
	return DESKTOP_SIZE_LATER;
}

void resize_put_back(struct resize *resize) {
	struct resize_screens first = resize->first;
	if (first.count && (resize->running || uv_is_active((uv_handle_t *)&resize->timer) ||
				   !is_same(&resize->set, &first)))
		want(resize, &first, true);
}

/* --- its life --- */

struct resize *resize_create(const struct resize_parts *parts) {
	struct resize *resize = calloc(1, sizeof *resize);
	if (!resize)
		return NULL;
	resize->parts = *parts;
	uv_timer_init(parts->loop, &resize->timer);
	resize->timer.data = resize->work.data = resize;
	return resize;
}

void resize_destroy(struct resize *resize) {
	if (!resize)
		return;
	resize->destroyed = true;
	uv_timer_stop(&resize->timer);
	/* One that has begun cannot be cancelled. Either way the callback comes. */
	if (resize->running)
		uv_cancel((uv_req_t *)&resize->work);
	else
		loop_close(&resize->closing, free, resize, LOOP_HANDLES(&resize->timer));
}
