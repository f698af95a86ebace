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
	CONFIG_HEADLESS,
	CONFIG_DOCTOR,
	CONFIG_STATUS,
	CONFIG_OUTPUT,
	CONFIG_VIEWERS,
	CONFIG_DISCONNECT,
	CONFIG_ASK,
	CONFIG_ALLOW,
	CONFIG_DENY,
	CONFIG_VIEW_ONLY,
	CONFIG_CONNECT,
	CONFIG_EVENTS,
	CONFIG_RELOAD,
	CONFIG_OUTPUTS,
	CONFIG_PLUG,
	CONFIG_RESIZE,
	CONFIG_UNPLUG,
	CONFIG_PASSWD,
	CONFIG_BENCH,
	CONFIG_HELP,
	CONFIG_VERSION,
};

enum config_repeat { CONFIG_REPEAT_VIEWER, CONFIG_REPEAT_MACHINE };
enum config_resize { CONFIG_TAKE_SIZE, CONFIG_KEEP_SIZE };
enum config_h264 { CONFIG_H264_AUTO, CONFIG_H264_GPU, CONFIG_H264_CPU, CONFIG_H264_NO };
enum config_encoder { CONFIG_ENCODER_AUTO, CONFIG_ENCODER_LIBVNCSERVER };
enum config_refresh { CONFIG_REFRESH_YES, CONFIG_REFRESH_NO };

enum config_sign { CONFIG_SIGN_YES, CONFIG_SIGN_NO };

enum { CONFIG_MAX_LISTEN = 16 };

/* The strings are owned; NULL means that the administrator said nothing. A choice holds the number of its
 * word in the table. */
struct config {
	int argc; /* the command line that config_read() was given; borrowed */
	char **argv;
	bool has_file; /* --config names one */

	enum config_command command;
	char *argument; /* of the command: passwd's file, what `output` is to show, a viewer's id, ... */

	int source;    /* enum source_kind */
	int rotate;    /* enum turn */
	int apply_lut; /* enum source_lut */
	char *card;
	char *output;         /* "NAME[,NAME...]" or "all" */
	char *monitor;        /* "auto[:WxH]", "NAME[:WxH]" or "no" */
	char *layout_outputs; /* "NAME@X,Y[,NAME@X,Y...]" */
	char *pattern;        /* what the pattern shows: still, moving, video, full, busy, scroll */
	char *pattern_size;   /* "WIDTHxHEIGHT" */
	int path;             /* enum path_kind */
	unsigned fps;         /* most captures per second */
	int encoder;          /* enum config_encoder */
	int lossless_refresh; /* enum config_refresh */
	int h264;             /* enum config_h264 */

	char *listen[CONFIG_MAX_LISTEN];
	size_t listen_count;
	bool announce; /* on the local network, by mDNS */
	char *connect; /* "TARGET[,TARGET...]" of reverse/target.h */
	char *security, *password_file;
	char *tls_certificate, *tls_key;
	char *web_root, *web_origin;
	char *plain_users, *view_users, *rights;
	char *login_helper; /* the socket of zerovnc-login */
	char *local_users, *socket_group;
	unsigned login_grace;  /* seconds */
	unsigned idle_exit;    /* seconds; 0: never */
	int sharing;           /* enum sharing */
	int approve;           /* enum approval_mode */
	unsigned approve_time; /* seconds */
	bool lock_on_leave;
	int sign; /* enum config_sign */
	char *name;

	bool view_only, no_input;
	bool relative_pointer;
	bool allow_power_keys, allow_sysrq;
	int key_repeat; /* enum config_repeat */
	int resize;     /* enum config_resize */
	char *layout;

	char *broker;        /* the socket of zerovnc-broker */
	bool single_process; /* `broker` and `login_helper` are NULL, whatever was said */
	char *control;
	bool no_sandbox;
	int log_level; /* enum log_level */
	bool json, prometheus, watch;
	unsigned seconds;           /* how long bench measures */
	char *size, *user;          /* of headless: "WIDTHxHEIGHT", and whose session it is */
	char *const *session_words; /* of headless: what follows `--`, which ends with NULL; in `argv` */
};

/*
 * Reads the file that --config names and then the command line, so that the command line wins. 0 or -errno
 * with a reason. -EINVAL is a mistake in usage, for which the exit status is 2. Other errors mean that a file
 * cannot be read. The caller must call config_finish() in any case. `argv` is borrowed until then. Any
 * thread.
 */
int config_read(struct config *config, int argc, char **argv, struct reason *reason);
void config_finish(struct config *config);

/* Returns the next file that --config names from argv[*at] on (from 1 at first), and moves *at behind it.
 * NULL: there is none left. */
const char *config_next_file(int argc, char **argv, int *at);

/* Calls `each` with the name of every setting that has another value in the other configuration. */
void config_compare(const struct config *config, const struct config *other,
	void (*each)(void *context, const char *name), void *context);
/* Each gets the other's value of this setting, which is no list. */
void config_swap(struct config *config, struct config *other, const char *name);

/* Prints the help text on standard output. */
void config_print_help(void);

/* Parses a size such as "1280x720". False: it is no size, or a number is not from 16 to 16384. */
bool config_parse_size(const char *text, unsigned *width, unsigned *height);

/* Returns what is to be served, as `serve` and `doctor` open it. Its strings belong to the configuration. */
struct source_options config_source(const struct config *config);

#endif
