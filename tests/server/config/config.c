/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/config/config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/source.h"
#include "encode/path.h"
#include "server/config/nearest.h"
#include "server/log.h"
#include "tests/test.h"

enum { MAX_WORDS = 16 };

static int read_words(struct config *config, char *const *words, struct reason *reason) {
	static char *argv[MAX_WORDS + 2] = {"zerovnc"}; /* the configuration may point into it */
	int argc = 1;
	for (; words[argc - 1]; argc++)
		argv[argc] = words[argc - 1];
	argv[argc] = NULL;
	return config_read(config, argc, argv, reason);
}

/* What is refused, and a word that the reason must contain. */
static const struct {
	char *words[MAX_WORDS];
	const char *says;
} refused[] = {
	{{"--bogus"}, "bogus"},
	{{"dance"}, "dance"},
	{{"--fsp=30"}, "did you mean '--fps'?"},
	{{"--FPS=30"}, "did you mean '--fps'?"},
	{{"--view_only"}, "did you mean '--view-only'?"},
	{{"--pasword-file=x"}, "did you mean '--password-file'?"},
	{{"--password=x"}, "did you mean '--password-file'?"},
	{{"--layuot", "us"}, "did you mean '--layout'?"},
	{{"-fps=30"}, "did you mean '--fps'?"},
	{{"serve", "-listen"}, "did you mean '--listen'?"},
	{{"staus"}, "did you mean 'status'?"},
	{{"--view-only", "yes"}, "--view-only=yes"},
	{{"serve", "--no-input", "off"}, "--no-input=off"},
	{{"--log-level=warn"}, "did you mean 'warning'?"},
	{{"--source=patern"}, "did you mean 'pattern'?"},
	{{"--name=gr\xfc\xdf"}, "UTF-8"},
	{{"--name=two\nlines"}, "control character"},
	{{"--listen=127.0.0.1"}, "127.0.0.1:5900"},
	{{"--security=vnc"}, "vncauth"},
	{{"--layout=de/nodeadkeys"}, "LAYOUT[:VARIANT]"},
	{{"serve", "now"}, "now"},
	{{"--source=screen"}, "auto|kms|fbdev|pattern"},
	{{"--monitor=HDMI-A-1:1x"}, "'HDMI-A-1:1x' is not auto"},
	{{"--monitor=HDMI-A-1,"}, "'HDMI-A-1,' is not auto"},
	{{"--monitor=HDMI-A-1,auto"}, "'HDMI-A-1,auto' is not auto"},
	{{"--monitor=DP-1,DP-2:800x600,DP-1"}, "'DP-1,DP-2:800x600,DP-1' is not auto"},
	{{"--monitor=DP-1,DP-2,DP-3,DP-4,DP-5"}, "more than 4 connectors"},
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
	{{"serve", "--", "sway"}, "zerovnc headless"},
	{{"headless", "--"}, "COMMAND"},
	{{"headless", "sway"}, "unexpected"},
	{{"headless", "--size=big"}, "WIDTHxHEIGHT"},
	{{"--config="}, "FILE"},
};

static void refuses(void) {
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
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

static void one_process_has_no_helpers(void) {
	char *words[] = {"--broker=/b", "--login-helper=/l", "--single-process", NULL};
	struct config config;
	struct reason reason;
	CHECK(read_words(&config, words, &reason) == 0);
	CHECK(config.single_process && !config.broker && !config.login_helper);
	config_finish(&config);
	words[2] = NULL;
	CHECK(read_words(&config, words, &reason) == 0 && config.broker && config.login_helper);
	config_finish(&config);
}

/* What follows `--` is another program's, whatever it looks like. */
static void leaves_a_session_its_words(void) {
	char *words[] = {"headless", "--size=1600x900", "--user", "alice", "--fps=30", "--", "sway",
		"--config", "/x", "--help", "--listen=1", "--fps=5", NULL};
	struct config config;
	struct reason reason;
	CHECK(read_words(&config, words, &reason) == 0);
	CHECK(config.command == CONFIG_HEADLESS && strcmp(config.size, "1600x900") == 0);
	CHECK(strcmp(config.user, "alice") == 0 && config.fps == 30);
	CHECK(!config.has_file && config.listen_count == 0);
	CHECK(strcmp(config.session_words[0], "sway") == 0 &&
		strcmp(config.session_words[5], "--fps=5") == 0);
	CHECK(!config.session_words[6]);
	config_finish(&config);
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
		{{"bench"}, CONFIG_BENCH},
		{{"--help", "--bogus"}, CONFIG_HELP},
		{{"--version"}, CONFIG_VERSION},
	};
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
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

static char some_file[] = "/tmp/zerovnc-config-XXXXXX";

static int read_text(struct config *config, const char *text, struct reason *reason) {
	write_file(some_file, text);
	return read_words(config, (char *[]){"--config", some_file, NULL}, reason);
}

/* Files as the editors of all systems save them, and as people write them. */
static void reads_what_people_write(void) {
	static const struct {
		const char *text, *name; /* `name`: the desktop's name after it was read */
		unsigned fps;
		bool view_only;
	} files[] = {
		{"fps = 30 # comment\n", NULL, 30, false},
		{"fps=30\t# comment", NULL, 30, false},
		{"\xef\xbb\xbf"
		 "fps = 30\nname = desk\n",
			"desk", 30, false},
		{"\xef\xbb\xbf# comment\r\nfps = 30\r\nname = desk\r\n\r\n", "desk", 30, false},
		{"fps = 30\rname = desk\r", "desk", 30, false},
		{"name = desk #1\n", "desk", 60, false},
		{"name = desk#1\n", "desk#1", 60, false},
		{"name = #1 desk\nfps = 30", NULL, 0, false}, /* nothing is left: refused */
		{"name=#1", "#1", 60, false},
		{"name = \"desk #1\"\n", "desk #1", 60, false},
		{"name = 'desk #1' # comment\n", "desk #1", 60, false},
		{"name = \"  the 'front' desk  \"#comment\n", "  the 'front' desk  ", 60, false},
		{"name = 'say \"desk\"'\n", "say \"desk\"", 60, false},
		{"name = the front's desk\n", "the front's desk", 60, false},
		{"  name  =  the front desk  \n", "the front desk", 60, false},
		{"name = a = b\n", "a = b", 60, false},
		{"name = back\\slash\n", "back\\slash", 60, false},
		{"view-only\n", NULL, 60, true},
		{"view-only # = no\n", NULL, 60, true},
		{"view-only = TRUE\n", NULL, 60, true},
		{"view-only = Yes # please\n", NULL, 60, true},
		{"view-only = 'on'\n", NULL, 60, true},
		{"view-only = 1\n", NULL, 60, true},
		{"view-only = yes\nview-only = FALSE\n", NULL, 60, false},
		{"view-only = Off", NULL, 60, false},
		{"view-only = No", NULL, 60, false},
		{"view-only = 0", NULL, 60, false},
		{"source = PATTERN\nlog-level = Debug\n", NULL, 60, false},
		{"#fps = 30\n  # fps = 40\n\n\t\n", NULL, 60, false},
		{"", NULL, 60, false},
		{"\xef\xbb\xbf", NULL, 60, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config config;
		struct reason reason = {""};
		int error = read_text(&config, files[i].text, &reason);
		CHECK_SAY(error == (files[i].fps ? 0 : -EINVAL), "%s: %s", files[i].text, reason.text);
		if (error == 0) {
			CHECK_SAY(config.fps == files[i].fps, "%s: %u", files[i].text, config.fps);
			CHECK_SAY(config.view_only == files[i].view_only, "%s", files[i].text);
			const char *name = config.name ? config.name : "(none)";
			CHECK_SAY(strcmp(name, files[i].name ? files[i].name : "(none)") == 0, "%s: '%s'",
				files[i].text, name);
		}
		config_finish(&config);
	}
	unlink(some_file);
}

/* Blanks beside the commas of a list are not part of its words. */
static void closes_lists_up(void) {
	struct config config;
	struct reason reason = {""};
	CHECK_SAY(read_text(&config,
			  "plain-users =  alice , bob,\tcarol \nsecurity = x509-vnc, tls-vnc\n"
			  "local-users = '1001 , 1002'\nlayout = us, de:nodeadkeys # two\nname = a, b\n"
			  "output = DP-1 , DP-2\nlayout-outputs = DP-1@0,0 , DP-2@1920,-40\n",
			  &reason) == 0,
		"%s", reason.text);
	CHECK_SAY(strcmp(config.plain_users, "alice,bob,carol") == 0, "%s", config.plain_users);
	CHECK(strcmp(config.security, "x509-vnc,tls-vnc") == 0 &&
		strcmp(config.local_users, "1001,1002") == 0);
	CHECK(strcmp(config.layout, "us,de:nodeadkeys") == 0 && strcmp(config.name, "a, b") == 0);
	struct source_options source = config_source(&config);
	CHECK_SAY(strcmp(source.output, "DP-1,DP-2") == 0, "%s", source.output);
	CHECK_SAY(strcmp(source.layout_outputs, "DP-1@0,0,DP-2@1920,-40") == 0, "%s", source.layout_outputs);
	config_finish(&config);
	unlink(some_file);
}

/* A mistake is reported with its line, with what was written, and with what would be right. */
static void says_where_and_what(void) {
	static const struct {
		const char *line, *says, *too;
	} files[] = {
		{"fsp = 30", "'fsp'", "did you mean 'fps'?"},
		{"View_Only = yes", "'View_Only'", "did you mean 'view-only'?"},
		{"password = x", "'password'", "did you mean 'password-file'?"},
		{"fps = 30fps", "30fps", "1 to 240"},
		{"fps =", "needs a value", "N"},
		{"fps = # fast", "needs a value", "N"},
		{"name = \"\"", "needs a value", "TEXT"},
		{"view-only = maybe", "maybe", "neither yes nor no"},
		{"source = screen", "screen", "auto|kms|fbdev|pattern"},
		{"path = gpuu", "gpuu", "did you mean 'gpu'?"},
		{"pattern = plaid", "plaid", "still|moving|video|full|busy"},
		{"pattern-size = 12", "12", "WIDTHxHEIGHT"},
		{"listen = 127.0.0.1", "127.0.0.1", "127.0.0.1:5900"},
		{"security = vnc", "'vnc'", "vncauth"},
		{"layout-outputs = HDMI-A-1@0", "'HDMI-A-1@0'", "HDMI-A-1@X,Y"},
		{"layout-outputs = 0,0", "--layout-outputs", "DP-1@0,0"},
		{"layout-outputs = A-1@0,0,B-1@0,0", "'B-1@0,0'", "another place"},
		{"layout = de/nodeadkeys", "de/nodeadkeys", "LAYOUT[:VARIANT]"},
		{"name = gr\xfc\xdf", "name", "UTF-8"},
		{"name = \"desk", "no end", "\""},
		{"name = 'desk", "no end", "'"},
		{"name = \"desk\" one", "one", "whole value"},
		{"[server]", "[server]", "no sections"},
		{"; comment", "; comment", "begins with #"},
		{"// comment", "// comment", "begins with #"},
		{"--fps = 30", "--fps", "dashes"},
		{"fps: 30", "write 'fps = 30'", ""},
		{"fps 30", "write 'fps = 30'", ""},
		{"view-only yes", "write 'view-only = yes'", ""},
		{"= 30", "''", "--help"},
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char text[200];
		struct config config;
		struct reason reason = {""};
		snprintf(text, sizeof text, "\xef\xbb\xbf# first\r\n\r\n%s\r\nfps = 10\r\n", files[i].line);
		CHECK_SAY(read_text(&config, text, &reason) == -EINVAL, "%s", files[i].line);
		CHECK_SAY(strncmp(reason.text, some_file, strlen(some_file)) == 0 &&
				  strncmp(reason.text + strlen(some_file), ":3: ", 4) == 0,
			"%s: %s", files[i].line, reason.text);
		CHECK_SAY(strstr(reason.text, files[i].says) && strstr(reason.text, files[i].too), "%s: %s",
			files[i].line, reason.text);
		config_finish(&config);
	}
	unlink(some_file);
}

static void refuses_utf16(void) {
	struct config config;
	struct reason reason = {""};
	CHECK(read_text(&config,
		      "\xff\xfe"
		      "f",
		      &reason) == -EINVAL &&
		strstr(reason.text, "UTF-8"));
	config_finish(&config);
	unlink(some_file);
}

/* One typing mistake is recognised. Nothing is suggested for a word that is far from all known ones. */
static void finds_the_nearest(void) {
	static const struct {
		const char *written, *meant;
	} rows[] = {
		{"fps", "fps"},
		{"fp", "fps"},
		{"fpss", "fps"},
		{"fsp", "fps"},
		{"fpx", "fps"},
		{"sfp", NULL},
		{"listne", "listen"},
		{"LISTEN", "listen"},
		{"tls_certificat", "tls-certificate"},
		{"tls-cert", "tls-certificate"},
		{"xyzzy", NULL},
		{"", NULL},
		{"a-name-that-is-longer-than-all-that-there-are-here", NULL},
	};
	static const char *const words[] = {"fps", "listen", "tls-certificate"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nearest nearest;
		struct nearest_hint hint;
		char expected[64] = "";
		nearest_init(&nearest, rows[i].written, strlen(rows[i].written));
		for (size_t j = 0; j < ARRAY_LEN(words); j++)
			nearest_try(&nearest, words[j], strlen(words[j]));
		if (rows[i].meant)
			snprintf(expected, sizeof expected, "; did you mean '--%s'?", rows[i].meant);
		CHECK_SAY(strcmp(nearest_hint(&nearest, "--", &hint), expected) == 0, "%s: %s",
			rows[i].written, hint.text);
	}
}

static void refuses_what_is_no_settings_file(void) {
	static const struct {
		const char *path, *says;
		int error;
	} files[] = {
		{"/dev/zero", "longer", -EINVAL},
		{"/", "directory", -EISDIR},
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct config config;
		struct reason reason = {""};
		char *words[] = {"--config", (char *)files[i].path, NULL};
		CHECK_SAY(read_words(&config, words, &reason) == files[i].error, "%s", files[i].path);
		CHECK_SAY(strstr(reason.text, files[i].says), "%s: '%s'", files[i].path, reason.text);
		config_finish(&config);
	}
}

/* A line may be of any length. */
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
	one_process_has_no_helpers();
	leaves_a_session_its_words();
	knows_its_commands();
	command_line_wins_over_the_file();
	int fd = mkstemp(some_file);
	CHECK(fd >= 0 && close(fd) == 0);
	reads_what_people_write();
	closes_lists_up();
	says_where_and_what();
	refuses_utf16();
	finds_the_nearest();
	refuses_what_is_no_settings_file();
	reads_long_lines();
	reads_sizes();
	return 0;
}
