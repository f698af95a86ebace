/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `doctor` looks at each of several outputs, and `bench` says which one it measures. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/source.h"
#include "encode/path.h"
#include "server/command/benchmark.h"
#include "server/command/doctor.h"
#include "tests/server/frames/two_outputs.h"
#include "tests/test.h"

static struct config config_of(const char *outputs) {
	return (struct config){.source = SOURCE_KMS,
		.path = PATH_CPU,
		.output = (char *)outputs,
		.no_input = true,
		.seconds = 1};
}

/* The level of the output's check of this name; "" if there is none. */
static const char *level_of(const json_t *report, const char *output, const char *name) {
	size_t index;
	const json_t *check;
	json_array_foreach(json_object_get(report, "checks"), index, check) {
		const char *of = json_string_value(json_object_get(check, "output"));
		if (strcmp(of ? of : "", output) == 0 &&
			strcmp(json_string_value(json_object_get(check, "name")), name) == 0)
			return json_string_value(json_object_get(check, "level"));
	}
	return "";
}

static void check_levels(const json_t *report, const char *output, const char *source, const char *frame) {
	const char *is = level_of(report, output, "source");
	CHECK_SAY(strcmp(is, source) == 0, "%s: source %s", output, is);
	is = level_of(report, output, "frame");
	CHECK_SAY(strcmp(is, frame) == 0, "%s: frame %s", output, is);
}

static json_int_t width_of(const json_t *report, size_t index) {
	const json_t *output = json_array_get(json_object_get(report, "outputs"), index);
	return json_integer_value(json_object_get(output, "width"));
}

static void the_doctor_looks_at_each(void) {
	struct config config = config_of("TALL-1,LOW-1");
	json_t *report = doctor_examine(&config);
	CHECK(json_is_true(json_object_get(report, "can_serve")));
	check_levels(report, "card9/TALL-1", "ok", "ok");
	check_levels(report, "card9/LOW-1", "ok", "ok");
	CHECK(json_array_size(json_object_get(report, "outputs")) == 2);
	CHECK(width_of(report, 0) == 200 && width_of(report, 1) == 130);
	CHECK(json_integer_value(json_object_get(report, "width")) == 200); /* of the first one */
	CHECK(level_of(report, "", "source")[0] == '\0');
	json_decref(report);
}

/* A dark output is waited for, but one that cannot be opened cannot be served, though the other one can. */
static void the_worst_decides(void) {
	struct config config = config_of("TALL-1,LOW-1");
	test_output_dark[LOW] = true;
	json_t *report = doctor_examine(&config);
	CHECK(json_is_true(json_object_get(report, "can_serve")));
	check_levels(report, "card9/TALL-1", "ok", "ok");
	check_levels(report, "card9/LOW-1", "ok", "warning");
	json_decref(report);
	test_output_dark[LOW] = false;

	test_output_lost[LOW] = true;
	report = doctor_examine(&config);
	CHECK(json_is_false(json_object_get(report, "can_serve")));
	check_levels(report, "card9/TALL-1", "ok", "ok");
	check_levels(report, "card9/LOW-1", "problem", "");
	json_decref(report);
	test_output_lost[LOW] = false;
}

static void one_output_is_no_paragraph(void) {
	struct config config = config_of("LOW-1");
	json_t *report = doctor_examine(&config);
	check_levels(report, "", "ok", "ok");
	CHECK(json_array_size(json_object_get(report, "outputs")) == 1 && width_of(report, 0) == 130);
	json_decref(report);
}

/* What a function prints on standard output. */
static void print_into(char *text, size_t size, int (*function)(const struct config *config, bool json),
	const struct config *config) {
	int file = memfd_create("printed", MFD_CLOEXEC), before = dup(STDOUT_FILENO);
	CHECK(file >= 0 && before >= 0 && dup2(file, STDOUT_FILENO) >= 0);
	CHECK(function(config, false) == 0 && fflush(stdout) == 0 && dup2(before, STDOUT_FILENO) >= 0);
	ssize_t length = pread(file, text, size - 1, 0);
	CHECK(length > 0);
	text[length] = '\0';
	close(file);
	close(before);
}

static int bench(const struct config *config, bool json) {
	(void)json;
	return benchmark_run(config);
}

static void each_is_a_paragraph(void) {
	struct config config = config_of("TALL-1,LOW-1");
	char text[8192];
	print_into(text, sizeof text, doctor_run, &config);
	CHECK_SAY(strstr(text, "\n\nok       source       card9 TALL-1: "), "%s", text);
	CHECK_SAY(strstr(text, "\n\nok       source       card9 LOW-1: "), "%s", text);
	CHECK_SAY(strstr(text, "\n\nok       input "), "%s", text);
}

static void bench_says_which(void) {
	struct config config = config_of("TALL-1,LOW-1");
	char text[8192];
	print_into(text, sizeof text, bench, &config);
	CHECK_SAY(strstr(text, "frames: card9 TALL-1 as it is being scanned out, 200x200") &&
			  strstr(text, "of 2 outputs only this one is measured, --output=card9/LOW-1"),
		"%s", text);

	test_output_dark[TALL] = true;
	print_into(text, sizeof text, bench, &config);
	CHECK_SAY(strstr(text, "frames: card9 LOW-1 as it is being scanned out, 130x40") &&
			  strstr(text, "--output=card9/TALL-1"),
		"%s", text);
	test_output_dark[TALL] = false;

	config = config_of("LOW-1");
	print_into(text, sizeof text, bench, &config);
	CHECK_SAY(strstr(text, "frames: card9 LOW-1") && !strstr(text, "only this one"), "%s", text);
}

int main(void) {
	the_doctor_looks_at_each();
	the_worst_decides();
	one_output_is_no_paragraph();
	each_is_a_paragraph();
	bench_says_which();
	return 0;
}
