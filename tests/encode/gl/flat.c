/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over many frames and many contexts neither descriptors nor memory grow: flat [FRAMES] */
#include <stdlib.h>

#include "encode/gl/gl.h"
#include "tests/encode/gl/scene.h"
#include "tests/process.h"
#include "tests/test.h"

#include <drm_mode.h>

static struct converter *create(bool fragment) {
	const struct gl_options options = {.fragment = fragment, .hands = 1};
	struct converter *converter;
	struct reason reason;
	if (gl_converter_create(NULL, &options, &converter, &reason))
		SKIP("%s", reason.text);
	return converter;
}

/* The size changes now and then, and with it every buffer. */
static void convert_some(struct converter *converter, int frames) {
	for (int size = 0; size < 2; size++) {
		struct scene scene;
		scene_init(
			&scene, 77, pixel_format_at(0), 150 + 60u * (unsigned)size, 100, DRM_MODE_ROTATE_0);
		scene_convert(&scene, converter, true, "flat");
		for (int i = 1; i < frames / 2; i++) {
			scene_mutate(&scene);
			scene_convert(&scene, converter, false, "flat");
		}
		scene_finish(&scene);
	}
}

/* Sanitizers hold freed memory back, so that there only descriptors count. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ALLOWED_KIB = 1 << 21 };
#else
enum { ALLOWED_KIB = 2048 };
#endif

static void check_flat(const char *what, unsigned fds, long resident) {
	printf("%s: descriptors %u then %u, resident %ld then %ld KiB\n", what, fds, process_open_fds(),
		resident, process_resident_kib());
	CHECK(fds && resident);
	CHECK(process_open_fds() <= fds);
	CHECK(process_resident_kib() <= resident + ALLOWED_KIB);
}

static void check_frames(bool fragment, int frames) {
	struct converter *converter = create(fragment);
	convert_some(converter, frames / 4);
	unsigned fds = process_open_fds();
	long resident = process_resident_kib();
	convert_some(converter, frames);
	check_flat(fragment ? "fragment" : "compute", fds, resident);
	converter_destroy(converter);
}

static void check_contexts(void) {
	unsigned fds = 0;
	long resident = 0;
	for (int i = 0; i < 16; i++) {
		struct converter *converter = create(i % 2);
		convert_some(converter, 4);
		converter_destroy(converter);
		if (i == 7) {
			fds = process_open_fds();
			resident = process_resident_kib();
		}
	}
	check_flat("contexts", fds, resident);
}

int main(int argc, char **argv) {
	int frames = argc > 1 ? atoi(argv[1]) : 400;
	check_frames(false, frames);
	check_frames(true, frames);
	check_contexts();
	return 0;
}
