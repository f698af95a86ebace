/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/monitor/undo.h"

#include <errno.h>
#include <string.h>

#include "capture/monitor/evdi_card.h"
#include "capture/monitor/force.h"
#include "capture/monitor/holder.h"
#include "capture/monitor/module.h"
#include "capture/monitor/virtual_card.h"

static int (*const undo[RECORD_KINDS])(const char *root, const char *text) = {
	[RECORD_FIRMWARE] = force_undo_firmware,
	[RECORD_EDID] = force_undo_edid,
	[RECORD_STATUS] = force_undo_status,
	[RECORD_MODULE] = module_unload,
	[RECORD_CONFIGFS] = virtual_card_undo_configfs,
	[RECORD_CARD] = virtual_card_undo_card,
	[RECORD_EVDI] = evdi_card_undo,
	[RECORD_HOLDER] = holder_undo,
};

static const char *const undone[RECORD_KINDS] = {
	[RECORD_STATUS] = "the connector %s is not forced on any more",
	[RECORD_MODULE] = "the module %s is unloaded",
	[RECORD_CARD] = "the virtual card %s is removed",
	[RECORD_HOLDER] = "nothing is plugged into %s any more",
};

static void say_undone(struct reason *words, enum record_kind kind, const char *text) {
	const char *format = undone[kind], *at = format ? strstr(format, "%s") : NULL;
	if (words && at)
		reason_append(words, "%s%.*s%s%s", words->text[0] ? ", " : "", (int)(at - format), format,
			text, at + 2);
}

/* Takes the last step back. */
static int undo_last(struct record *record, struct reason *words, struct reason *reason) {
	enum record_kind kind = record->steps[record->count - 1].kind;
	const char *text = record->steps[record->count - 1].text;
	int error = undo[kind](record->root, text);
	if (error)
		return reason_set(reason, error, "this cannot be undone%s%s: %s%s", *text ? ": " : "", text,
			strerror(-error), error == -EBUSY ? " (a program or the kernel still uses it)" : "");
	say_undone(words, kind, text);
	return record_drop(record, reason);
}

int undo_all(struct record *record, struct reason *words, struct reason *reason) {
	while (record->count) {
		int error = undo_last(record, words, reason);
		if (error)
			return error;
	}
	record->output_count = 0;
	return 0;
}

int undo_output(struct record *record, struct reason *reason) {
	const struct record_output *output = &record->outputs[record->output_count - 1];
	while (record->count && force_is_of(output, record->steps[record->count - 1].kind,
					record->steps[record->count - 1].text)) {
		int error = undo_last(record, NULL, reason);
		if (error)
			return error;
	}
	return record_drop_output(record, reason);
}
