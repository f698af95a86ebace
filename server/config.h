/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: what the administrator asked for. One table of settings serves the command line, the configuration
 * file and the help text.
 */
#ifndef ZEROVNC_CONFIG_H
#define ZEROVNC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/base/reason.h"
#include "capture/source.h"

enum config_command {
	CONFIG_SERVE,
	CONFIG_DOCTOR,
	CONFIG_STATUS,
	CONFIG_OUTPUT,
	CONFIG_OUTPUTS,
	CONFIG_PASSWD,
	CONFIG_BENCH,
	CONFIG_HELP,
	CONFIG_VERSION,
};

enum config_repeat { CONFIG_REPEAT_VIEWER, CONFIG_REPEAT_MACHINE };

enum { CONFIG_MAX_LISTEN = 16 };

/* The strings are owned; NULL means that the administrator said nothing. A choice holds the number of its
 * word in the table. */
struct config {
	enum config_command command;
	char *argument; /* the file that passwd writes */

	int source; /* enum source_kind */
	int rotate; /* enum turn */
	char *card;
	char *output;         /* "NAME[,NAME...]" or "all" */
	char *layout_outputs; /* "NAME@X,Y[,NAME@X,Y...]" */
	char *pattern;        /* what the pattern shows: still, moving, video, full, busy */
	char *pattern_size;   /* "WIDTHxHEIGHT" */
	int path;             /* enum path_kind */
	unsigned fps;         /* most captures per second */

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
	unsigned seconds; /* how long bench measures */
};

/*
 * Reads the file that --config names and then the command line, so that the command line wins. 0 or -errno
 * with a reason. -EINVAL is a mistake in usage, for which the exit status is 2. Other errors mean that a file
 * cannot be read. The caller must call config_finish() in any case.
 */
int config_read(struct config *config, int argc, char **argv, struct reason *reason);
void config_finish(struct config *config);

/* Prints the help text on standard output. */
void config_print_help(void);

/* Parses a size such as "1280x720". False: it is no size, or a number is not from 16 to 16384. */
bool config_parse_size(const char *text, unsigned *width, unsigned *height);

/* Returns what is to be served, as `serve` and `doctor` open it. Its strings belong to the configuration. */
struct source_options config_source(const struct config *config);

#endif
