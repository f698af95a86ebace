/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_member: what an answer of the server has under a name, for those who print it. The functions are small
 * enough to be compiled where they are used. */
#ifndef ZEROVNC_JSON_MEMBER_H
#define ZEROVNC_JSON_MEMBER_H

#include <jansson.h>

/* "" if there is no such text. */
static inline const char *json_member_text(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* 0 if there is no such number. */
static inline double json_member_number(const json_t *object, const char *key) {
	return json_number_value(json_object_get(object, key));
}

#endif
