/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_console: the kernel's text console on a card (fbdev emulation), and when to make way for it.
 *
 * The kernel draws its console again at the last close of the card. When a compositor is killed, a server
 * that has the card open, too, keeps the monitor black for as long as it runs: unless it closes the card.
 */
#ifndef ZEROVNC_KMS_CONSOLE_H
#define ZEROVNC_KMS_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

enum kms_console_right {
	KMS_CONSOLE_UNKNOWN, /* the card has no console, or it cannot be asked */
	KMS_CONSOLE_FREE,    /* it may draw: nobody is DRM master of the card */
	KMS_CONSOLE_BARRED,  /* somebody is */
};

/* Whether the console of this card ("card0") may draw. Makes nobody master and changes nothing. */
enum kms_console_right kms_console_ask(const char *card_name);

/* When to close the card for the console. Zeroed: something is drawn on it. */
struct kms_console {
	uint64_t due_ns;   /* when to ask if still nothing is drawn; 0: something is */
	uint64_t pause_ns; /* from then to the next time */
};

/* Something is drawn on the card, by whomever. */
void kms_console_drawn(struct kms_console *console);

/* Nothing is drawn on the card: whether it is time to ask, which is after a second. */
bool kms_console_is_due(struct kms_console *console, uint64_t now_ns);

/*
 * It was asked. Whether the card is to be closed now: nobody is its master. Where that does not help it is
 * due again after a second, then after two and so on, up to a minute.
 */
bool kms_console_asked(struct kms_console *console, enum kms_console_right right, uint64_t now_ns);

#endif
