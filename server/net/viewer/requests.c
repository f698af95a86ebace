/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/requests.h"

void requests_init(struct requests *requests, struct encoder *encoder) {
	*requests = (struct requests){.encoder = encoder};
}

/* --- what the viewer asks --- */

static struct rect clip(const struct requests *requests, struct rect area) {
	struct rect all = {0};
	encoder_size(requests->encoder, &all.width, &all.height);
	area = rect_intersect(area, all);
	return area.width ? area : (struct rect){0, 0, 1, 1}; /* still brings sizes and the like */
}

void requests_ask(struct requests *requests, bool incremental, struct rect area) {
	struct rect *sum = incremental ? &requests->incremental : &requests->full;
	area = clip(requests, area);
	*sum = sum->width ? rect_unite(*sum, area) : area;
}

void requests_set_continuous(struct requests *requests, bool enable, struct rect area) {
	if (requests->continuous && !enable)
		requests->incremental.width = 0;
	requests->continuous = enable;
	requests->continuous_area = area;
}

bool requests_any(const struct requests *requests) {
	return requests->encoder &&
	       (requests->continuous || requests->full.width || requests->incremental.width ||
		       requests->encoder->open || requests->late);
}

bool requests_take_ours(const struct requests *requests) {
	return requests_any(requests) && !requests->full.width && !requests->full_open;
}

void requests_took_ours(struct requests *requests) {
	requests->late = false;
}

/* --- what the encoder is asked --- */

static bool within(struct rect inner, struct rect outer) {
	return rect_area(rect_intersect(inner, outer)) == rect_area(inner);
}

/* Whether the viewer asks, while a request is open, for something that the open request would never bring. */
static bool adds_to_open(const struct requests *requests) {
	return requests->full.width ||
	       (requests->incremental.width && !within(requests->incremental, requests->encoder->area));
}

bool requests_due(struct requests *requests) {
	const struct encoder *encoder = requests->encoder;
	if (requests->continuous)
		requests->incremental = clip(requests, requests->continuous_area);
	bool any = requests->full.width || (requests->incremental.width && !requests->awaits_look);
	if (requests->held || !any)
		return false;
	return !encoder->open || (!encoder->settled && adds_to_open(requests));
}

/* While nobody waits, nothing is captured. The picture that the encoder would answer with at once may be as
 * old as that pause. */
bool requests_need_look(struct requests *requests, bool watched) {
	requests->awaits_look = !requests->full.width && requests->incremental.width && !watched;
	return requests->awaits_look;
}

bool requests_looked(struct requests *requests) {
	bool awaited = requests->awaits_look;
	requests->awaits_look = false;
	return awaited;
}

void requests_pass_on(struct requests *requests) {
	bool open = requests->encoder->open > 0;
	if (requests->incremental.width)
		encoder_request(requests->encoder, true, &requests->incremental);
	if (requests->full.width)
		encoder_request(requests->encoder, false, &requests->full);
	else if (open)
		encoder_settle(requests->encoder);
	requests->full_open |= requests->full.width > 0;
	requests->incremental.width = requests->full.width = 0;
}

void requests_answered(struct requests *requests) {
	requests->late = requests->full_open;
	requests->full_open = false;
}

bool requests_wait(const struct requests *requests) {
	return requests->awaits_look || (requests->encoder && requests->encoder->open);
}
