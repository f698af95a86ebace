/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/headless.h"

#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/monitor/monitor.h"
#include "server/command/child.h"
#include "server/command/desktop.h"
#include "server/command/headless_record.h"
#include "server/command/terminal.h"
#include "server/command/xserver.h"
#include "server/config/monitor.h"
#include "server/log.h"

/* What the session says is in the journal by this name. PAM moves it from our unit to a scope of logind's. */
#define HEADLESS_NAME "zerovnc-desktop"
#define HEADLESS_LOG  "journalctl --identifier=" HEADLESS_NAME

enum { DONE = 0, FAILED = 1, MISUSED = 2, WORDS = 96, SERVER_PATIENCE_MS = 10000 };

struct headless {
	const struct config *config;
	struct passwd *user; /* static memory of the C library */
	struct desktop desktop;
	struct headless_record record;
	struct monitor monitor; /* `ours` says whether it is taken away at the end */
	pid_t server;           /* 0: it does not run */
	int server_fd, session_fd, signal_fd;
};

/* The words of a command line that is put together; those that are made are owned. */
struct words {
	char *list[WORDS + 1];
	bool owned[WORDS];
	size_t count;
	bool failed; /* there were too many, or memory ran out */
};

static void add_word(struct words *words, char *word) {
	if (words->count < WORDS)
		words->list[words->count++] = word;
	else
		words->failed = true;
}

static void add_made(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_made(struct words *words, const char *format, ...) {
	char *word = NULL;
	va_list arguments;
	va_start(arguments, format);
	int size = vasprintf(&word, format, arguments);
	va_end(arguments);
	if (size < 0 || words->count == WORDS) {
		words->failed = true;
		free(size < 0 ? NULL : word);
		return;
	}
	words->owned[words->count] = true;
	add_word(words, word);
}

static void finish_words(struct words *words) {
	for (size_t i = 0; i < words->count; i++)
		if (words->owned[i])
			free(words->list[i]);
}

static int check_words(const struct words *words, struct reason *reason) {
	return words->failed ? reason_set(reason, -E2BIG, "too many words in a command line") : 0;
}

/* --- what must be there --- */

static bool any_file(const char *pattern) {
	glob_t found;
	bool any = glob(pattern, GLOB_NOSORT | GLOB_BRACE, NULL, &found) == 0;
	globfree(&found);
	return any;
}

/* What a session on a seat takes, and how it is called where it must be installed. */
static const struct {
	const char *files, *missing;
} needs[] = {
	{"/run/systemd/system",
		"systemd is not this system's service manager: a session on a seat is a service "
		"of systemd. Start a display manager and `zerovnc serve --monitor=auto` instead"},
	{"{/usr/bin,/bin}/systemd-run", "there is no systemd-run: install systemd"},
	{"/run/dbus/system_bus_socket", "D-Bus does not run: install dbus"},
	{"{/usr/lib/systemd,/lib/systemd}/systemd-logind",
		"there is no logind: install systemd-logind (openSUSE, "
		"Alpine) or systemd"},
	{"{/usr/lib/security,/usr/lib64/security,/lib/security,/lib64/security,/usr/lib/*/security,/lib/*/"
	 "security}/pam_systemd.so",
		"PAM cannot tell logind of a session: install libpam-systemd (Debian, Ubuntu) or systemd-pam"},
	{"{/etc,/usr/lib}/pam.d/login", "PAM has no rules for logins: install login or util-linux"},
};

static int check_needs(struct headless *headless, struct reason *reason) {
	(void)headless;
	if (geteuid() != 0)
		return reason_set(reason, -EACCES,
			"only root may make a display and a session: sudo zerovnc headless ...");
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (!any_file(needs[i].files))
			return reason_set(reason, -ENOENT, "%s", needs[i].missing);
	return 0;
}

/* Whoever asked by sudo is meant, not root. */
static int find_user(struct headless *headless, struct reason *reason) {
	const char *name = headless->config->user ? headless->config->user : getenv("SUDO_USER");
	errno = 0;
	headless->user = name && *name ? getpwnam(name) : getpwuid(geteuid());
	if (headless->user)
		return 0;
	return reason_set(
		reason, -EINVAL, "there is no user '%s'; --user=NAME names one", name ? name : "root");
}

/* --- the steps --- */

static int take_over(struct headless *headless, struct reason *reason) {
	struct headless_record *record = &headless->record;
	int error = headless_record_open(record, reason);
	if (error || !record->terminal)
		return error;
	log_info("undoing what a former zerovnc headless has left: a session on virtual terminal %u",
		record->terminal);
	return headless_record_undo(record, reason);
}

/* Only what is forced on has the size that was asked for. */
static void tell_size(const struct headless *headless) {
	static const char *const others[] = {
		[MONITOR_THERE] = "a monitor that is connected has sizes of its own",
		[MONITOR_VIRTUAL] = "a virtual card has a list of sizes, from which the desktop takes one"};
	const char *why = headless->monitor.kind < ARRAY_LEN(others) ? others[headless->monitor.kind] : NULL;
	if (headless->config->size && why)
		log_warning(
			"--size=%s is left to the desktop: %s. Its settings, wlr-randr or xrandr may choose it",
			headless->config->size, why);
}

static int plug(struct headless *headless, struct reason *reason) {
	struct monitor_wish wish;
	int error = config_monitor(headless->config->monitor, &wish, reason);
	if (error < 0)
		return error;
	if (headless->config->size)
		config_parse_size(headless->config->size, &wish.screens[0].width, &wish.screens[0].height);
	error = monitor_plug("", &wish, &headless->monitor, reason);
	if (error)
		return error;
	log_info("the display: %s", headless->monitor.words.text);
	tell_size(headless);
	return 0;
}

/* A command that begins a desktop is told what the desktop is told. Any other one brings its own display. */
static void describe_command(const char *command, struct desktop *desktop) {
	if (desktop_find("", command, desktop))
		return;
	memset(desktop, 0, sizeof *desktop);
	desktop->kind = xserver_is(command) ? DESKTOP_X11 : DESKTOP_WAYLAND;
}

/* A desktop for X gets its server from startx. */
static bool is_by_startx(const struct headless *headless) {
	char *const *command = headless->config->session_words;
	return headless->desktop.kind == DESKTOP_X11 && !(command && xserver_is(command[0]));
}

static int choose(struct headless *headless, struct reason *reason) {
	const struct passwd *user = headless->user;
	struct desktop_user about = {user->pw_name, user->pw_dir, user->pw_shell};
	struct reason why;
	if (headless->config->session_words) {
		describe_command(headless->config->session_words[0], &headless->desktop);
	} else {
		desktop_choose("", &about, &headless->desktop, &why);
		log_info("the session: %s, because %s", headless->desktop.name, why.text);
	}
	if (is_by_startx(headless) && !any_file("{/usr/bin,/bin}/startx"))
		return reason_set(reason, -ENOENT,
			"%s is a desktop for X, and there is no startx: install xinit and an X server (xserver-xorg, "
			"xorg-x11-server-Xorg)",
			headless->desktop.name);
	return 0;
}

static int take_terminal(struct headless *headless, struct reason *reason) {
	struct headless_record *record = &headless->record;
	unsigned active, unused;
	int error = terminal_find(&active, &unused, reason);
	if (error)
		return error;
	record->former = active;
	record->terminal = unused;
	error = headless_record_write(record, reason);
	if (!error)
		error = terminal_show(unused, reason);
	if (!error)
		log_info("the seat: virtual terminal %u; %u was shown before", unused, active);
	return error;
}

/* systemd would take $NAME for a variable. */
static void add_escaped(struct words *words, const char *word) {
	char text[4096];
	size_t used = 0;
	for (; *word && used + 2 < sizeof text; word++) {
		text[used++] = *word;
		if (*word == '$')
			text[used++] = '$';
	}
	text[used] = '\0';
	words->failed |= *word != '\0';
	add_made(words, "%s", text);
}

static void add_command(const struct headless *headless, struct words *words) {
	const struct desktop *desktop = &headless->desktop;
	char *const *command = headless->config->session_words;
	bool by_startx = is_by_startx(headless);
	add_word(words, "--");
	if (by_startx) {
		add_word(words, "/usr/bin/startx");
		add_word(
			words, "/usr/bin/env"); /* it takes a word that is no path for an argument of xterm */
	}
	for (char *const *word = command ? command : desktop->words; *word; word++)
		add_escaped(words, *word);
	if (!by_startx && !(command && xserver_lacks_terminal(command)))
		return;
	if (by_startx || !xserver_is_last(command))
		add_word(words, "--");
	add_made(words, "vt%u", headless->record.terminal);
	add_word(words, "-keeptty");
}

/* Compositors that insist on a GPU are told that the CPU will do. Of several cards, wlroots is told which one
 * has the display; it draws by that card's GPU, if it has one. */
static void add_environment(const struct headless *headless, struct words *words) {
	static const char *const types[] = {
		[DESKTOP_WAYLAND] = "wayland", [DESKTOP_X11] = "x11", [DESKTOP_CONSOLE] = "tty"};
	const struct desktop *desktop = &headless->desktop;
	add_made(words, "--setenv=XDG_SESSION_TYPE=%s", types[desktop->kind]);
	add_word(words, "--setenv=XDG_SESSION_CLASS=user");
	if (desktop->name[0] && desktop->kind != DESKTOP_CONSOLE)
		add_made(words, "--setenv=XDG_SESSION_DESKTOP=%s", desktop->name);
	if (desktop->current[0])
		add_made(words, "--setenv=XDG_CURRENT_DESKTOP=%s", desktop->current);
	add_made(words, "--setenv=WLR_DRM_DEVICES=%s", headless->monitor.card);
	add_word(words, "--setenv=WLR_RENDERER_ALLOW_SOFTWARE=1");
}

static void add_properties(const struct headless *headless, struct words *words) {
	unsigned terminal = headless->record.terminal;
	add_made(words, "--property=User=%s", headless->user->pw_name);
	add_word(words, "--property=PAMName=login");
	add_made(words, "--property=TTYPath=/dev/tty%u", terminal);
	add_word(words, "--property=StandardInput=tty");
	add_word(words, "--property=StandardOutput=tty");
	add_made(words, "--property=StandardError=%s",
		headless->desktop.kind == DESKTOP_CONSOLE ? "tty" : "journal");
	add_word(words, "--property=SyslogIdentifier=" HEADLESS_NAME);
	add_word(words, "--property=TTYReset=yes");
	add_word(words, "--property=TTYVHangup=yes");
	add_word(words, "--property=TTYVTDisallocate=yes");
	add_made(words, "--property=UtmpIdentifier=tty%u", terminal);
	add_word(words, "--property=UtmpMode=user");
	add_word(words, "--property=WorkingDirectory=~");
	add_word(words, "--property=TimeoutStopSec=10");
}

/* What runs is watched by its process: systemd-run could wait too, but would be one more program in memory.
 */
static int watch_session(struct headless *headless, struct reason *reason) {
	char *const show[] = {"systemctl", "show", "--property=MainPID", "--value", HEADLESS_UNIT, NULL};
	char text[32];
	int error = child_run(show, text, sizeof text, reason);
	if (error)
		return error;
	long process = strtol(text, NULL, 10);
	headless->session_fd = process > 0 ? child_watch((pid_t)process) : -ESRCH;
	if (headless->session_fd < 0)
		return reason_set(reason, headless->session_fd,
			"the session ended at once; `" HEADLESS_LOG "` has what it said");
	log_info("the session of %s runs: %s", headless->user->pw_name,
		headless->config->session_words ? headless->config->session_words[0]
						: headless->desktop.words[0]);
	return 0;
}

static int start_session(struct headless *headless, struct reason *reason) {
	struct words words = {.count = 0};
	struct reason why;
	add_word(&words, "systemd-run");
	add_word(&words, "--quiet");
	add_word(&words, "--collect");
	add_word(&words, "--unit=" HEADLESS_UNIT);
	add_word(&words, "--description=The session of zerovnc headless");
	add_properties(headless, &words);
	add_environment(headless, &words);
	add_command(headless, &words);
	int error = check_words(&words, reason);
	if (!error && (error = child_run(words.list, NULL, 0, &why)))
		reason_set(reason, error, "the session did not start: %s; `" HEADLESS_LOG "` may tell more",
			why.text);
	finish_words(&words);
	return error;
}

/* Whether the word, or it and the next one, are for us and not for the server. */
static size_t own_words(const char *word) {
	static const char *const options[] = {"--size", "--user"};
	if (strcmp(word, "headless") == 0)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		size_t length = strlen(options[i]);
		if (strncmp(word, options[i], length) == 0 && (!word[length] || word[length] == '='))
			return word[length] ? 1 : 2;
	}
	return 0;
}

/* The server gets the options of this command's line. It runs as a process of its own, so that its threads,
 * files and faults are none of what undoes things. */
static int start_server(struct headless *headless, struct reason *reason) {
	const struct config *config = headless->config;
	struct words words = {.count = 0};
	add_word(&words, "/proc/self/exe");
	add_word(&words, "serve");
	if (!config->card && !config->output)
		add_made(&words, "--card=%s", headless->monitor.card);
	for (int i = 1; i < config->argc && strcmp(config->argv[i], "--") != 0;) {
		size_t own = own_words(config->argv[i]);
		if (!own)
			add_word(&words, config->argv[i]);
		i += own ? (int)own : 1;
	}
	int error = check_words(&words, reason);
	if (!error)
		error = child_start(words.list, &headless->server, reason);
	finish_words(&words);
	if (error)
		return error;
	headless->server_fd = child_watch(headless->server);
	return headless->server_fd < 0 ? reason_set(reason, headless->server_fd, "the server ended at once")
				       : 0;
}

/* --- until the end --- */

static int open_signals(struct headless *headless, struct reason *reason) {
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	headless->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return headless->signal_fd < 0 ? reason_set(reason, -errno, "no signals: %s", strerror(errno)) : 0;
}

static int wait_for_end(struct headless *headless, struct reason *reason) {
	struct pollfd fds[] = {{.fd = headless->signal_fd, .events = POLLIN},
		{.fd = headless->session_fd, .events = POLLIN},
		{.fd = headless->server_fd, .events = POLLIN}};
	while (poll(fds, ARRAY_LEN(fds), -1) < 0)
		if (errno != EINTR)
			return reason_set(reason, -errno, "cannot wait: %s", strerror(errno));
	struct signalfd_siginfo info;
	if (fds[0].revents && read(headless->signal_fd, &info, sizeof info) == sizeof info)
		log_info("stopping: %s", strsignal((int)info.ssi_signo));
	else if (fds[1].revents)
		log_info("stopping: the session has ended");
	else
		return reason_set(reason, -EIO, "stopping: the server has ended");
	return 0;
}

/* --- undoing --- */

static void end_server(struct headless *headless) {
	struct pollfd ended = {.fd = headless->server_fd, .events = POLLIN};
	if (!headless->server)
		return;
	kill(headless->server, SIGTERM);
	if (poll(&ended, 1, SERVER_PATIENCE_MS) == 0)
		kill(headless->server, SIGKILL);
	waitpid(headless->server, NULL, 0);
	headless->server = 0;
}

static void end_session(struct headless *headless) {
	struct reason reason = {""};
	if (headless->record.fd < 0)
		return;
	bool any = headless->record.terminal;
	unsigned former = headless->record.former;
	if (headless_record_undo(&headless->record, &reason))
		log_error("%s; `zerovnc unplug` tries it again", reason.text);
	else if (any)
		log_info("the session is over; virtual terminal %u is shown again", former);
	headless_record_close(&headless->record);
}

static void unplug(struct headless *headless) {
	struct reason words = {""}, reason = {""};
	if (!headless->monitor.ours)
		return;
	if (monitor_unplug("", &words, &reason))
		log_error("%s; `zerovnc unplug` tries it again", reason.text);
	else if (words.text[0])
		log_info("the display: %s", words.text);
}

int headless_run(const struct config *config) {
	static int (*const steps[])(struct headless * headless, struct reason * reason) = {check_needs,
		find_user, open_signals, take_over, choose, plug, take_terminal, start_session, start_server,
		watch_session, wait_for_end};
	struct headless headless = {
		.config = config, .record = {.fd = -1}, .server_fd = -1, .session_fd = -1, .signal_fd = -1};
	struct reason reason = {""};
	int error = 0;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !error; i++)
		error = steps[i](&headless, &reason);
	if (error)
		log_error("%s", reason.text);
	end_server(&headless);
	end_session(&headless);
	unplug(&headless);
	if (error == -EINVAL)
		return MISUSED;
	return error ? FAILED : DONE;
}

int headless_undo(struct reason *reason) {
	struct headless_record record;
	int error = headless_record_open(&record, reason);
	if (error)
		return error == -EBUSY ? 0 : error;
	bool any = record.terminal;
	error = headless_record_undo(&record, reason);
	if (any && !error)
		log_info("the session that a killed zerovnc headless had left is over");
	headless_record_close(&record);
	return error;
}
