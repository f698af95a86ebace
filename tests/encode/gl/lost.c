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

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
		faults = (struct faults){.hidden = contexts[i].hidden, .lose = LOSE};
		check_frames(contexts[i].name, &contexts[i].options, false);
		check_frames(contexts[i].name, &contexts[i].options, true);
	}
	return 0;
}
