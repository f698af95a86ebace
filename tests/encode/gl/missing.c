/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left when an extension is not there: another way that gives the same pixels, or a reason that names
 * it. */
#include <string.h>

#include "capture/base/array.h"
#include "encode/gl/gl.h"
#include "tests/encode/gl/check.h"
#include "tests/encode/gl/faults.h"
#include "tests/test.h"

static const struct {
	const char *hidden;
	const char *detail; /* what the converter must say of itself; NULL: there must be none */
	const char *reason; /* what its absence must be explained by */
	int version;        /* 0: the newest */
} cases[] = {
	{"", "compute, persistent read-back", NULL, 0},
	{"GL_EXT_buffer_storage", "compute, mapped read-back", NULL, 0},
	{"", "fragment, persistent read-back", NULL, 30},
	{"GL_EXT_buffer_storage", "fragment, mapped read-back", NULL, 30},
	{"", "fragment, direct read-back", NULL, 20},
	{"EGL_ANDROID_native_fence_sync", "GL fences", NULL, 0},
	{"EGL_EXT_platform_device", "surfaceless EGL platform", NULL, 0},
	{"EGL_EXT_platform_device,EGL_MESA_platform_surfaceless", NULL,
		"EGL_EXT_platform_device is missing; EGL_MESA_platform_surfaceless is missing", 0},
	{"EGL_KHR_no_config_context", "compute", NULL, 0},
	{"EGL_KHR_surfaceless_context", "compute", NULL, 0},
	{"EGL_KHR_create_context", "compute", NULL, 0},
	{"EGL_EXT_create_context_robustness,GL_EXT_robustness,GL_KHR_robustness", "compute", NULL, 0},
	{"GL_KHR_debug", "compute", NULL, 0},
	{"EGL_KHR_fence_sync,EGL_KHR_wait_sync", "compute", NULL, 0},
};

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct gl_options options = {.version = cases[i].version};
		struct converter *converter;
		struct reason reason;
		faults.hidden = cases[i].hidden;
		int error = gl_converter_create(NULL, &options, &converter, &reason);
		if (error && i == 0)
			SKIP("%s", reason.text);
		if (!cases[i].detail) {
			CHECK_SAY(error && strstr(reason.text, cases[i].reason), "without %s: %s",
				cases[i].hidden, error ? reason.text : converter->detail);
			continue;
		}
		CHECK_SAY(!error, "without %s: %s", cases[i].hidden, reason.text);
		CHECK_SAY(strstr(converter->detail, cases[i].detail), "without %s: %s", cases[i].hidden,
			converter->detail);
		check_texture(converter, 50 + i);
		check_black(converter);
		converter_destroy(converter);
	}
	return 0;
}
