/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/choose.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/first_line.h"
#include "capture/head.h"
#include "capture/no_card.h"

/* How well an output fits. */
enum fit { FIT_NONE, FIT_DARK, FIT_CONNECTED, FIT_LIT, FIT_NAMED };

struct candidate {
	struct kms_device device;
	struct kms_output outputs[KMS_MAX_OUTPUTS];
	size_t count;
	size_t best; /* index of the output that fits best */
	enum fit fit;
};

/* Whether it has this name, "DP-1" or "card1/DP-1". */
static bool is_named(const struct kms_output *output, const char *node, const char *text) {
	struct head_name name;
	return head_name_parse(text, strlen(text), &name) && head_name_fits(&name, node, output->name);
}

static enum fit fit_of(const struct kms_output *output, const char *node, const char *name) {
	if (name)
		return is_named(output, node, name) ? FIT_NAMED : FIT_NONE;
	if (output->state == KMS_OUTPUT_LIT)
		return FIT_LIT;
	return output->connected ? FIT_CONNECTED : FIT_DARK;
}

/* Opens a card and finds its best output. On failure nothing is open. */
static int examine(const char *node, const char *name, struct candidate *candidate, struct reason *why) {
	memset(candidate, 0, sizeof *candidate);
	int error = kms_device_open(node, &candidate->device, why);
	if (error)
		return error;
	error = kms_output_list(&candidate->device, candidate->outputs, &candidate->count);
	if (error || candidate->count == 0) {
		kms_device_close(&candidate->device);
		return reason_set(why, -ENODEV, "%s (%s) has no display outputs%s%s", node,
			candidate->device.driver, error ? ": " : "", error ? strerror(-error) : "");
	}
	for (size_t i = 0; i < candidate->count; i++) {
		enum fit fit = fit_of(&candidate->outputs[i], candidate->device.node, name);
		if (fit <= candidate->fit)
			continue;
		candidate->fit = fit;
		candidate->best = i;
	}
	return 0;
}

static void list_outputs(const struct candidate *candidate, struct reason *list) {
	for (size_t i = 0; i < candidate->count; i++)
		reason_append(list, "%s%s on %s (%s)", list->text[0] ? ", " : "", candidate->outputs[i].name,
			candidate->device.name, kms_output_state_name(candidate->outputs[i].state));
}

/* Everything that the search saw. */
struct search {
	struct candidate kept, tried; /* kept.device is open if kept.fit is not FIT_NONE */
	struct reason outputs;        /* all outputs, in words */
	int error;                    /* of the first card that could not be examined */
	struct reason error_reason;   /* why that card could not be examined */
};

static void try_card(struct search *search, const char *node, const char *name) {
	struct reason reason;
	int error = examine(node, name, &search->tried, &reason);
	if (error) {
		/* that a card may not be opened tells more than that another has no outputs */
		if (!search->error || (search->error == -ENODEV && error != -ENODEV)) {
			search->error = error;
			search->error_reason = reason;
		}
		return;
	}
	list_outputs(&search->tried, &search->outputs);
	if (search->tried.fit <= search->kept.fit) {
		kms_device_close(&search->tried.device);
		return;
	}
	if (search->kept.fit != FIT_NONE)
		kms_device_close(&search->kept.device);
	search->kept = search->tried;
}

static void explain(const struct candidate *candidate, const char *card, struct reason *why) {
	struct reason state;
	kms_output_explain(&candidate->device, &candidate->outputs[candidate->best], &state);
	const char *choice = candidate->fit == FIT_NAMED ? "as asked for"
			     : candidate->fit == FIT_LIT ? "the first lit output"
			     : card                      ? "no output of this card is lit"
							 : "no output of any card is lit";
	reason_set(why, 0, "%s: %s", choice, state.text);
}

static int conclude(const struct search *search, const char *card, const char *name, struct reason *why) {
	if (search->kept.fit != FIT_NONE) {
		explain(&search->kept, card, why);
		return 0;
	}
	/* if a name was given, a card that could not be opened may be the one that has it */
	if (search->outputs.text[0] && (!search->error || search->error == -ENODEV))
		return reason_set(
			why, -ENODEV, "there is no output %s; there are: %s", name, search->outputs.text);
	*why = search->error_reason;
	return search->error;
}

static int search_cards(char nodes[][64], size_t count, const char *card, const char *name,
	struct kms_device *device, struct kms_output *output, struct reason *why) {
	struct search *search = calloc(1, sizeof *search);
	if (!search)
		return reason_set(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count && search->kept.fit < FIT_LIT; i++)
		try_card(search, nodes[i], name);
	int error = conclude(search, card, name, why);
	if (!error) {
		*device = search->kept.device;
		*output = search->kept.outputs[search->kept.best];
	}
	free(search);
	return error;
}

static int no_such_card(const char *card, char nodes[][64], size_t count, struct reason *why) {
	struct reason there = {""};
	for (size_t i = 0; i < count; i++)
		reason_append(&there, "%s%s", i ? ", " : "", nodes[i]);
	return reason_set(why, -ENODEV, "there is no card %s; %s%s", card,
		count ? "there are: " : "there is none at all in /dev/dri", there.text);
}

int kms_choose_cards(const char *card, char nodes[KMS_MAX_CARDS][64], size_t *count, struct reason *why) {
	*count = kms_device_list(nodes);
	if (card) {
		/* Any path will do. A link like those in /dev/dri/by-path is followed anew each time. */
		char *real = realpath(card, NULL);
		bool fits = real && strlen(real) < sizeof nodes[0];
		if (fits)
			snprintf(nodes[0], sizeof nodes[0], "%s", real);
		free(real);
		if (!fits)
			return no_such_card(card, nodes, *count, why);
		*count = 1;
	}
	return *count ? 0 : no_card_explain("", why);
}

int kms_choose(const char *card, const char *name, struct kms_device *device, struct kms_output *output,
	struct reason *why) {
	char nodes[KMS_MAX_CARDS][64];
	size_t count;
	int error = kms_choose_cards(card, nodes, &count, why);
	return error ? error : search_cards(nodes, count, card, name, device, output, why);
}

static bool says(const char *connector, const char *attribute, const char *word) {
	char path[600], text[32] = "";
	snprintf(path, sizeof path, "/sys/class/drm/%s/%s", connector, attribute);
	return first_line_read(path, text, sizeof text) && strncmp(text, word, strlen(word)) == 0;
}

bool kms_choose_other_is_lit(const char *name) {
	DIR *folder = opendir("/sys/class/drm");
	bool lit = false;
	for (struct dirent *entry; folder && !lit && (entry = readdir(folder));) {
		const char *dash = strchr(entry->d_name, '-'); /* card1-HDMI-A-1: a connector */
		if (!dash || strncmp(entry->d_name, "card", 4) != 0 ||
			(strlen(name) == (size_t)(dash - entry->d_name) &&
				strncmp(entry->d_name, name, strlen(name)) == 0))
			continue;
		lit = says(entry->d_name, "enabled", "enabled") && says(entry->d_name, "dpms", "On");
	}
	if (folder)
		closedir(folder);
	return lit;
}
