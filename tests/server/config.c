/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/source.h"
#include "encode/path.h"
#include "server/log.h"
#include "tests/test.h"

enum { MAX_WORDS = 8 };

static int read_words(struct config *config, char *const *words, struct reason *reason) {
	char *argv[MAX_WORDS + 2] = {"zerovnc"};
	int argc = 1;
	for (; words[argc - 1]; argc++)
		argv[argc] = words[argc - 1];
	return config_read(config, argc, argv, reason);
}

/* What is refused, and a word that the reason must hold. */
static const struct {
	char *words[MAX_WORDS];
	const char *says;
} refused[] = {
	{{"--bogus"}, "bogus"},
	{{"dance"}, "dance"},
	{{"serve", "now"}, "now"},
	{{"--source=screen"}, "auto|kms|pattern"},
	{{"--fps=0"}, "1 to 240"},
	{{"--fps=241"}, "1 to 240"},
	{{"--fps=-1"}, "-1"},
	{{"--fps=30x"}, "30x"},
	{{"--fps"}, "needs a value"},
	{{"--login-grace=0"}, "5 to 3600"},
	{{"--login-grace=3601"}, "5 to 3600"},
	{{"--card="}, "/dev/dri/cardN"},
	{{"--path=fast"}, "auto|gpu|cpu"},
	{{"--log-level=loud"}, "error|warning|info|debug"},
	{{"--pattern-size=12"}, "WIDTHxHEIGHT"},
	{{"--pattern-size=8x8"}, "16 to 16384"},
	{{"--pattern=plaid"}, "plaid"},
	{{"--view-only=perhaps"}, "neither yes nor no"},
	{{"passwd"}, "passwd FILE"},
	{{"--tls-key=a"}, "go together"},
	{{"--config="}, "FILE"},
};

static void refuses(void) {
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct config config;
		struct reason reason = {""};
		int error = read_words(&config, refused[i].words, &reason);
		CHECK_SAY(error == -EINVAL, "%s", refused[i].words[0]);
		CHECK_SAY(strstr(reason.text, refused[i].says), "%s: '%s'", refused[i].words[0], reason.text);
		config_finish(&config);
	}
}

static void takes_what_is_given(void) {
	char *words[] = {"serve", "--source=pattern", "--path", "cpu", "--listen=127.0.0.1:1", "--listen",
		"unix:/x", NULL};
	struct config config;
	struct reason reason;
	CHECK(read_words(&config, words, &reason) == 0);
	CHECK(config.command == CONFIG_SERVE && config.source == SOURCE_PATTERN && config.path == PATH_CPU);
	CHECK(config.listen_count == 2 && strcmp(config.listen[1], "unix:/x") == 0);
	CHECK(config.login_grace == 120);
	CHECK(config.fps == 60 && config.log_level == LOG_LEVEL_INFO && !config.view_only);
	config_finish(&config);
	CHECK(config.listen_count == 0 && !config.listen[0]);
}

static void knows_its_commands(void) {
	static const struct {
		char *words[MAX_WORDS];
		enum config_command command;
	} given[] = {
		{{NULL}, CONFIG_SERVE},
		{{"doctor", "--json"}, CONFIG_DOCTOR},
		{{"status", "--control=/x"}, CONFIG_STATUS},
		{{"--json", "outputs"}, CONFIG_OUTPUTS},
		{{"passwd", "file"}, CONFIG_PASSWD},
		{{"--help", "--bogus"}, CONFIG_HELP},
		{{"--version"}, CONFIG_VERSION},
	};
	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
		struct config config;
		struct reason reason = {""};
		CHECK_SAY(read_words(&config, given[i].words, &reason) == 0, "%s", reason.text);
		CHECK(config.command == given[i].command);
		config_finish(&config);
	}
}

static void write_file(const char *path, const char *text) {
	FILE *file = fopen(path, "w");
	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void command_line_wins_over_the_file(void) {
	char path[] = "/tmp/zerovnc-config-XXXXXX", option[64];
	int fd = mkstemp(path);
	CHECK(fd >= 0 && close(fd) == 0);
	write_file(path, "# a comment\n\n  fps = 30 \nview-only\nlisten = [::]:5901\noutput = DP-1\n");
	snprintf(option, sizeof option, "--config=%s", path);
	struct config config;
	struct reason reason;
	CHECK(read_words(&config, (char *[]){"--fps=10", option, NULL}, &reason) == 0);
	CHECK(config.fps == 10 && config.view_only && strcmp(config.output, "DP-1") == 0);
	CHECK(config.listen_count == 1 && strcmp(config.listen[0], "[::]:5901") == 0);
	config_finish(&config);
	CHECK(read_words(&config, (char *[]){"--config", path, "--listen=1.2.3.4:5", NULL}, &reason) == 0);
	CHECK(config.listen_count == 1 && strcmp(config.listen[0], "1.2.3.4:5") == 0);
	config_finish(&config);

	write_file(path, "fps = 30\nfsp = 10\n");
	CHECK(read_words(&config, (char *[]){option, NULL}, &reason) == -EINVAL);
	CHECK(strstr(reason.text, ":2: ") && strstr(reason.text, "fsp"));
	config_finish(&config);
	unlink(path);
	CHECK(read_words(&config, (char *[]){option, NULL}, &reason) == -ENOENT);
	CHECK(strstr(reason.text, path));
	config_finish(&config);
}

static void refuses_what_is_no_settings_file(void) {
	static const struct {
		const char *path, *says;
		int error;
	} files[] = {
		{"/dev/zero", "longer", -EINVAL},
		{"/", "directory", -EISDIR},
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct config config;
		struct reason reason = {""};
		char *words[] = {"--config", (char *)files[i].path, NULL};
		CHECK_SAY(read_words(&config, words, &reason) == files[i].error, "%s", files[i].path);
		CHECK_SAY(strstr(reason.text, files[i].says), "%s: '%s'", files[i].path, reason.text);
		config_finish(&config);
	}
}

/* A line is a line however long it is. */
static void reads_long_lines(void) {
	char path[] = "/tmp/zerovnc-config-XXXXXX";
	int fd = mkstemp(path);
	CHECK(fd >= 0);
	FILE *file = fdopen(fd, "w");
	fprintf(file, "#%020000d\nname = %05000d\nfps = 7", 0, 1);
	CHECK(file && fclose(file) == 0);
	struct config config;
	struct reason reason = {""};
	CHECK_SAY(read_words(&config, (char *[]){"--config", path, NULL}, &reason) == 0, "%s", reason.text);
	CHECK(config.fps == 7 && strlen(config.name) == 5000);
	config_finish(&config);
	unlink(path);
}

static void reads_sizes(void) {
	unsigned width, height;
	CHECK(config_parse_size("1920x1080", &width, &height) && width == 1920 && height == 1080);
	CHECK(!config_parse_size("1920x", &width, &height) && !config_parse_size("x1080", &width, &height));
	CHECK(!config_parse_size("1920x1080x", &width, &height) &&
		!config_parse_size("15x1080", &width, &height));
}

int main(void) {
	refuses();
	takes_what_is_given();
	knows_its_commands();
	command_line_wins_over_the_file();
	refuses_what_is_no_settings_file();
	reads_long_lines();
	reads_sizes();
	return 0;
}
