/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/exposures.h"

#include <stddef.h>

void exposures_want(struct exposures_wanted *wanted, const struct exposures_wanted *others) {
	struct exposures_wanted former = *wanted;
	*wanted = *others;
	for (uint32_t i = 0; i < wanted->count; i++)
		camera_use(wanted->list[i].camera);
	for (uint32_t i = 0; i < former.count; i++)
		camera_drop(former.list[i].camera);
}

void exposures_clear(struct exposures *exposures) {
	while (exposures->count)
		exposure_drop(exposures->list[--exposures->count].exposure);
}

void exposures_copy(struct exposures *exposures, const struct exposures *others) {
	for (uint32_t i = 0; i < others->count; i++)
		exposure_use(others->list[i].exposure);
	exposures_clear(exposures);
	*exposures = *others;
}

static bool is_wanted(const struct exposures_wanted *wanted, const struct rect *place) {
	for (uint32_t i = 0; i < wanted->count; i++)
		if (rect_equals(wanted->list[i].place, *place))
			return true;
	return false;
}

static void drop(struct exposures *exposures, uint32_t at) {
	exposure_drop(exposures->list[at].exposure);
	exposures->list[at] = exposures->list[--exposures->count];
}

void exposures_keep(struct exposures *exposures, const struct exposures_wanted *wanted) {
	for (uint32_t i = exposures->count; i-- > 0;)
		if (!is_wanted(wanted, &exposures->list[i].place))
			drop(exposures, i);
}

static uint32_t find(const struct exposures *exposures, const struct rect *place) {
	uint32_t i = 0;
	while (i < exposures->count && !rect_equals(exposures->list[i].place, *place))
		i++;
	return i;
}

void exposures_add(struct exposures *exposures, const struct rect *place, struct exposure *exposure) {
	uint32_t i = find(exposures, place);
	if (i == EXPOSURES_MAX) { /* nobody wants so many */
		exposure_drop(exposure);
		return;
	}
	if (i < exposures->count)
		exposure_drop(exposures->list[i].exposure);
	else
		exposures->count++;
	exposures->list[i] = (struct exposures_one){*place, exposure, 0};
}

void exposures_publish(struct exposures *exposures, uint64_t generation) {
	for (uint32_t i = 0; i < exposures->count; i++)
		if (!exposures->list[i].generation)
			exposures->list[i].generation = generation;
}

void exposures_cancel(struct exposures *exposures) {
	for (uint32_t i = exposures->count; i-- > 0;)
		if (!exposures->list[i].generation)
			drop(exposures, i);
}

const struct exposures_one *exposures_find(const struct exposures *exposures, const struct rect *place) {
	uint32_t i = find(exposures, place);
	return i < exposures->count ? &exposures->list[i] : NULL;
}
