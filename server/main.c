/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "encode/path.h"
#include "server/command/ask.h"
#include "server/command/bell.h"
#include "server/command/benchmark.h"
#include "server/command/doctor.h"
#include "server/command/events.h"
#include "server/command/headless.h"
#include "server/command/outputs.h"
#include "server/command/plug.h"
#include "server/command/resize.h"
#include "server/command/watch.h"
#include "server/config/config.h"
#include "server/environment.h"
#include "server/jail/jail.h"
#include "server/log.h"
#include "server/net/auth/passwd.h"
#include "server/session/session.h"
#include "server/stand_in.h"
#include "server/system/journal.h"
#include "server/system/notify.h"
#include "server/video_library.h"

enum { DONE = 0, FAILED = 1, MISUSED = 2 };

/* Opens /dev/null in place of the standard streams that the program which started us has closed. Otherwise a
 * socket could become descriptor 2, and be taken for stderr. libuv also refuses to close 0 to 2. */
static void open_standard_streams(void) {
	for (int fd = 0; fd >= 0 && fd <= STDERR_FILENO;)
		fd = fcntl(fd, F_GETFD) < 0 ? open("/dev/null", O_RDWR) : fd + 1;
}

static void on_signal(uv_signal_t *signal, int number) {
	log_info("stopping: %s", strsignal(number));
	uv_stop(signal->loop);
}

static void on_hangup(uv_signal_t *signal, int number) {
	(void)number;
	if (signal->data)
		session_reload(signal->data, "SIGHUP");
}

/* SIGHUP says that the terminal is gone, or asks for the settings to be read again. It is the former if there
 * is a terminal, unless a service manager started this process. A terminal that is gone is none any more, so
 * this must be asked before. */
static bool has_terminal(void) {
	if (getenv("NOTIFY_SOCKET"))
		return false;
	return isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
}

/* Under nohup, SIGHUP is ignored, and the server is to keep running. (A shell script ignores SIGINT for its
 * background jobs, but SIGINT must end us.) */
static bool is_ignored(int number) {
	struct sigaction action;
	return number == SIGHUP && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void tell_ready(void) {
	int error = notify_send("READY=1");
	if (error)
		log_warning("cannot tell the service manager that this server is ready: NOTIFY_SOCKET=%s: %s",
			getenv("NOTIFY_SOCKET"), strerror(-error));
}

static int serve(struct config *config) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	bool ends_at_hangup = has_terminal();
	uv_signal_t signals[3];
	uv_loop_t loop;
	struct session *session = NULL;
	struct reason reason = {""};
	video_library_load(config);
	int error = jail_enter(config, &reason);
	if (error) {
		log_error("%s", reason.text);
		return FAILED;
	}
	if (uv_loop_init(&loop) < 0) {
		log_error("cannot create the event loop");
		return FAILED;
	}
	/* A signal that comes while everything begins is heeded when the loop runs, so that all is undone. */
	for (int i = 0; i < 3; i++) {
		bool reloads = numbers[i] == SIGHUP && !ends_at_hangup;
		uv_signal_init(&loop, &signals[i]);
		if (!is_ignored(numbers[i]))
			uv_signal_start(&signals[i], reloads ? on_hangup : on_signal, numbers[i]);
	}
	bool stands_in = stand_in_begin(config);
	error = session_create(&loop, config, &session, &reason);
	if (!error)
		error = jail_close(&reason);
	for (int i = 0; i < 3; i++)
		signals[i].data = session;
	if (error) {
		log_error("%s", reason.text);
		notify_status("%s", reason.text);
	} else {
		tell_ready();
		uv_run(&loop, UV_RUN_DEFAULT);
		notify_send("STOPPING=1");
	}
	session_destroy(session);
	for (int i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&signals[i], NULL);
	uv_run(&loop, UV_RUN_DEFAULT); /* closes all handles */
	if (uv_loop_close(&loop) < 0)
		log_error("something was left on the event loop");
	stand_in_end(stands_in);
	if (error == -EINVAL)
		return MISUSED;
	return error ? FAILED : DONE;
}

static int write_passwords(const struct config *config) {
	struct reason reason = {""};
	if (passwd_run(config->argument, &reason) == 0)
		return DONE;
	log_error("%s", reason.text);
	return FAILED;
}

static int run(struct config *config) {
	switch (config->command) {
	case CONFIG_SERVE:
		return serve(config);
	case CONFIG_HEADLESS:
		return headless_run(config);
	case CONFIG_DOCTOR:
		return doctor_run(config, config->json);
	case CONFIG_OUTPUTS:
		return outputs_run(config->json);
	case CONFIG_PLUG:
		return plug_run(config);
	case CONFIG_RESIZE:
		return resize_run(config->argument);
	case CONFIG_UNPLUG:
		return unplug_run();
	case CONFIG_STATUS:
		return config->watch ? watch_run(config) : ask_run(config);
	case CONFIG_OUTPUT:
	case CONFIG_VIEWERS:
	case CONFIG_DISCONNECT:
	case CONFIG_ALLOW:
	case CONFIG_DENY:
	case CONFIG_VIEW_ONLY:
	case CONFIG_CONNECT:
	case CONFIG_RELOAD:
		return ask_run(config);
	case CONFIG_ASK:
		return bell_run(config);
	case CONFIG_EVENTS:
		return events_run(config);
	case CONFIG_BENCH:
		return benchmark_run(config);
	case CONFIG_PASSWD:
		return write_passwords(config);
	case CONFIG_VERSION:
		printf("zerovnc %s\n", ZEROVNC_VERSION);
		return DONE;
	case CONFIG_HELP:
		config_print_help();
		return DONE;
	}
	return MISUSED;
}

int main(int argc, char **argv) {
	struct config config;
	struct reason reason = {""};
	int status;
	environment_guard();
	open_standard_streams();
	notify_prepare();
	journal_prepare();
	/* Not a command for people: see encode/path.h. */
	if (argc == 3 && strcmp(argv[1], PATH_PROBE_COMMAND) == 0)
		return path_answer_probe(argv[2]);
	path_enable_probe();
	int error = config_read(&config, argc, argv, &reason);
	if (error) {
		log_error("%s", reason.text);
		notify_status("%s", reason.text);
		status = error == -EINVAL ? MISUSED : FAILED;
	} else {
		log_set_level((enum log_level)config.log_level);
		status = run(&config);
	}
	config_finish(&config);
	return status;
}
