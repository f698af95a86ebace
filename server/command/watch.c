/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "server/command/rates.h"
#include "server/control/ask.h"
#include "server/json_member.h"
#include "server/log.h"
#include "server/printable_json.h"

enum { LINE = 1024, ROWS = 24, COLUMNS = 80 };

struct screen {
	bool terminal, blocks;
	unsigned rows, columns, row; /* the row that is written next, from 0 */
};

/* --- the terminal --- */

/* By the variables in the order in which the C library looks at them. */
static bool knows_blocks(void) {
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(variables[i]);
		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}

static void begin_screen(struct screen *screen) {
	struct winsize size = {0};
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
	screen->rows = known && size.ws_row ? size.ws_row : ROWS;
	screen->columns = known && size.ws_col ? size.ws_col : COLUMNS;
	screen->row = 0;
	fputs("\033[H", stdout);
}

/* Cuts after this many characters. */
static void cut(char *text, size_t characters) {
	for (; *text; text++) {
		bool begins = ((unsigned char)*text & 0xc0) != 0x80;
		if (begins && characters == 0)
			break;
		characters -= begins;
	}
	*text = '\0';
}

/* The last row stays empty: a line feed there would scroll. */
static void put(struct screen *screen, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct screen *screen, const char *format, ...) {
	char line[LINE];
	va_list arguments;
	if (screen->row + 1 >= screen->rows)
		return;
	va_start(arguments, format);
	if (vsnprintf(line, sizeof line, format, arguments) >= (int)sizeof line)
		utf8_trim(line);
	va_end(arguments);
	cut(line, screen->columns - 1);
	printf("%s\033[K\n", line);
	screen->row++;
}

static void end_screen(void) {
	fputs("\033[J", stdout);
}

/* --- what is shown --- */

static const char *serving(const json_t *status) {
	const char *output = json_member_text(status, "output");
	return output[0] ? output : "a picture that says what is missing";
}

/* "1.2 MB/s"; "-" if there is no rate yet. */
static const char *write_rate(
	const json_t *object, const char *key, const char *unit, double divisor, char text[32]) {
	const json_t *rate = json_object_get(object, key);
	if (json_is_number(rate))
		snprintf(text, 32, "%.1f%s", json_number_value(rate) / divisor, unit);
	else
		snprintf(text, 32, "-");
	return text;
}

static void put_whole(struct screen *screen, const struct rates *rates, const json_t *status) {
	char looked[32], changed[32], drawn[RATES_DRAWN];
	rates_draw(rates, RATES_WHOLE, RATES_CHANGED, screen->blocks, drawn);
	put(screen, "serving    %s, %.0fx%.0f", serving(status), json_member_number(status, "width"),
		json_member_number(status, "height"));
	put(screen, "now        %s",
		json_member_text(status, "state")[0] ? json_member_text(status, "state") : "lit");
	put(screen, "path       %s through %s", json_member_text(status, "path"),
		json_member_text(status, "import"));
	put(screen, "frames     %s looked at, %s changed %s",
		write_rate(status, "frames_per_s", "/s", 1, looked),
		write_rate(status, "frames_changed_per_s", "/s", 1, changed), drawn);
	put(screen, "viewers    %zu%s", json_array_size(json_object_get(status, "clients")),
		json_is_true(json_object_get(status, "view_only")) ? ", of which none may type or point"
								   : "");
	put(screen, "%s", "");
}

static void put_viewer(struct screen *screen, const struct rates *rates, const json_t *viewer) {
	char bytes[32], updates[32], drawn[2][RATES_DRAWN];
	uint64_t id = (uint64_t)json_member_number(viewer, "id");
	const char *account = json_member_text(viewer, "account");
	rates_draw(rates, id, RATES_BYTES, screen->blocks, drawn[0]);
	rates_draw(rates, id, RATES_UPDATES, screen->blocks, drawn[1]);
	put(screen, "%4llu  %s %s%s", (unsigned long long)id, json_member_text(viewer, "address"),
		account[0] ? account : json_member_text(viewer, "user"),
		json_is_true(json_object_get(viewer, "view_only")) ? ", view only" : "");
	put(screen, "      %10s %s  %10s %s", write_rate(viewer, "bytes_per_s", " MB/s", 1e6, bytes),
		drawn[0], write_rate(viewer, "updates_per_s", "/s", 1, updates), drawn[1]);
}

static void show_screen(struct screen *screen, const struct rates *rates, const json_t *status) {
	const json_t *viewers = json_object_get(status, "clients");
	begin_screen(screen);
	put_whole(screen, rates, status);
	for (size_t i = 0; i < json_array_size(viewers); i++)
		put_viewer(screen, rates, json_array_get(viewers, i));
	end_screen();
}

static double sum(const json_t *viewers, const char *key) {
	double all = 0;
	for (size_t i = 0; i < json_array_size(viewers); i++)
		all += json_member_number(json_array_get(viewers, i), key);
	return all;
}

static void show_line(const json_t *status) {
	const json_t *viewers = json_object_get(status, "clients");
	time_t now = time(NULL);
	struct tm parts;
	char clock[16];
	strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &parts));
	printf("%s %s, %.0fx%.0f, %s; viewers: %zu, %.2f MB/s, %.1f updates/s\n", clock, serving(status),
		json_member_number(status, "width"), json_member_number(status, "height"),
		json_member_text(status, "state")[0] ? json_member_text(status, "state") : "lit",
		json_array_size(viewers), sum(viewers, "bytes_per_s") / 1e6, sum(viewers, "updates_per_s"));
}

static void show(
	const struct config *config, struct screen *screen, const struct rates *rates, const json_t *status) {
	if (config->json) {
		printable_dump_line(status, stdout);
		return;
	}
	json_t *words = printable_json(status);
	if (screen->terminal)
		show_screen(screen, rates, words);
	else
		show_line(words);
	json_decref(words);
}

/* Returns false with a reason, or without one if standard output is closed. */
static bool look(
	const struct config *config, struct screen *screen, struct rates *rates, struct reason *reason) {
	json_t *status = control_ask(config->control, "status", reason);
	if (!status)
		return false;
	rates_add(rates, status, clock_now_ns());
	show(config, screen, rates, status);
	json_decref(status);
	return fflush(stdout) == 0;
}

int watch_run(const struct config *config) {
	struct reason reason = {""};
	struct screen screen = {.terminal = isatty(STDOUT_FILENO), .blocks = knows_blocks()};
	struct rates *rates = rates_create();
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	if (!rates)
		reason_set(&reason, -ENOMEM, "out of memory");
	if (screen.terminal && !config->json)
		fputs("\033[2J", stdout);
	while (rates && look(config, &screen, rates, &reason)) {
		next.tv_sec++;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	if (reason.text[0])
		log_error("%s", reason.text);
	rates_destroy(rates);
	return 1;
}
