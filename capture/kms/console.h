/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_console: the kernel's text console on a card (fbdev emulation), and when to make way for it.
 *
 * The kernel draws its console again at the last close of the card. If a compositor is killed while this
 * server also has the card open, the monitor stays black until the server closes the card.
 */
#ifndef ZEROVNC_KMS_CONSOLE_H
#define ZEROVNC_KMS_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

enum kms_console_right {
	KMS_CONSOLE_UNKNOWN, /* the card has no console, or it cannot be asked */
	KMS_CONSOLE_FREE,    /* the console may draw: the card has no DRM master */
	KMS_CONSOLE_BARRED,  /* the card has a DRM master */
};

/* Whether the console of this card ("card0") may draw. Asking makes nobody master and changes nothing. */
enum kms_console_right kms_console_ask(const char *card_name);

/* When to close the card for the console. If it is zeroed, something is drawn on the card. */
struct kms_console {
	uint64_t due_ns;   /* when to ask if nothing is drawn by then; 0: something is drawn */
	uint64_t pause_ns; /* from then until the next question */
};

/* To be called when something is drawn on the card, whoever draws it. */
void kms_console_drawn(struct kms_console *console);

/* To be called when nothing is drawn on the card. Returns whether it is time to ask, which is after a second.
 */
bool kms_console_is_due(struct kms_console *console, uint64_t now_ns);

/*
 * To be called with the answer. Returns whether the card is to be closed now, which is if it has no master.
 * If that does not help, the question is due again after a second, then after two and so on, up to a minute.
 */
bool kms_console_asked(struct kms_console *console, enum kms_console_right right, uint64_t now_ns);

#endif
