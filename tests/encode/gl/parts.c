/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several heads in one picture, one of them by the CPU: parts VERSION compute|fragment packed|plain DESKS
 * LAYERS */
#include "tests/encode/parts.h"

#include <stdlib.h>
#include <string.h>

#include "encode/cpu/cpu.h"
#include "encode/gl/gl.h"
#include "tests/test.h"

int main(int argc, char **argv) {
	if (argc < 6)
		return 2;
	const struct gl_options options = {
		.version = atoi(argv[1]),
		.fragment = !strcmp(argv[2], "fragment"),
		.coding = !strcmp(argv[3], "packed") ? 1 : -1,
		.hands = 2,
	};
	int desks = atoi(argv[4]), layers = atoi(argv[5]);
	struct converter *converters[PARTS_HEADS];
	struct reason reason;
	for (int i = 0; i < PARTS_HEADS - 1; i++)
		if (gl_converter_create(NULL, &options, &converters[i], &reason))
			SKIP("%s", reason.text);
	CHECK(converters[PARTS_HEADS - 1] = cpu_converter_create());
	for (int i = 0; i < desks; i++)
		parts_check(converters, 50 + (unsigned)i, i % 3 ? 1 : layers);
	parts_check_moved(converters[0]);
	parts_check_refused(converters[0]);
	CHECK_SAY(strstr(converters[0]->detail, argv[2]), "%s", converters[0]->detail);
	printf("%s: %s\n", converters[0]->renderer, converters[0]->detail);
	for (int i = 0; i < PARTS_HEADS; i++)
		converter_destroy(converters[i]);
	return 0;
}
