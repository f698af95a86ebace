/* SPDX-License-Identifier: GPL-2.0-or-later */
/* offer: the security types that one client is offered. */
#ifndef ZEROVNC_OFFER_H
#define ZEROVNC_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "server/net/auth/security.h"

struct login;

/* The types that may be offered to this client. None if it is turned away. */
void offer_list(const struct login *login, struct security_list *list);

/* Whether this client comes in without a password, although there is one. */
bool offer_is_unasked(const struct login *login);

/* Whether this client may not come in without a password, and there is none. */
bool offer_is_turned_away(const struct login *login);

/* Says why it is turned away, and what helps. */
void offer_explain_turning_away(const struct login *login, char *text, size_t size);

/* Whether some of these types need no proof. */
bool offer_has_unproven(const struct security_list *list);

#endif
