/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/base/array.h"
#include "server/config_check.h"
#include "server/config_file.h"
#include "server/log.h"
#include "server/nearest.h"
#include "server/net/login/grace.h"

enum kind { TEXT, FLAG, CHOICE, NUMBER, LIST };

struct setting {
	const char *name, *value; /* `value`: its name in the help text; NULL for flags */
	enum kind kind;
	size_t offset;
	const char *choices; /* "a|b|c", for settings of kind CHOICE */
	unsigned minimum, maximum;
	const char *help;
};

#define AT(field) offsetof(struct config, field)

static const struct setting settings[] = {
	{"source", "auto|kms|fbdev|pattern", CHOICE, AT(source), "auto|kms|fbdev|pattern", 0, 0,
		"what is served: a graphics card, a framebuffer device of a kernel without DRM, or the built-in test desktop (default: auto)"},
	{"card", "/dev/dri/cardN", TEXT, AT(card), NULL, 0, 0,
		"the graphics card (default: the first with a lit output); for --source=fbdev: /dev/fbN"},
	{"output", "NAME[,NAME...]|all", TEXT, AT(output), NULL, 0, 0,
		"the connector, e.g. HDMI-A-1; several, or all lit ones, make one desktop (default: the first lit one)"},
	{"layout-outputs", "NAME@X,Y[,NAME@X,Y...]", TEXT, AT(layout_outputs), NULL, 0, 0,
		"for several outputs: where each one's upper left pixel lies, e.g. HDMI-A-1@0,0,DP-1@1920,0 (default: found out)"},
	{"rotate", "normal|90|180|270", CHOICE, AT(rotate), "normal|90|180|270", 0, 0,
		"turn the picture clockwise by this many degrees (default: normal)"},
	{"pattern", "KIND", TEXT, AT(pattern), NULL, 0, 0,
		"for --source=pattern: still, moving, video, full or busy"},
	{"pattern-size", "WxH", TEXT, AT(pattern_size), NULL, 0, 0,
		"for --source=pattern (default: 1280x720; for bench: 1920x1080)"},
	{"path", "auto|gpu|cpu", CHOICE, AT(path), "auto|gpu|cpu", 0, 0,
		"how pixels are read, compared and converted (default: auto)"},
	{"fps", "N", NUMBER, AT(fps), NULL, 1, 240, "send at most this many pictures a second (default: 60)"},
	{"listen", "ADDRESS", LIST, AT(listen), NULL, 0, 0,
		"ADDR:PORT, [ADDR6]:PORT, PORT (this machine only), unix:PATH, fd:N or systemd; may be repeated (default: systemd's sockets, else 127.0.0.1:5900, [::1]:5900 and a unix socket)"},
	{"local-users", "LIST", TEXT, AT(local_users), NULL, 0, 0,
		"local users that need no password, e.g. alice,1001 or * (default: root and the user that runs it)"},
	{"socket-group", "NAME", TEXT, AT(socket_group), NULL, 0, 0,
		"the group that may use the unix sockets (default: only the user that runs it)"},
	{"security", "LIST", TEXT, AT(security), NULL, 0, 0,
		"security types offered, e.g. x509-vnc,tls-vnc,ra2,vncauth or none (default: safe)"},
	{"plain-users", "LIST", TEXT, AT(plain_users), NULL, 0, 0,
		"users that may log in by the *-plain types, e.g. alice,bob (default: the user that runs it, unless that is root)"},
	{"view-users", "LIST", TEXT, AT(view_users), NULL, 0, 0,
		"users that may log in the same way, but only watch"},
	{"sharing", "viewer|always|never|refuse", CHOICE, AT(sharing), "viewer|always|never|refuse", 0, 0,
		"if a viewer asks for the desktop alone: it disconnects the others, it shares, every new viewer disconnects the others, or it is refused (default: viewer)"},
	{"password-file", "FILE", TEXT, AT(password_file), NULL, 0, 0,
		"the file that `zerovnc passwd FILE` writes"},
	{"login-grace", "SECONDS", NUMBER, AT(login_grace), NULL, GRACE_LOGIN_MIN_S, GRACE_LOGIN_MAX_S,
		"how long a login may take, with its dialogs (default: 120)"},
	{"tls-certificate", "FILE", TEXT, AT(tls_certificate), NULL, 0, 0,
		"a certificate, PEM (default: the server makes its own, self-signed)"},
	{"tls-key", "FILE", TEXT, AT(tls_key), NULL, 0, 0, "the key of the certificate, PEM"},
	{"web-root", "FOLDER", TEXT, AT(web_root), NULL, 0, 0,
		"a folder of web pages for browsers, e.g. /usr/share/novnc"},
	{"web-origin", "HOST[,HOST]", TEXT, AT(web_origin), NULL, 0, 0,
		"public names of this server's pages behind a reverse proxy, e.g. desk.example.org"},
	{"name", "TEXT", TEXT, AT(name), NULL, 0, 0, "the desktop's name (default: the host's)"},
	{"view-only", NULL, FLAG, AT(view_only), NULL, 0, 0, "no viewer may type or point"},
	{"no-input", NULL, FLAG, AT(no_input), NULL, 0, 0, "create no input devices"},
	{"relative-pointer", NULL, FLAG, AT(relative_pointer), NULL, 0, 0,
		"ask viewers for the motion of the mouse, not its position: for games"},
	{"key-repeat", "viewer|machine", CHOICE, AT(key_repeat), "viewer|machine", 0, 0,
		"who repeats a held key (default: viewer)"},
	{"allow-power-keys", NULL, FLAG, AT(allow_power_keys), NULL, 0, 0,
		"let viewers type the keys for power, sleep, radios and displays"},
	{"allow-sysrq", NULL, FLAG, AT(allow_sysrq), NULL, 0, 0,
		"let viewers type Alt+SysRq, the kernel's own commands"},
	{"layout", "XKB[:VARIANT],...", TEXT, AT(layout), NULL, 0, 0,
		"this machine's keyboard layouts (default: the system's)"},
	{"control", "PATH", TEXT, AT(control), NULL, 0, 0, "the socket that `zerovnc status` connects to"},
	{"log-level", "LEVEL", CHOICE, AT(log_level), "error|warning|info|debug", 0, 0,
		"error, warning, info (default) or debug"},
	{"json", NULL, FLAG, AT(json), NULL, 0, 0, "doctor, status, outputs and bench: print JSON"},
	{"prometheus", NULL, FLAG, AT(prometheus), NULL, 0, 0, "status: print the Prometheus text format"},
	{"seconds", "N", NUMBER, AT(seconds), NULL, 1, 3600, "bench: how long it measures (default: 15)"},
};

static const struct {
	const char *name;
	enum config_command command;
	const char *help;
} commands[] = {
	{"serve", CONFIG_SERVE, "serve this machine's screen (the default command)"},
	{"doctor", CONFIG_DOCTOR,
		"tell what would be served, by which path, and why; exit status 0 if it can serve"},
	{"status", CONFIG_STATUS, "ask the running server"},
	{"output", CONFIG_OUTPUT, "have the running server show other outputs: NAME[,NAME...], all or next"},
	{"outputs", CONFIG_OUTPUTS, "list cards, connectors, modes and planes"},
	{"bench", CONFIG_BENCH, "measure what a frame costs here, by the CPU and by the GPU"},
	{"passwd", CONFIG_PASSWD, "write a password file: zerovnc passwd FILE"},
};

static const struct setting *find_setting(const char *name, size_t length) {
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strlen(settings[i].name) == length && strncmp(settings[i].name, name, length) == 0)
			return &settings[i];
	return NULL;
}

/* Returns the number of `word` in "a|b|c", ignoring case, or -1 if it is not in it. */
static int find_choice(const char *choices, const char *word) {
	size_t length = strlen(word);
	for (int i = 0; *choices; i++) {
		size_t span = strcspn(choices, "|");
		if (span == length && strncasecmp(choices, word, length) == 0)
			return i;
		choices += span + (choices[span] == '|');
	}
	return -1;
}

static const char *hint_choice(const char *choices, const char *word, struct nearest_hint *hint) {
	struct nearest nearest;
	nearest_init(&nearest, word, strlen(word));
	for (size_t span; *choices; choices += span + (choices[span] == '|')) {
		span = strcspn(choices, "|");
		nearest_try(&nearest, choices, span);
	}
	return nearest_hint(&nearest, "", hint);
}

static int set_text(char **text, const char *value) {
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static const char flag_words[] = "no|yes|false|true|0|1|off|on"; /* words at odd positions mean yes */

static int set_flag(
	bool *flag, const char *value, const char *where, const char *name, struct reason *reason) {
	int choice = value ? find_choice(flag_words, value) : 1;
	if (choice < 0)
		return reason_set(reason, -EINVAL,
			"%s%s: '%s' is neither yes nor no (true or false, on or off, 1 or 0)", where, name,
			value);
	*flag = choice & 1;
	return 0;
}

static int set_number(unsigned *number, const struct setting *setting, const char *value, const char *where,
	struct reason *reason) {
	char *end;
	errno = 0;
	unsigned long parsed = strtoul(value, &end, 10);
	if (errno || end == value || *end || value[0] == '-' || parsed < setting->minimum ||
		parsed > setting->maximum)
		return reason_set(reason, -EINVAL, "%s%s: '%s' is not a number from %u to %u", where,
			setting->name, value, setting->minimum, setting->maximum);
	*number = (unsigned)parsed;
	return 0;
}

static int set_choice(int *field, const struct setting *setting, const char *value, const char *where,
	struct reason *reason) {
	struct nearest_hint hint;
	int choice = find_choice(setting->choices, value);
	if (choice < 0)
		return reason_set(reason, -EINVAL, "%s%s: '%s' is not one of %s%s", where, setting->name,
			value, setting->choices, hint_choice(setting->choices, value, &hint));
	*field = choice;
	return 0;
}

static int add_listen(struct config *config, const char *value, const char *where, struct reason *reason) {
	if (config->listen_count == CONFIG_MAX_LISTEN)
		return reason_set(
			reason, -EINVAL, "%slisten: at most %d addresses", where, CONFIG_MAX_LISTEN);
	if (set_text(&config->listen[config->listen_count], value) < 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	config->listen_count++;
	return 0;
}

/* Sets a text after checking it by the rules of the module that uses it. Their reasons name the setting as an
 * option; if it comes from a file, the line's place is put before that. */
static int set_checked(struct config *config, const struct setting *setting, const char *value,
	const char *where, struct reason *reason) {
	char *copy = strdup(value);
	if (!copy)
		return reason_set(reason, -ENOMEM, "out of memory");
	struct reason why;
	int error = config_check(setting->name, copy, &why);
	if (error)
		reason_set(reason, error, "%s%s", strcmp(where, "--") == 0 ? "" : where, why.text);
	else if (setting->kind == LIST)
		error = add_listen(config, copy, where, reason);
	else if (set_text((char **)(void *)((char *)config + setting->offset), copy) < 0)
		error = reason_set(reason, -ENOMEM, "out of memory");
	free(copy);
	return error == -ENAMETOOLONG ? -EINVAL : error;
}

/* `where` is "--" or "FILE:LINE: ", and is put before the setting's name in a reason. */
static int apply(struct config *config, const struct setting *setting, const char *value, const char *where,
	struct reason *reason) {
	void *field = (char *)config + setting->offset;
	if (setting->kind == FLAG)
		return set_flag(field, value, where, setting->name, reason);
	if (!value || !*value)
		return reason_set(
			reason, -EINVAL, "%s%s needs a value: %s", where, setting->name, setting->value);
	switch (setting->kind) {
	case CHOICE:
		return set_choice(field, setting, value, where, reason);
	case NUMBER:
		return set_number(field, setting, value, where, reason);
	default:
		return set_checked(config, setting, value, where, reason);
	}
}

/* Suggests the setting whose name is nearest to what was written. */
static const char *hint_setting(
	const char *name, size_t length, const char *before, struct nearest_hint *hint) {
	struct nearest nearest;
	nearest_init(&nearest, name, length);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		nearest_try(&nearest, settings[i].name, strlen(settings[i].name));
	return nearest_hint(&nearest, before, hint);
}

static int apply_from_file(
	void *context, const char *name, char *value, const char *where, struct reason *reason) {
	const struct setting *setting = find_setting(name, strlen(name));
	struct nearest_hint hint;
	if (!setting)
		return reason_set(reason, -EINVAL,
			"%sno setting is called '%s'%s; `zerovnc --help` lists them", where, name,
			hint_setting(name, strlen(name), "", &hint));
	return apply(context, setting, value, where, reason);
}

static int read_command(struct config *config, const char *word, struct reason *reason) {
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, word) == 0) {
			config->command = commands[i].command;
			return 0;
		}
	}
	struct nearest nearest;
	struct nearest_hint hint;
	nearest_init(&nearest, word, strlen(word));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		nearest_try(&nearest, commands[i].name, strlen(commands[i].name));
	return reason_set(reason, -EINVAL,
		"there is no command '%s'%s; there are serve, doctor, status, output, outputs, bench and passwd",
		word, nearest_hint(&nearest, "", &hint));
}

static int read_option(struct config *config, int argc, char **argv, int *index, struct reason *reason) {
	const char *name = argv[*index] + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	if (strncmp(name, "config", length) == 0 && length == 6)
		return 0; /* it was read before all others */
	const struct setting *setting = find_setting(name, length);
	struct nearest_hint hint;
	if (!setting)
		return reason_set(reason, -EINVAL,
			"there is no option '--%.*s'%s; `zerovnc --help` lists them", (int)length, name,
			hint_setting(name, length, "--", &hint));
	if (!value && setting->kind != FLAG && *index + 1 < argc)
		value = argv[++*index];
	return apply(config, setting, value, "--", reason);
}

/* The word is the value of a flag: `--view-only yes`. */
static bool is_word_of_flag(char **argv, int index) {
	const char *before = argv[index - 1];
	const struct setting *setting =
		strncmp(before, "--", 2) == 0 ? find_setting(before + 2, strlen(before + 2)) : NULL;
	return setting && setting->kind == FLAG && find_choice(flag_words, argv[index]) >= 0;
}

static int read_arguments(struct config *config, int argc, char **argv, struct reason *reason) {
	bool commanded = false;
	int error = 0;
	for (int i = 1; i < argc && !error; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			config->command = CONFIG_HELP;
			return 0;
		} else if (strcmp(word, "--version") == 0) {
			config->command = CONFIG_VERSION;
			return 0;
		} else if (strcmp(word, "--config") == 0) {
			i++; /* skip its value */
		} else if (strncmp(word, "--", 2) == 0) {
			error = read_option(config, argc, argv, &i, reason);
		} else if (word[0] == '-') {
			struct nearest_hint hint;
			error = reason_set(reason, -EINVAL,
				"there is no option '%s'%s; options begin with --", word,
				hint_setting(word + 1, strcspn(word + 1, "="), "--", &hint));
		} else if (is_word_of_flag(argv, i)) {
			error = reason_set(reason, -EINVAL,
				"'%s' is unexpected here; give the value of %s after =: %s=%s", word,
				argv[i - 1], argv[i - 1], word);
		} else if (!commanded) {
			error = read_command(config, word, reason);
			commanded = true;
		} else if ((config->command == CONFIG_PASSWD || config->command == CONFIG_OUTPUT) &&
			   !config->argument) {
			error = set_text(&config->argument, word);
		} else {
			error = reason_set(reason, -EINVAL,
				"'%s' is unexpected here; `zerovnc --help` lists what can be given", word);
		}
	}
	if (!error && config->command == CONFIG_PASSWD && !config->argument)
		error = reason_set(
			reason, -EINVAL, "passwd needs the name of the file to write: zerovnc passwd FILE");
	if (!error && config->command == CONFIG_OUTPUT && !config->argument)
		error = reason_set(reason, -EINVAL,
			"output needs the outputs to show: zerovnc output NAME[,NAME...], or all, or next");
	return error;
}

static int read_config_option(struct config *config, int argc, char **argv, struct reason *reason) {
	for (int i = 1; i < argc; i++) {
		const char *path = NULL;
		if (strncmp(argv[i], "--config=", 9) == 0)
			path = argv[i] + 9;
		else if (strcmp(argv[i], "--config") == 0)
			path = i + 1 < argc ? argv[++i] : "";
		if (!path)
			continue;
		if (!*path)
			return reason_set(reason, -EINVAL, "--config needs a value: FILE");
		int error = config_file_read(path, apply_from_file, config, reason);
		if (error)
			return error;
	}
	return 0;
}

static bool names_listen(int argc, char **argv) {
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--listen", 8) == 0)
			return true;
	return false;
}

static void clear_listen(struct config *config) {
	for (size_t i = 0; i < config->listen_count; i++) {
		free(config->listen[i]);
		config->listen[i] = NULL;
	}
	config->listen_count = 0;
}

static int check(const struct config *config, struct reason *reason) {
	if (!config->tls_certificate != !config->tls_key)
		return reason_set(reason, -EINVAL, "--tls-certificate and --tls-key go together");
	return 0;
}

int config_read(struct config *config, int argc, char **argv, struct reason *reason) {
	memset(config, 0, sizeof *config);
	config->fps = 60;
	config->seconds = 15;
	config->login_grace = GRACE_LOGIN_S;
	config->log_level = LOG_LEVEL_INFO;
	int error = read_config_option(config, argc, argv, reason);
	if (error)
		return error;
	if (names_listen(argc, argv)) /* the addresses of the command line replace those of the file */
		clear_listen(config);
	error = read_arguments(config, argc, argv, reason);
	return error ? error : check(config, reason);
}

void config_finish(struct config *config) {
	clear_listen(config);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		if (settings[i].kind != TEXT)
			continue;
		char **text = (char **)(void *)((char *)config + settings[i].offset);
		free(*text);
		*text = NULL;
	}
	free(config->argument);
	config->argument = NULL;
}

void config_print_help(void) {
	printf("zerovnc %s: a VNC server for what the display hardware is really scanning out\n\n",
		ZEROVNC_VERSION);
	printf("usage: zerovnc [COMMAND] [OPTION ...]\n\ncommands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("\noptions (in a file for --config: the same names without the dashes, `fps = 30`):\n");
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		char left[64];
		snprintf(left, sizeof left, "--%s%s%s", settings[i].name, settings[i].value ? "=" : "",
			settings[i].value ? settings[i].value : "");
		printf("  %-26s %s\n", left, settings[i].help);
	}
	printf("  %-26s %s\n  %-26s %s\n", "--config=FILE", "settings to read first", "--version, --help",
		"print the version, or this help");
	printf("\nexit status: 0 success, 1 failure, 2 wrong usage\n");
}

bool config_parse_size(const char *text, unsigned *width, unsigned *height) {
	char x, rest;
	return sscanf(text, "%u%c%u%c", width, &x, height, &rest) == 3 && x == 'x' && *width >= 16 &&
	       *width <= 16384 && *height >= 16 && *height <= 16384;
}

struct source_options config_source(const struct config *config) {
	struct source_options options = {.kind = (enum source_kind)config->source,
		.card = config->card,
		.output = config->output,
		.layout_outputs = config->layout_outputs,
		.turn = (enum turn)config->rotate,
		.pattern = config->pattern};
	if (config->pattern_size)
		config_parse_size(config->pattern_size, &options.width, &options.height);
	return options;
}
