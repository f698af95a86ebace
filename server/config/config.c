/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "server/config/arguments.h"
#include "server/config/file.h"
#include "server/config/setting.h"
#include "server/log.h"
#include "server/net/login/grace.h"
#include "server/people/approval.h"

#define AT(field) offsetof(struct config, field)

static const struct config_setting settings[] = {
	{"source", "auto|kms|fbdev|pattern", CHOICE, AT(source), "auto|kms|fbdev|pattern", 0, 0,
		"what is served: a graphics card, a framebuffer device of a kernel without DRM, or the built-in test desktop (default: auto)"},
	{"card", "/dev/dri/cardN", TEXT, AT(card), NULL, 0, 0,
		"the graphics card (default: the first with a lit output); for --source=fbdev: /dev/fbN"},
	{"output", "NAME[,NAME...]|all", TEXT, AT(output), NULL, 0, 0,
		"the connector, e.g. HDMI-A-1; several, or all lit ones, make one desktop (default: the first lit one)"},
	{"layout-outputs", "NAME@X,Y[,NAME@X,Y...]", TEXT, AT(layout_outputs), NULL, 0, 0,
		"for several outputs: where each one's upper left pixel lies, e.g. HDMI-A-1@0,0,DP-1@1920,0 (default: found out)"},
	{"monitor", "auto[:WxH]|NAME[:WxH],...|no", TEXT, AT(monitor), NULL, 0, 0,
		"where no monitor is connected, make one of this size while it serves: force a connector on, or make a virtual card; or these, on the connectors that are named (default: no)"},
	{"rotate", "normal|90|180|270", CHOICE, AT(rotate), "normal|90|180|270", 0, 0,
		"turn the picture clockwise by this many degrees (default: normal)"},
	{"apply-lut", "auto|yes|no", CHOICE, AT(apply_lut), "auto|yes|no", 0, 0,
		"show what the card does to colours after its planes: only what changes what can be seen, all, or nothing (default: auto)"},
	{"pattern", "KIND", TEXT, AT(pattern), NULL, 0, 0,
		"for --source=pattern: still, moving, video, full, busy or scroll"},
	{"pattern-size", "WxH", TEXT, AT(pattern_size), NULL, 0, 0,
		"for --source=pattern (default: 1280x720; for bench: 1920x1080)"},
	{"path", "auto|gpu|cpu", CHOICE, AT(path), "auto|gpu|cpu", 0, 0,
		"how pixels are read, compared and converted (default: auto)"},
	{"fps", "N", NUMBER, AT(fps), NULL, 1, 240, "send at most this many pictures a second (default: 60)"},
	{"encoder", "auto|libvncserver", CHOICE, AT(encoder), "auto|libvncserver", 0, 0,
		"who makes Tight and ZRLE: our own code where that is better, or libvncserver (default: auto)"},
	{"lossless-refresh", "yes|no", CHOICE, AT(lossless_refresh), "yes|no", 0, 0,
		"whether viewers that take JPEG are sent the exact pixels as well, when these have been still for a second and the line is idle (default: yes)"},
	{"h264", "auto|gpu|cpu|no", CHOICE, AT(h264), "auto|gpu|cpu|no", 0, 0,
		"who encodes what moves like a video as H.264, for viewers that take it: a GPU by VA-API, the processor by libx264, or nobody (default: auto, the first that can)"},
	{"listen", "ADDRESS", LIST, AT(listen), NULL, 0, 0,
		"ADDR:PORT, [ADDR6]:PORT, PORT (this machine only), unix:PATH, fd:N or systemd; may be repeated (default: systemd's sockets, else 127.0.0.1:5900, [::1]:5900 and a unix socket)"},
	{"announce", NULL, FLAG, AT(announce), NULL, 0, 0,
		"tell the local network where viewers can connect, as _rfb._tcp of mDNS, through Avahi"},
	{"connect", "TARGET[,TARGET...]", TEXT, AT(connect), NULL, 0, 0,
		"viewers that listen, which the server calls, and calls again when they left: HOST[:PORT], or ID:NAME@HOST[:PORT] at an UltraVNC repeater (default: none)"},
	{"idle-exit", "SECONDS", NUMBER, AT(idle_exit), NULL, 0, 7 * 24 * 3600,
		"end when nobody was connected for so long, if systemd passed the sockets and starts it again for the next viewer (default: 0, never)"},
	{"local-users", "LIST", TEXT, AT(local_users), NULL, 0, 0,
		"local users that need no password, e.g. alice,1001 or * (default: root and the user that runs it)"},
	{"socket-group", "NAME", TEXT, AT(socket_group), NULL, 0, 0,
		"the group that may use the unix sockets (default: only the user that runs it)"},
	{"security", "LIST", TEXT, AT(security), NULL, 0, 0,
		"security types offered, e.g. x509-vnc,tls-vnc,ra2,vncauth or none (default: safe)"},
	{"plain-users", "LIST", TEXT, AT(plain_users), NULL, 0, 0,
		"users that may log in by the *-plain types, e.g. alice,bob (default: the user that runs it; nobody for root and with --login-helper)"},
	{"view-users", "LIST", TEXT, AT(view_users), NULL, 0, 0,
		"users that may log in the same way, but only watch"},
	{"rights", "NAME:RIGHTS[,NAME:RIGHTS...]", TEXT, AT(rights), NULL, 0, 0,
		"what each user may do, e.g. alice:type,bob:view,*:none; view, type (which includes view) or none"},
	{"sharing", "viewer|always|never|refuse", CHOICE, AT(sharing), "viewer|always|never|refuse", 0, 0,
		"if a viewer asks for the desktop alone: it disconnects the others, it shares, every new viewer disconnects the others, or it is refused (default: viewer)"},
	{"approve", "never|always|when-someone-is-here", CHOICE, AT(approve),
		"never|always|when-someone-is-here", 0, 0,
		"whether the person at the screen is asked before a viewer joins (default: never)"},
	{"approve-time", "SECONDS", NUMBER, AT(approve_time), NULL, APPROVAL_MIN_S, APPROVAL_MAX_S,
		"how long that person has to answer; then the viewer is turned away (default: 60)"},
	{"sign", "yes|no", CHOICE, AT(sign), "yes|no", 0, 0,
		"whether `zerovnc ask` shows the person at the screen that somebody watches (default: yes)"},
	{"lock-on-leave", NULL, FLAG, AT(lock_on_leave), NULL, 0, 0,
		"lock the session at the screen when the last viewer leaves"},
	{"password-file", "FILE", TEXT, AT(password_file), NULL, 0, 0,
		"the file that `zerovnc passwd FILE` writes"},
	{"login-helper", "PATH", TEXT, AT(login_helper), NULL, 0, 0,
		"the socket of zerovnc-login, which asks PAM for a server that is not root (default: none)"},
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
	{"resize", "yes|no", CHOICE, AT(resize), "yes|no", 0, 0,
		"whether a viewer's window decides the size of a display that zerovnc has made (default: yes)"},
	{"key-repeat", "viewer|machine", CHOICE, AT(key_repeat), "viewer|machine", 0, 0,
		"who repeats a held key (default: viewer)"},
	{"allow-power-keys", NULL, FLAG, AT(allow_power_keys), NULL, 0, 0,
		"let viewers type the keys for power, sleep, radios and displays"},
	{"allow-sysrq", NULL, FLAG, AT(allow_sysrq), NULL, 0, 0,
		"let viewers type Alt+SysRq, the kernel's own commands"},
	{"layout", "XKB[:VARIANT],...", TEXT, AT(layout), NULL, 0, 0,
		"this machine's keyboard layouts (default: the system's)"},
	{"broker", "PATH", TEXT, AT(broker), NULL, 0, 0,
		"the socket of zerovnc-broker, by which a server without rights has the screen and input devices (default: none)"},
	{"single-process", NULL, FLAG, AT(single_process), NULL, 0, 0,
		"do without the broker and the login helper, even if they are given: one process does it all, as root"},
	{"no-sandbox", NULL, FLAG, AT(no_sandbox), NULL, 0, 0,
		"keep all rights that the server was started with"},
	{"control", "PATH", TEXT, AT(control), NULL, 0, 0,
		"the socket that status, viewers and the other commands for the running server connect to"},
	{"log-level", "LEVEL", CHOICE, AT(log_level), "error|warning|info|debug", 0, 0,
		"error, warning, info (default) or debug"},
	{"json", NULL, FLAG, AT(json), NULL, 0, 0,
		"doctor, outputs, bench and all that ask the running server: print JSON"},
	{"prometheus", NULL, FLAG, AT(prometheus), NULL, 0, 0, "status: print the Prometheus text format"},
	{"watch", NULL, FLAG, AT(watch), NULL, 0, 0, "status: show it once a second, until Ctrl+C"},
	{"size", "WxH", TEXT, AT(size), NULL, 0, 0,
		"headless: the size of the display that it makes (default: 1920x1080)"},
	{"user", "NAME", TEXT, AT(user), NULL, 0, 0,
		"headless: whose session it starts (default: the user that runs it, or that ran sudo)"},
	{"seconds", "N", NUMBER, AT(seconds), NULL, 1, 3600, "bench: how long it measures (default: 15)"},
};

const struct config_setting *config_setting_find(const char *name, size_t length) {
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strlen(settings[i].name) == length && strncmp(settings[i].name, name, length) == 0)
			return &settings[i];
	return NULL;
}

const char *config_setting_hint(
	const char *name, size_t length, const char *before, struct nearest_hint *hint) {
	struct nearest nearest;
	nearest_init(&nearest, name, length);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		nearest_try(&nearest, settings[i].name, strlen(settings[i].name));
	return nearest_hint(&nearest, before, hint);
}

static int apply_from_file(
	void *context, const char *name, char *value, const char *where, struct reason *reason) {
	const struct config_setting *setting = config_setting_find(name, strlen(name));
	struct nearest_hint hint;
	if (!setting)
		return reason_set(reason, -EINVAL,
			"%sno setting is called '%s'%s; `zerovnc --help` lists them", where, name,
			config_setting_hint(name, strlen(name), "", &hint));
	return config_setting_apply(context, setting, value, where, reason);
}

const char *config_next_file(int argc, char **argv, int *at) {
	for (int i = *at; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *path = NULL;
		if (strncmp(argv[i], "--config=", 9) == 0)
			path = argv[i] + 9;
		else if (strcmp(argv[i], "--config") == 0)
			path = i + 1 < argc ? argv[++i] : "";
		*at = i + 1;
		if (path)
			return path;
	}
	return NULL;
}

static int read_config_option(struct config *config, int argc, char **argv, struct reason *reason) {
	const char *path;
	for (int at = 1; (path = config_next_file(argc, argv, &at));) {
		config->has_file = true;
		if (!*path)
			return reason_set(reason, -EINVAL, "--config needs a value: FILE");
		int error = config_file_read(path, apply_from_file, config, reason);
		if (error)
			return error;
	}
	return 0;
}

static bool names_listen(int argc, char **argv) {
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
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
	if (config->watch && config->prometheus)
		return reason_set(reason, -EINVAL,
			"--watch and --prometheus do not go together: Prometheus asks by itself");
	return 0;
}

static void join_processes(struct config *config) {
	free(config->broker);
	free(config->login_helper);
	config->broker = config->login_helper = NULL;
}

int config_read(struct config *config, int argc, char **argv, struct reason *reason) {
	memset(config, 0, sizeof *config);
	config->argc = argc;
	config->argv = argv;
	config->fps = 60;
	config->seconds = 15;
	config->login_grace = GRACE_LOGIN_S;
	config->approve_time = APPROVAL_S;
	config->log_level = LOG_LEVEL_INFO;
	int error = read_config_option(config, argc, argv, reason);
	if (error)
		return error;
	if (names_listen(argc, argv)) /* the addresses of the command line replace those of the file */
		clear_listen(config);
	error = config_arguments_read(config, argc, argv, reason);
	if (!error && config->single_process)
		join_processes(config);
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

/* --- reading it again --- */

static void *field_of(const struct config *config, const struct config_setting *setting) {
	return (char *)config + setting->offset;
}

static bool is_same_text(const char *one, const char *other) {
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool is_same_list(const struct config *one, const struct config *other) {
	bool same = one->listen_count == other->listen_count;
	for (size_t i = 0; same && i < one->listen_count; i++)
		same = is_same_text(one->listen[i], other->listen[i]);
	return same;
}

/* How many bytes a value takes that is no list. */
static size_t size_of(enum config_kind kind) {
	static const size_t sizes[] = {[TEXT] = sizeof(char *),
		[FLAG] = sizeof(bool),
		[CHOICE] = sizeof(int),
		[NUMBER] = sizeof(unsigned)};
	return sizes[kind];
}

static bool is_same(
	const struct config *one, const struct config *other, const struct config_setting *setting) {
	const void *value = field_of(one, setting), *to = field_of(other, setting);
	if (setting->kind == LIST)
		return is_same_list(one, other);
	if (setting->kind == TEXT)
		return is_same_text(*(char *const *)value, *(char *const *)to);
	return memcmp(value, to, size_of(setting->kind)) == 0;
}

void config_compare(const struct config *config, const struct config *other,
	void (*each)(void *context, const char *name), void *context) {
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (!is_same(config, other, &settings[i]))
			each(context, settings[i].name);
}

void config_swap(struct config *config, struct config *other, const char *name) {
	const struct config_setting *setting = config_setting_find(name, strlen(name));
	char value[sizeof(char *)];
	size_t size = size_of(setting->kind);
	memcpy(value, field_of(config, setting), size);
	memcpy(field_of(config, setting), field_of(other, setting), size);
	memcpy(field_of(other, setting), value, size);
}

void config_print_help(void) {
	printf("zerovnc %s: a VNC server for what the display hardware is really scanning out\n\n",
		ZEROVNC_VERSION);
	printf("usage: zerovnc [COMMAND] [OPTION ...]\n\ncommands:\n");
	config_arguments_print_commands();
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
		.broker = config->broker,
		.card = config->card,
		.output = config->output,
		.layout_outputs = config->layout_outputs,
		.turn = (enum turn)config->rotate,
		.lut = (enum source_lut)config->apply_lut,
		.pattern = config->pattern};
	if (config->pattern_size)
		config_parse_size(config->pattern_size, &options.width, &options.height);
	return options;
}
