/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/outputs.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "tests/test.h"

/* A machine with virtio-gpu, and a second card that may not be opened. */
static struct inventory_mode modes[] = {{1280, 800, 74993, true}, {640, 480, 59940, false}};
static struct inventory_output outputs[] = {
	{.output = {.name = "Virtual-1",
		 .connected = true,
		 .state = KMS_OUTPUT_LIT,
		 .crtc_id = 37,
		 .width = 1280,
		 .height = 800,
		 .refresh_mhz = 74993},
		.modes = modes,
		.mode_count = 2},
	{.output = {.name = "Virtual-2", .state = KMS_OUTPUT_DISCONNECTED}},
};
static struct inventory_crtc crtcs[] = {{37, -EOPNOTSUPP}, {44, -EAGAIN}, {45, 0}};
static struct inventory_plane planes[] = {
	{.id = 31,
		.type = DRM_PLANE_TYPE_PRIMARY,
		.crtc_id = 37,
		.fb_id = 50,
		.width = 1280,
		.height = 800,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_INVALID,
		.implicit_linear = true,
		.exported = true},
	{.id = 33, .type = DRM_PLANE_TYPE_CURSOR, .has_hotspot = true},
	{.id = 34,
		.type = DRM_PLANE_TYPE_OVERLAY,
		.crtc_id = 37,
		.fb_id = 51,
		.unreadable = {"only with CAP_SYS_ADMIN"}},
};
static struct inventory_card cards[] = {
	{.node = "/dev/dri/card0",
		.device = {.name = "card0", .driver = "virtio_gpu", .atomic = true, .hotspot = true},
		.prime_export = true,
		.dumb_buffers = true,
		.outputs = outputs,
		.output_count = 2,
		.crtcs = crtcs,
		.crtc_count = 3,
		.planes = planes,
		.plane_count = 3},
	{.node = "/dev/dri/card1", .open_error = -EACCES, .open_reason = {"no permission to open it"}},
};

static char *printed(const json_t *json) {
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	outputs_print(json, stream);
	fclose(stream);
	return text;
}

static void tells_everything(void) {
	struct inventory inventory = {.may_capture = false, .cards = cards, .card_count = 2};
	json_t *json = outputs_build(&inventory);
	CHECK(json);
	const char *name, *state, *vblank, *modifier, *error, *unreadable, *type;
	int width, mode_height, preferred, hotspot, fb_width;
	double refresh;
	CHECK(json_unpack(json, "{s:[{s:[{s:s,s:s,s:{s:i,s:f},s:[{s:i,s:b}]}],s:[{s:s}]}]}", "cards",
		      "outputs", "name", &name, "state", &state, "mode", "width", &width, "refresh", &refresh,
		      "modes", "height", &mode_height, "preferred", &preferred, "crtcs", "vblank",
		      &vblank) == 0);
	CHECK(strcmp(name, "Virtual-1") == 0 && strcmp(state, "lit") == 0 && width == 1280);
	CHECK(refresh > 74.99 && refresh < 75 && mode_height == 800 && preferred &&
		strcmp(vblank, "none") == 0);
	json_t *card = json_array_get(json_object_get(json, "cards"), 0);
	CHECK(json_unpack(card, "{s:[{s:{s:i,s:s}},{s:s,s:b},{s:s}]}", "planes", "framebuffer", "width",
		      &fb_width, "modifier", &modifier, "type", &type, "hotspot", &hotspot, "unreadable",
		      &unreadable) == 0);
	CHECK(fb_width == 1280 && strstr(modifier, "linear") && strcmp(type, "cursor") == 0 && hotspot);
	CHECK(strstr(unreadable, "CAP_SYS_ADMIN"));
	CHECK(json_unpack(json_array_get(json_object_get(json, "cards"), 1), "{s:s}", "error", &error) == 0);
	CHECK(strcmp(error, "no permission to open it") == 0);

	static const char *const words[] = {"Virtual-1", "lit", "1280x800 at 74.99 Hz", "640x480",
		"disconnected", "virtio_gpu", "XRGB8888", "cursor", "not in use", "as a dma-buf",
		"no permission to open it", "run as root", "vertical blanks: none", "unknown while dark",
		"vertical blanks: events"};
	char *text = printed(json);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		CHECK_SAY(strstr(text, words[i]), "\"%s\" in:\n%s", words[i], text);
	free(text);
	json_decref(json);
}

static void nothing_is_said_too(void) {
	struct inventory inventory = {.may_capture = true};
	json_t *json = outputs_build(&inventory);
	char *text = printed(json);
	CHECK(strstr(text, "no display card") && json_array_size(json_object_get(json, "cards")) == 0);
	free(text);
	json_decref(json);
}

int main(void) {
	tells_everything();
	nothing_is_said_too();
	return 0;
}
