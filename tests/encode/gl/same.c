/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GPU path gives exactly the bytes and the tiles that pixel_format.h's rule gives, on random framebuffers
 * of every format, through every kind of context: same VERSION compute|fragment packed|plain measured|bounced
 * persistent|mapped [ROUNDS]
 */
#include <stdlib.h>
#include <string.h>

#include "encode/gl/gl.h"
#include "tests/encode/gl/check.h"
#include "tests/encode/gl/faults.h"
#include "tests/test.h"

static struct converter *create(const struct gl_options *options) {
	struct converter *converter;
	struct reason reason;
	int error = gl_converter_create(NULL, options, &converter, &reason);
	if (error)
		SKIP("%s", reason.text);
	return converter;
}

int main(int argc, char **argv) {
	if (argc < 6)
		return 2;
	struct gl_options options = {
		.version = atoi(argv[1]),
		.fragment = !strcmp(argv[2], "fragment"),
		.coding = !strcmp(argv[3], "packed") ? 1 : -1,
		.bounce = !strcmp(argv[4], "bounced"),
		.hands = 2,
	};
	int rounds = argc > 6 ? atoi(argv[6]) : 1;
	if (!strcmp(argv[5], "mapped"))
		faults.hidden = "GL_EXT_buffer_storage";
	struct converter *converter = create(&options);
	printf("%s: %s\n", converter->renderer, converter->detail);
	bool compute = options.version >= 31 && !options.fragment;
	CHECK_SAY(strstr(converter->detail, compute ? "compute" : "fragment"), "%s", converter->detail);
	for (int round = 0; round < rounds; round++) {
		check_memory(converter, 1000u + (unsigned)round);
		check_texture(converter, 2000u + (unsigned)round);
	}
	if (!check_external(converter, 4))
		printf("no external textures here: that variant was not tried\n");
	bool tells_colours = compute && options.coding > 0;
	CHECK(!check_large(converter, 5) == !tells_colours);
	check_forget(converter, 6);
	check_black(converter);
	converter_destroy(converter);
	return 0;
}
