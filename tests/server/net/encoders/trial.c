/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/encoders/trial.h"

#include <string.h>

#include "tests/test.h"

struct desk trial_desk;

/* --- the picture --- */

struct plan plan_draw(bool down) {
	struct plan plan = {down ? CONTENTS * BAND : LENGTH, down ? LENGTH : CONTENTS * BAND, NULL, down};
	plan.pixels = calloc((size_t)plan.width * plan.height, 4);
	CHECK(plan.pixels);
	for (unsigned i = 0; i < CONTENTS; i++)
		content_draw(i, plan.pixels + (size_t)i * BAND * (down ? 1 : plan.width), plan.width,
			down ? BAND : LENGTH, down ? LENGTH : BAND);
	return plan;
}

void plan_show(const struct plan *plan) {
	desk_paint(&trial_desk, plan->width, plan->height, 0);
	desk_show(&trial_desk, plan->pixels);
}

struct decode_area plan_place(const struct plan *plan, unsigned content, struct size size, unsigned n) {
	uint32_t along = plan->down ? size.height : size.width,
		 across = plan->down ? size.width : size.height;
	uint32_t at = n * 13 % (LENGTH - along + 1), beside = content * BAND + n * 7 % (BAND - across + 1);
	struct decode_area area = {
		plan->down ? beside : at, plan->down ? at : beside, size.width, size.height};
	return area;
}

/* --- faults --- */

/* Faults of one format and setting are reported once. */
struct fault {
	char what[400];
	unsigned count;
	struct fault *next;
};
static struct fault *faults;
static unsigned long trials, faulty;

static void describe(char *text, size_t size, const struct trial *trial) {
	size_t used = (size_t)snprintf(text, size, "%s;", trial->format->name);
	for (unsigned i = 0; i < trial->setting->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, " %d", trial->setting->list[i]);
}

static void note(const struct trial *trial, const struct reason *reason) {
	char what[400];
	struct fault **fault = &faults;
	faulty++;
	describe(what, sizeof what, trial);
	while (*fault && strcmp((*fault)->what, what) != 0)
		fault = &(*fault)->next;
	if (!*fault) {
		*fault = calloc(1, sizeof **fault);
		CHECK(*fault);
		strcpy((*fault)->what, what);
		printf("%s; %s, %ux%u: %s\n", what, content_name(trial->content), trial->area.width,
			trial->area.height, reason->text);
		fflush(stdout);
	}
	(*fault)->count++;
}

bool trial_report(void) {
	bool good = !faulty;
	printf("%lu trials, %lu faulty\n", trials, faulty);
	while (faults) {
		struct fault *next = faults->next;
		printf("%6u %s\n", faults->count, faults->what);
		free(faults);
		faults = next;
	}
	return good;
}

/* --- visits --- */

void visit_begin(struct visit *visit, const struct plan *plan) {
	visit->plan = plan;
	visit->format = NULL;
	visit->setting = NULL;
	view_open(&visit->view, &trial_desk, plan->pixels);
}

void visit_end(struct visit *visit) {
	view_close(&visit->view);
}

bool visit_read(struct visit *visit, const struct trial *trial) {
	struct reason reason = {""};
	trials++;
	if (view_read(&visit->view, &trial->area, 1, &reason) == 0)
		return true;
	note(trial, &reason);
	visit_end(visit);
	visit_begin(visit, visit->plan);
	return false;
}

bool visit_attempt(struct visit *visit, const struct trial *trial) {
	if (visit->setting != trial->setting)
		view_say_encodings(&visit->view, trial->setting->list, trial->setting->count);
	if (visit->format != trial->format)
		view_say_format(&visit->view, trial->format);
	visit->setting = trial->setting;
	visit->format = trial->format;
	view_say_request(&visit->view, &trial->area);
	return visit_read(visit, trial);
}
