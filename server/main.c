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
#include "server/command/benchmark.h"
#include "server/command/doctor.h"
#include "server/command/outputs.h"
#include "server/config.h"
#include "server/control.h"
#include "server/environment.h"
#include "server/log.h"
#include "server/net/auth/passwd.h"
#include "server/notify.h"
#include "server/printable_json.h"
#include "server/session.h"
#include "server/status.h"

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

static int serve(const struct config *config) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	uv_signal_t signals[3];
	uv_loop_t loop;
	struct session *session = NULL;
	struct reason reason = {""};
	if (uv_loop_init(&loop) < 0) {
		log_error("cannot create the event loop");
		return FAILED;
	}
	int error = session_create(&loop, config, &session, &reason);
	for (int i = 0; i < 3; i++) {
		uv_signal_init(&loop, &signals[i]);
		if (!is_ignored(numbers[i]))
			uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
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
	if (error == -EINVAL)
		return MISUSED;
	return error ? FAILED : DONE;
}

static int show_status(const struct config *config) {
	struct reason reason = {""};
	json_t *status = control_ask(config->control, "status", &reason);
	if (!status) {
		log_error("%s", reason.text);
		return FAILED;
	}
	if (config->json)
		printable_dump(status, stdout);
	else if (config->prometheus)
		status_print_prometheus(status);
	else
		status_print_text(status);
	json_decref(status);
	return DONE;
}

/* Has the running server show other outputs. */
static int switch_output(const struct config *config) {
	struct reason reason = {""};
	char request[512];
	if (snprintf(request, sizeof request, "output %s", config->argument) >= (int)sizeof request - 1) {
		log_error("the list of outputs is too long");
		return FAILED;
	}
	json_t *answer = control_ask(config->control, request, &reason);
	json_t *words = answer ? printable_json(answer) : NULL;
	const char *error = answer ? json_string_value(json_object_get(words, "error")) : reason.text;
	if (error)
		log_error("%s", error);
	else
		printf("serving %s\n", json_string_value(json_object_get(words, "output")));
	json_decref(words);
	json_decref(answer);
	return error ? FAILED : DONE;
}

static int write_passwords(const struct config *config) {
	struct reason reason = {""};
	if (passwd_run(config->argument, &reason) == 0)
		return DONE;
	log_error("%s", reason.text);
	return FAILED;
}

static int run(const struct config *config) {
	switch (config->command) {
	case CONFIG_SERVE:
		return serve(config);
	case CONFIG_DOCTOR:
		return doctor_run(config, config->json);
	case CONFIG_OUTPUT:
		return switch_output(config);
	case CONFIG_OUTPUTS:
		return outputs_run(config->json);
	case CONFIG_STATUS:
		return show_status(config);
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
