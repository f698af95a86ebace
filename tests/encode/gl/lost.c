/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A context that is lost in the middle is torn down and another made, and no frame is wrong or missing for
 * it: every frame is compared, and those in which it happened count as changed everywhere.
 */
#include <drm_mode.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/gl/gl.h"
#include "tests/encode/gl/check.h"
#include "tests/encode/gl/faults.h"
#include "tests/encode/gl/scene.h"
#include "tests/test.h"

enum { LOSE = 4, FRAMES = 14 };

static const struct {
	const char *name;
	struct gl_options options;
	const char *hidden;
} contexts[] = {
	{"compute", {.version = 32}, NULL},
	{"compute without buffer storage", {.version = 31}, "GL_EXT_buffer_storage"},
	{"compute, cut", {.version = 32, .bands = 2}, NULL},
	{"fragments", {.version = 30}, NULL},
	{"fragments of OpenGL ES 2.0", {.version = 20}, NULL},
};

/* `still`: nothing changes, so that the loss is found where nobody expects a change. */
static void check_frames(const char *name, const struct gl_options *options, bool still) {
	struct converter *converter;
	struct reason reason;
	struct scene scene;
	faults.contexts = 0;
	if (gl_converter_create(NULL, options, &converter, &reason))
		SKIP("%s", reason.text);
	scene_init(&scene, 11, pixel_format_at(0), 300, 200, DRM_MODE_ROTATE_0);
	int in_context = 0, made = 1;
	for (int i = 0; i < FRAMES; i++) {
		bool lost = ++in_context == LOSE;
		if (lost) {
			in_context = 1; /* the frame is the next context's first */
			made++;
		}
		scene_convert(&scene, converter, i == 0 || lost, name);
		CHECK_SAY(faults.contexts == (unsigned)made, "%s: frame %d by context %u instead of %d", name,
			i, faults.contexts, made);
		if (!still)
			scene_mutate(&scene);
	}
	CHECK(made == 5);
	scene_finish(&scene);
	converter_destroy(converter);
}

/* What was sent was lost with the context, though nobody says that the frame is fresh. */
static void check_comes_along(struct scene *scene, struct converter *converter) {
	struct converter_result result;
	struct reason reason;
	scene_expect(scene, false);
	CHECK_SAY(!scene_try(scene, converter, false, &result, &reason), "%s", reason.text);
	CHECK(result.tiles_changed == scene->damage.columns * scene->damage.rows);
}

/* Two converters share a context. The one that finds it lost makes another, and the other one comes along.
 * Either goes on when the other is gone. */
static void check_shared(const char *name, const struct gl_options *options) {
	enum { SHARING = 2 };
	struct converter *converters[SHARING];
	struct scene scenes[SHARING];
	struct reason reason;
	unsigned in_context = 0, made = 1, seen[SHARING] = {0};
	faults.contexts = 0;
	for (int i = 0; i < SHARING; i++) {
		if (gl_converter_create(NULL, options, &converters[i], &reason))
			SKIP("%s", reason.text);
		scene_init(&scenes[i], 12 + (unsigned)i, pixel_format_at(0), 300, 200, DRM_MODE_ROTATE_0);
	}
	CHECK(faults.contexts == 1);
	for (int i = 0; i < FRAMES; i++) {
		int which = i % SHARING;
		bool lost = ++in_context == LOSE;
		if (lost) {
			in_context = 1;
			made++;
		}
		if (!lost && seen[which] && seen[which] != made)
			check_comes_along(&scenes[which], converters[which]);
		else
			scene_convert(&scenes[which], converters[which], lost || !seen[which], name);
		seen[which] = made;
		CHECK_SAY(faults.contexts == made, "%s: frame %d by context %u instead of %u", name, i,
			faults.contexts, made);
		scene_mutate(&scenes[which]);
	}
	CHECK(made > 2);
	faults.lose = 0;
	converter_destroy(converters[0]);
	scene_convert(&scenes[1], converters[1], false, name);
	CHECK(faults.contexts == made);
	converter_destroy(converters[1]);
	for (int i = 0; i < SHARING; i++)
		scene_finish(&scenes[i]);
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
		faults = (struct faults){.hidden = contexts[i].hidden, .lose = LOSE};
		check_frames(contexts[i].name, &contexts[i].options, false);
		check_frames(contexts[i].name, &contexts[i].options, true);
		check_shared(contexts[i].name, &contexts[i].options);
	}
	return 0;
}
