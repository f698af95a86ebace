/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: what the administrator asked for. One table of settings serves the command line, the configuration
 * file and the help text.
 */
#ifndef ZEROVNC_CONFIG_H
#define ZEROVNC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/reason.h"

enum config_command {
	CONFIG_SERVE,
	CONFIG_DOCTOR,
	CONFIG_STATUS,
	CONFIG_OUTPUTS,
	CONFIG_PASSWD,
	CONFIG_BENCH,
	CONFIG_HELP,
	CONFIG_VERSION,
};

enum config_repeat { CONFIG_REPEAT_VIEWER, CONFIG_REPEAT_MACHINE };

enum { CONFIG_MAX_LISTEN = 16 };

/* The strings are owned; NULL where nothing was said. Choices hold the number of the word in the table. */
struct config {
	enum config_command command;
	char *argument; /* of passwd: the file */

	int source; /* enum source_kind */
	char *card, *output;
	char *pattern;      /* what the pattern shows: still, moving, video, full, busy */
	char *pattern_size; /* WIDTHxHEIGHT */
	int path;           /* enum path_kind */
	unsigned fps;

	char *listen[CONFIG_MAX_LISTEN];
	size_t listen_count;
	char *security, *password_file;
	char *tls_certificate, *tls_key;
	char *web_root, *web_origin;
	char *plain_users, *view_users;
	char *local_users, *socket_group;
	unsigned login_grace; /* seconds */
	int sharing;          /* enum sharing */
	char *name;

	bool view_only, no_input;
	bool relative_pointer;
	bool allow_power_keys, allow_sysrq;
	int key_repeat; /* enum config_repeat */
	char *layout;

	char *control;
	int log_level; /* enum log_level */
	bool json, prometheus;
	unsigned seconds; /* of bench */
};

/*
 * Reads the command line, and the file that --config names before it, so that the command line wins. 0;
 * -EINVAL with a reason (a mistake in usage: exit status 2); other -errno with a reason (a file that cannot
 * be read). config_finish() is due in either case.
 */
int config_read(struct config *config, int argc, char **argv, struct reason *reason);
void config_finish(struct config *config);

/* The help text, on standard output. */
void config_print_help(void);

/* "1280x720" into two numbers; false where it is no such thing or no sane size (16 to 16384). */
bool config_parse_size(const char *text, unsigned *width, unsigned *height);

#endif
