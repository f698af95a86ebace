/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/shortfall.h"

#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"

static const uint64_t interval_ns = 1000000000;

/* --- planes --- */

void kms_shortfall_leave_out(
	struct kms_shortfall *shortfall, uint32_t plane_id, const struct reason *reason) {
	if (shortfall->left_out++)
		return;
	shortfall->left_out_id = plane_id;
	shortfall->left_out_reason = *reason;
}

static bool look_at_planes(const struct kms_shortfall *shortfall, const struct kms_shortfall_colours *colours,
	char *text, size_t size) {
	(void)colours;
	if (shortfall->left_out == 1)
		snprintf(text, size, "what plane %u shows on top is missing (%.150s)", shortfall->left_out_id,
			shortfall->left_out_reason.text);
	else if (shortfall->left_out)
		snprintf(text, size, "what %u planes show on top is missing (plane %u: %.150s)",
			shortfall->left_out, shortfall->left_out_id, shortfall->left_out_reason.text);
	return shortfall->left_out > 0;
}

/* --- colours --- */

static bool look_at_colours(const struct kms_shortfall *shortfall,
	const struct kms_shortfall_colours *colours, char *text, size_t size) {
	(void)shortfall;
	snprintf(text, size,
		"colours are those before the monitor's correction (night light, gamma, a profile)");
	return colours->corrected;
}

static bool look_at_hdr(const struct kms_shortfall *shortfall, const struct kms_shortfall_colours *colours,
	char *text, size_t size) {
	(void)shortfall;
	snprintf(text, size,
		"the monitor is in an HDR mode that is not known here, and its colours are shown as if it were not");
	return colours->unknown;
}

/* --- all of it --- */

static const struct kind {
	/* Whether there is one; fills the text with what it is. */
	bool (*look)(const struct kms_shortfall *shortfall, const struct kms_shortfall_colours *colours,
		char *text, size_t size);
	const char *missing; /* for struct shortfall; NULL if everything is there, though in other colours */
} kinds[] = {
	{look_at_planes, shortfall_planes},
	{look_at_colours, NULL},
	{look_at_hdr, NULL},
};

static void append(struct shortfall *found, const char *text) {
	size_t used = strlen(found->text);
	snprintf(found->text + used, sizeof found->text - used, "%s%s", used ? "; " : "", text);
}

void kms_shortfall_look(struct kms_shortfall *shortfall, const struct kms_shortfall_colours *colours,
	uint64_t now_ns, struct shortfall *found) {
	if (shortfall->looked_ns && now_ns - shortfall->looked_ns < interval_ns)
		return;
	shortfall->looked_ns = now_ns;
	*found = (struct shortfall){0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char text[sizeof found->text];
		if (!kinds[i].look(shortfall, colours, text, sizeof text))
			continue;
		append(found, text);
		if (!found->missing)
			found->missing = kinds[i].missing;
	}
}
