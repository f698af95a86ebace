/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/h264/driver/driver.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"

#define OPTIONS "ZEROVNC_TEST_VA"
#define LOG     "ZEROVNC_TEST_VA_LOG"

enum { LINE_MAX_SIZE = 256 };
/* Of how much the library's user must have room for, at most. */
enum { PROFILES = 2, ENTRYPOINTS = 1, ATTRIBUTES = 7, IMAGE_FORMATS = 1, NONE_BUT_NOT_ZERO = 1 };

/* --- the lock --- */

struct driver *driver_enter(VADriverContextP context) {
	struct driver *driver = context->pDriverData;
	pthread_mutex_lock(&driver->lock);
	return driver;
}

void driver_leave(struct driver **driver) {
	pthread_mutex_unlock(&(*driver)->lock);
}

/* --- what is told --- */

/* A single write(), so that lines of several processes do not mix. */
void driver_log(struct driver *driver, const char *format, ...) {
	char line[LINE_MAX_SIZE];
	va_list arguments;
	if (driver->log < 0)
		return;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof line - 1, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof line - 1)
		return;
	line[length] = '\n';
	if (write(driver->log, line, (size_t)length + 1) < 0)
		perror(LOG);
}

VAStatus driver_judge(const struct rule *rules, size_t count, VAStatus status) {
	for (size_t i = 0; i < count; i++) {
		if (rules[i].kept)
			continue;
		fprintf(stderr, "zerovnctest: %s\n", rules[i].broken);
		return status;
	}
	return VA_STATUS_SUCCESS;
}

/* --- objects --- */

VAGenericID driver_add(struct driver *driver, struct object *object, enum kind kind) {
	object->id = ++driver->last_id;
	object->kind = kind;
	object->next = driver->objects;
	driver->objects = object;
	return object->id;
}

void *driver_find(struct driver *driver, VAGenericID id, enum kind kind) {
	struct object *object = driver->objects;
	while (object && (object->id != id || object->kind != kind))
		object = object->next;
	return object;
}

void driver_remove(struct driver *driver, struct object *object) {
	struct object **link = &driver->objects;
	while (*link != object)
		link = &(*link)->next;
	*link = object->next;
	free(object);
}

static void free_object(struct driver *driver, struct object *object) {
	switch (object->kind) {
	case KIND_CONFIG:
		driver_remove(driver, object);
		break;
	case KIND_SURFACE:
		surface_free(driver, (struct surface *)object);
		break;
	case KIND_IMAGE:
		image_free(driver, (struct image *)object);
		break;
	case KIND_BUFFER:
		buffer_free(driver, (struct buffer *)object);
		break;
	case KIND_CONTEXT:
		context_free(driver, (struct context *)object);
		break;
	}
}

/* --- options --- */

static bool set_option(struct options *options, const char *word) {
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {{"lowpower", &options->lowpower}, {"plain", &options->plain}, {"cbr", &options->cbr},
		{"copies", &options->copies}, {"noimport", &options->noimport},
		{"segments", &options->segments}, {"noencoder", &options->noencoder},
		{"noproc", &options->noproc}, {"oldmesa", &options->oldmesa}};
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (strcmp(word, flags[i].name) == 0)
			return *flags[i].flag = true;
	}
	return sscanf(word, "fails=%u", &options->fails) == 1;
}

static bool read_options(struct options *options) {
	const char *words = getenv(OPTIONS);
	char copy[LINE_MAX_SIZE], *rest = NULL;
	snprintf(copy, sizeof copy, "%s", words ? words : "");
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (set_option(options, word))
			continue;
		fprintf(stderr, "zerovnctest: %s: unknown option %s\n", OPTIONS, word);
		return false;
	}
	return true;
}

/* --- to begin and to end --- */

static struct driver *create(void) {
	struct driver *driver = calloc(1, sizeof *driver);
	if (!driver)
		return NULL;
	pthread_mutex_init(&driver->lock, NULL);
	driver->log = -1;
	if (!read_options(&driver->options)) {
		free(driver);
		return NULL;
	}
	const char *log = getenv(LOG);
	if (log)
		driver->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	driver_log(driver, "open");
	return driver;
}

/* The library's user may leave objects behind. An image owns its buffer, so images go first. */
static VAStatus terminate(VADriverContextP context) {
	struct driver *driver = context->pDriverData;
	static const enum kind order[] = {KIND_IMAGE, KIND_BUFFER, KIND_CONTEXT, KIND_SURFACE, KIND_CONFIG};
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct object *object = driver->objects;
		while (object) {
			bool found = object->kind == order[i];
			if (found)
				free_object(driver, object);
			object = found ? driver->objects : object->next;
		}
	}
	driver_log(driver, "close");
	if (driver->log >= 0)
		close(driver->log);
	pthread_mutex_destroy(&driver->lock);
	free(driver);
	context->pDriverData = NULL;
	return VA_STATUS_SUCCESS;
}

/* Named after the oldest version, which every version of the library takes. */
__attribute__((visibility("default"))) VAStatus __vaDriverInit_1_0(VADriverContextP context);

VAStatus __vaDriverInit_1_0(VADriverContextP context) {
	struct driver *driver = create();
	if (!driver)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	context->pDriverData = driver;
	context->version_major = VA_MAJOR_VERSION;
	context->version_minor = VA_MINOR_VERSION;
	context->max_profiles = PROFILES;
	context->max_entrypoints = ENTRYPOINTS;
	context->max_attributes = ATTRIBUTES;
	context->max_image_formats = IMAGE_FORMATS;
	context->max_subpic_formats = NONE_BUT_NOT_ZERO;
	context->max_display_attributes = NONE_BUT_NOT_ZERO;
	context->str_vendor = driver->options.oldmesa ? "Mesa Gallium driver 24.0.9 for AMD Radeon RX 6600"
						      : "zerovnc test driver";
	context->vtable->vaTerminate = terminate;
	config_fill(context->vtable);
	surface_fill(context->vtable);
	image_fill(context->vtable);
	buffer_fill(context->vtable);
	context_fill(context->vtable);
	stubs_fill(context->vtable);
	process_fill(context->vtable_vpp);
	return VA_STATUS_SUCCESS;
}
