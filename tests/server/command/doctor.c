/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/doctor.h"

#include <dirent.h>
#include <string.h>

#include "capture/base/array.h"
#include "capture/source.h"
#include "encode/path.h"
#include "tests/test.h"

/* Returns the text of the first check of this name; "" if there is none. */
static const char *check_of(const json_t *report, const char *name, const char **level) {
	size_t index;
	const json_t *check;
	json_array_foreach(json_object_get(report, "checks"), index, check) {
		if (strcmp(json_string_value(json_object_get(check, "name")), name) != 0)
			continue;
		*level = json_string_value(json_object_get(check, "level"));
		return json_string_value(json_object_get(check, "text"));
	}
	*level = "";
	return "";
}

static bool has_cards(void) {
	DIR *folder = opendir("/dev/dri");
	if (folder)
		closedir(folder);
	return folder != NULL;
}

static void the_pattern_can_be_served(void) {
	struct config config = {.source = SOURCE_PATTERN,
		.path = PATH_CPU,
		.pattern = (char *)"still",
		.pattern_size = (char *)"640x480",
		.no_input = true};
	json_t *report = doctor_examine(&config);
	const char *path, *import, *source, *level;
	int can_serve, width, height;
	CHECK(json_unpack(report, "{s:b,s:i,s:i,s:s,s:s,s:s}", "can_serve", &can_serve, "width", &width,
		      "height", &height, "path", &path, "import", &import, "source", &source) == 0);
	CHECK(can_serve && width == 640 && height == 480);
	CHECK(strcmp(path, "cpu") == 0 && strcmp(import, "memory") == 0 && strcmp(source, "pattern") == 0);
	CHECK(strstr(check_of(report, "frame", &level), "XRGB8888") && strcmp(level, "ok") == 0);
	double still, all;
	CHECK(json_unpack(report, "{s:{s:F,s:F}}", "frame_ms", "nothing", &still, "everything", &all) == 0);
	CHECK(still > 0 && all > 0);
	CHECK(strstr(check_of(report, "speed", &level), " ms if nothing changed") &&
		strcmp(level, "ok") == 0);
	CHECK(strstr(check_of(report, "input", &level), "--no-input"));
	CHECK(check_of(report, "permissions", &level)[0] == 0); /* it needs no permissions */
	json_decref(report);
}

static void what_cannot_be_is_a_problem(void) {
	struct config bad = {.source = SOURCE_PATTERN, .pattern = (char *)"stil", .no_input = true};
	json_t *report = doctor_examine(&bad);
	const char *level;
	CHECK(json_is_false(json_object_get(report, "can_serve")));
	CHECK(strstr(check_of(report, "source", &level), "moving") && strcmp(level, "problem") == 0);
	CHECK(check_of(report, "frame", &level)[0] == 0);
	json_decref(report);

	struct config no_card = {.source = SOURCE_KMS, .card = (char *)"/dev/dri/card63", .no_input = true};
	report = doctor_examine(&no_card);
	CHECK(json_is_false(json_object_get(report, "can_serve")));
	CHECK(strstr(check_of(report, "source", &level), "there is no card /dev/dri/card63"));
	json_decref(report);

	struct config latin = {
		.source = SOURCE_KMS, .card = (char *)"/dev/dri/k\xe4rtchen", .no_input = true};
	report = doctor_examine(&latin);
	CHECK(strstr(check_of(report, "source", &level), "there is no card /dev/dri/k\\xe4rtchen"));
	json_decref(report);
}

/* A server without rights needs its broker, and not what this process lacks itself. */
static void without_its_broker_nothing_is_served(void) {
	struct config config = {.source = SOURCE_AUTO, .path = PATH_CPU, .broker = (char *)"/nowhere/broker"};
	json_t *report = doctor_examine(&config);
	const char *level;
	CHECK(json_is_false(json_object_get(report, "can_serve")));
	CHECK(json_is_false(json_object_get(report, "may_capture")));
	CHECK(strstr(check_of(report, "permissions", &level), "/nowhere/broker") &&
		strcmp(level, "problem") == 0);
	CHECK(!strstr(check_of(report, "permissions", &level), "CAP_SYS_ADMIN"));
	CHECK(strstr(check_of(report, "input", &level), "viewers can only look") &&
		strcmp(level, "warning") == 0);
	CHECK(check_of(report, "card", &level)[0] == 0);
	json_decref(report);
}

static void without_a_card_there_is_nothing_to_see(void) {
	struct config config = {.source = SOURCE_AUTO, .path = PATH_CPU, .no_input = true};
	json_t *report = doctor_examine(&config);
	const char *level;
	CHECK(json_is_false(json_object_get(report, "can_serve")));
	CHECK(check_of(report, "source", &level)[0] && strcmp(level, "problem") == 0);
	json_decref(report);
}

/* What would end `serve` is a problem, not a warning. */
static void what_was_named_must_be_there(void) {
	static const struct {
		const char *check;
		struct config config;
	} rows[] = {
		{"network", {.listen = {(char *)"unix:/nowhere/socket"}, .listen_count = 1}},
		{"users", {.local_users = (char *)"/nowhere"}},
		{"network", {.socket_group = (char *)"/nowhere"}},
		{"web", {.web_root = (char *)"/nowhere"}},
		{"control", {.control = (char *)"/nowhere/socket"}},
		{"certificate", {.tls_certificate = (char *)"/nowhere/a", .tls_key = (char *)"/nowhere/b"}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config config = rows[i].config;
		const char *level;
		config.source = SOURCE_PATTERN;
		config.path = PATH_CPU;
		config.no_input = true;
		json_t *report = doctor_examine(&config);
		CHECK_SAY(json_is_false(json_object_get(report, "can_serve")), "%s", rows[i].check);
		CHECK_SAY(strstr(check_of(report, rows[i].check, &level), "/nowhere") &&
				  strcmp(level, "problem") == 0,
			"%s", rows[i].check);
		json_decref(report);
	}
}

int main(void) {
	the_pattern_can_be_served();
	what_was_named_must_be_there();
	what_cannot_be_is_a_problem();
	without_its_broker_nothing_is_served();
	if (!has_cards())
		without_a_card_there_is_nothing_to_see();
	return 0;
}
