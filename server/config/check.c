/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"
#include "capture/layout.h"
#include "capture/pattern.h"
#include "server/config/config.h"
#include "server/config/monitor.h"
#include "server/input/layout.h"
#include "server/net/auth/rights.h"
#include "server/net/auth/security.h"
#include "server/net/listen/listener.h"
#include "server/net/reverse/target.h"
#include "server/net/web/origin.h"

/* Viewers take the name for UTF-8 and show it in a title. */
static int check_name(const char *value, struct reason *reason) {
	if (!utf8_is_valid(value))
		return reason_set(reason, -EINVAL, "--name: '%s' is not UTF-8", value);
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return reason_set(
				reason, -EINVAL, "--name: '%s' has a control character in it", value);
	return 0;
}

static int check_pattern(const char *value, struct reason *reason) {
	unsigned parts;
	return pattern_kind(value, &parts)
		       ? 0
		       : reason_set(reason, -EINVAL,
				 "--pattern: '%s' is not one of still|moving|video|full|busy|scroll", value);
}

static int check_pattern_size(const char *value, struct reason *reason) {
	unsigned width, height;
	return config_parse_size(value, &width, &height)
		       ? 0
		       : reason_set(reason, -EINVAL,
				 "--pattern-size: '%s' is not WIDTHxHEIGHT, each from 16 to 16384", value);
}

static int check_size(const char *value, struct reason *reason) {
	unsigned width, height;
	return config_parse_size(value, &width, &height)
		       ? 0
		       : reason_set(reason, -EINVAL,
				 "--size: '%s' is not WIDTHxHEIGHT, each from 16 to 16384", value);
}

static int check_security(const char *value, struct reason *reason) {
	struct security_list list;
	return security_list_parse(value, &list, reason);
}

static int check_layout(const char *value, struct reason *reason) {
	struct layout layout = {0};
	return layout_parse(&layout, value, reason);
}

static int check_layout_outputs(const char *value, struct reason *reason) {
	struct layout_spec spec;
	struct reason why;
	int error = heads_layout_parse(value, &spec, &why);
	return error ? reason_set(reason, error, "--layout-outputs: %s", why.text) : 0;
}

static int check_monitor(const char *value, struct reason *reason) {
	struct monitor_wish wish;
	int wanted = config_monitor(value, &wish, reason);
	return wanted < 0 ? wanted : 0;
}

static const struct {
	const char *name;
	bool is_list;
	int (*check)(const char *value, struct reason *reason); /* NULL: any value will do */
} rules[] = {
	{"connect", true, reverse_targets_check},
	{"layout", true, check_layout},
	{"layout-outputs", true, check_layout_outputs},
	{"listen", false, listener_check},
	{"local-users", true, NULL},
	{"monitor", false, check_monitor},
	{"name", false, check_name},
	{"output", true, NULL},
	{"pattern", false, check_pattern},
	{"pattern-size", false, check_pattern_size},
	{"plain-users", true, NULL},
	{"rights", true, rights_check},
	{"security", true, check_security},
	{"size", false, check_size},
	{"view-users", true, NULL},
	{"web-origin", true, web_origin_check},
};

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

static void close_up(char *list) {
	char *to = list;
	for (const char *from = list; *from; from++) {
		if (is_blank(*from) && (to == list || to[-1] == ','))
			continue; /* a blank at the beginning, or after a comma */
		if (*from == ',')
			while (to > list && is_blank(to[-1]))
				to--;
		*to++ = *from;
	}
	while (to > list && is_blank(to[-1]))
		to--;
	*to = '\0';
}

int config_check(const char *name, char *value, struct reason *reason) {
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (strcmp(rules[i].name, name) != 0)
			continue;
		if (rules[i].is_list)
			close_up(value);
		return rules[i].check ? rules[i].check(value, reason) : 0;
	}
	return 0;
}
