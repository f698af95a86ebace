/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/sharing.h"

static enum sharing_verdict as_asked(const struct sharing_newcomer *newcomer, const char **why) {
	if (newcomer->shared)
		return SHARING_JOINS;
	if (!newcomer->view_only)
		return SHARING_ALONE;
	*why = "it asks to be alone, but shares: it may only look";
	return SHARING_JOINS;
}

static enum sharing_verdict only_one(
	const struct sharing_newcomer *newcomer, size_t typists, const char **why) {
	if (!newcomer->view_only || !typists)
		return SHARING_ALONE;
	*why = "somebody who may type is there, and it may only look (--sharing=never)";
	return SHARING_STAYS_OUT;
}

static enum sharing_verdict none_alone(const struct sharing_newcomer *newcomer, const char **why) {
	if (newcomer->shared)
		return SHARING_JOINS;
	*why = "it asks to be alone while others are there (--sharing=refuse): let it share";
	return SHARING_STAYS_OUT;
}

enum sharing_verdict sharing_decide(enum sharing sharing, const struct sharing_newcomer *newcomer,
	size_t typists, size_t lookers, const char **why) {
	*why = NULL;
	if (typists + lookers == 0)
		return SHARING_JOINS;
	switch (sharing) {
	case SHARING_VIEWER:
		return as_asked(newcomer, why);
	case SHARING_NEVER:
		return only_one(newcomer, typists, why);
	case SHARING_REFUSE:
		return none_alone(newcomer, why);
	case SHARING_ALWAYS:
		break;
	}
	return SHARING_JOINS;
}
