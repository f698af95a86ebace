/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "server/config/setting.h"

static const struct {
	const char *name;
	enum config_command command;
	const char *help;
	const char *needs; /* what to say if its argument is missing; NULL: it has none */
} commands[] = {
	{"serve", CONFIG_SERVE, "serve this machine's screen (the default command)", NULL},
	{"headless", CONFIG_HEADLESS,
		"make a display, start a session on it and serve it, until one of them ends: zerovnc headless [OPTION ...] [-- COMMAND ...]",
		NULL},
	{"doctor", CONFIG_DOCTOR,
		"tell what would be served, by which path, and why; exit status 0 if it can serve", NULL},
	{"status", CONFIG_STATUS, "ask the running server", NULL},
	{"viewers", CONFIG_VIEWERS, "list the running server's viewers, with their ids", NULL},
	{"disconnect", CONFIG_DISCONNECT, "disconnect a viewer of the running server: its id, or all",
		"disconnect needs the id of a viewer, as `zerovnc viewers` lists it: zerovnc disconnect ID, or all"},
	{"ask", CONFIG_ASK,
		"in a desktop's session: ask whether viewers may join, and show that somebody watches", NULL},
	{"allow", CONFIG_ALLOW, "let a viewer join that waits for an answer (--approve): its id",
		"allow needs the id of a viewer, as `zerovnc viewers` lists it: zerovnc allow ID"},
	{"deny", CONFIG_DENY, "turn such a viewer away: its id",
		"deny needs the id of a viewer, as `zerovnc viewers` lists it: zerovnc deny ID"},
	{"view-only", CONFIG_VIEW_ONLY, "whether viewers of the running server may only watch: on or off",
		"view-only needs to know whether viewers may only watch: zerovnc view-only on, or off"},
	{"connect", CONFIG_CONNECT,
		"have the running server connect to a viewer that listens: HOST[:PORT], or ID:NAME@HOST[:PORT] at an UltraVNC repeater",
		"connect needs to know where a viewer listens: zerovnc connect HOST[:PORT], or ID:NAME@HOST[:PORT] at a repeater"},
	{"events", CONFIG_EVENTS,
		"print what happens at the running server, one JSON object a line, until Ctrl+C", NULL},
	{"reload", CONFIG_RELOAD, "have the running server read its settings again, without losing a viewer",
		NULL},
	{"output", CONFIG_OUTPUT, "have the running server show other outputs: NAME[,NAME...], all or next",
		"output needs the outputs to show: zerovnc output NAME[,NAME...], or all, or next"},
	{"outputs", CONFIG_OUTPUTS, "list cards, connectors, modes and planes", NULL},
	{"plug", CONFIG_PLUG, "make a monitor where none is connected, as --monitor does, and keep it", NULL},
	{"resize", CONFIG_RESIZE, "give the monitor that zerovnc has made another size: zerovnc resize WxH[,WxH...]",
		"resize needs the size: zerovnc resize WxH"},
	{"unplug", CONFIG_UNPLUG, "take away the monitor that zerovnc has made, whoever left it behind",
		NULL},
	{"bench", CONFIG_BENCH, "measure what a frame costs here, by the CPU and by the GPU", NULL},
	{"passwd", CONFIG_PASSWD, "write a password file: zerovnc passwd FILE",
		"passwd needs the name of the file to write: zerovnc passwd FILE"},
};

/* What to say if the command's argument is missing. NULL: it has none. */
static const char *needs(enum config_command command) {
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].command == command)
			return commands[i].needs;
	return NULL;
}

static const char *list_commands(char *list, size_t size) {
	size_t used = 0;
	for (size_t i = 0; i < ARRAY_LEN(commands) && used < size; i++)
		used += (size_t)snprintf(list + used, size - used, "%s%s",
			!i                             ? ""
			: i + 1 == ARRAY_LEN(commands) ? " and "
						       : ", ",
			commands[i].name);
	return list;
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
	char list[256];
	nearest_init(&nearest, word, strlen(word));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		nearest_try(&nearest, commands[i].name, strlen(commands[i].name));
	return reason_set(reason, -EINVAL, "there is no command '%s'%s; there are %s", word,
		nearest_hint(&nearest, "", &hint), list_commands(list, sizeof list));
}

static int read_option(struct config *config, int argc, char **argv, int *index, struct reason *reason) {
	const char *name = argv[*index] + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	if (strncmp(name, "config", length) == 0 && length == 6)
		return 0; /* it was read before all others */
	const struct config_setting *setting = config_setting_find(name, length);
	struct nearest_hint hint;
	if (!setting)
		return reason_set(reason, -EINVAL,
			"there is no option '--%.*s'%s; `zerovnc --help` lists them", (int)length, name,
			config_setting_hint(name, length, "--", &hint));
	if (!value && setting->kind != FLAG && *index + 1 < argc)
		value = argv[++*index];
	return config_setting_apply(config, setting, value, "--", reason);
}

/* The word is the value of a flag: `--view-only yes`. */
static bool is_word_of_flag(char **argv, int index) {
	const char *before = argv[index - 1];
	const struct config_setting *setting =
		strncmp(before, "--", 2) == 0 ? config_setting_find(before + 2, strlen(before + 2)) : NULL;
	return setting && setting->kind == FLAG && config_setting_is_flag_word(argv[index]);
}

/* A word that begins with a dash and is none of our options. */
static int refuse_option(const char *word, struct reason *reason) {
	struct nearest_hint hint;
	return reason_set(reason, -EINVAL, "there is no option '%s'%s; options begin with --", word,
		config_setting_hint(word + 1, strcspn(word + 1, "="), "--", &hint));
}

/* Reads a word that is no option: the command, or what the command is for. */
static int read_word(struct config *config, char **argv, int index, bool *commanded, struct reason *reason) {
	const char *word = argv[index];
	if (is_word_of_flag(argv, index))
		return reason_set(reason, -EINVAL,
			"'%s' is unexpected here; give the value of %s after =: %s=%s", word, argv[index - 1],
			argv[index - 1], word);
	if (!*commanded) {
		*commanded = true;
		return read_command(config, word, reason);
	}
	if (!needs(config->command) || config->argument)
		return reason_set(reason, -EINVAL,
			"'%s' is unexpected here; `zerovnc --help` lists what can be given", word);
	return config_setting_set_text(&config->argument, word) < 0
		       ? reason_set(reason, -ENOMEM, "out of memory")
		       : 0;
}

/* Whether the word asks for the help text or the version, whatever else is given. */
static bool is_question(const char *word, enum config_command *command) {
	bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
	if (!help && strcmp(word, "--version") != 0)
		return false;
	*command = help ? CONFIG_HELP : CONFIG_VERSION;
	return true;
}

static int check_argument(const struct config *config, struct reason *reason) {
	const char *missing = config->argument ? NULL : needs(config->command);
	return missing ? reason_set(reason, -EINVAL, "%s", missing) : 0;
}

/* What follows `--` is the command of the session. */
static int read_session(struct config *config, int argc, char **argv, int index, struct reason *reason) {
	if (config->command != CONFIG_HEADLESS)
		return reason_set(reason, -EINVAL,
			"'--' is unexpected here; a command for a session follows `zerovnc headless`");
	if (index + 1 == argc)
		return reason_set(reason, -EINVAL,
			"-- needs a command to follow: zerovnc headless [OPTION ...] -- COMMAND ...");
	config->session_words = argv + index + 1;
	return 0;
}

int config_arguments_read(struct config *config, int argc, char **argv, struct reason *reason) {
	bool commanded = false;
	int error = 0;
	for (int i = 1; i < argc && !error; i++) {
		const char *word = argv[i];
		if (strcmp(word, "--") == 0) {
			error = read_session(config, argc, argv, i, reason);
			break;
		}
		if (is_question(word, &config->command))
			return 0;
		if (strcmp(word, "--config") == 0)
			i++; /* skip its value */
		else if (strncmp(word, "--", 2) == 0)
			error = read_option(config, argc, argv, &i, reason);
		else if (word[0] == '-' && word[1])
			error = refuse_option(word, reason);
		else
			error = read_word(config, argv, i, &commanded, reason);
	}
	return error ? error : check_argument(config, reason);
}

void config_arguments_print_commands(void) {
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
}
