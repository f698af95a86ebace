/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/outputs.h"

#include <errno.h>
#include <string.h>

#include "encode/pixel_format.h"
#include "server/json_member.h"
#include "server/printable_json.h"

/* --- as JSON --- */

static double hertz(uint32_t refresh_mhz) {
	return refresh_mhz / 1000.0;
}

static json_t *build_modes(const struct inventory_output *output) {
	json_t *modes = json_array();
	for (size_t i = 0; i < output->mode_count; i++) {
		const struct inventory_mode *mode = &output->modes[i];
		json_array_append_new(modes, json_pack("{s:i, s:i, s:f, s:b}", "width", (int)mode->width,
						     "height", (int)mode->height, "refresh",
						     hertz(mode->refresh_mhz), "preferred", mode->preferred));
	}
	return modes;
}

static json_t *build_output(const struct inventory_output *inventory) {
	const struct kms_output *output = &inventory->output;
	json_t *json = json_pack("{s:o, s:s, s:b, s:o}", "name", printable_string(output->name), "state",
		kms_output_state_name(output->state), "connected", output->connected, "modes",
		build_modes(inventory));
	if (output->crtc_id)
		json_object_set_new(json, "crtc", json_integer(output->crtc_id));
	if (output->width)
		json_object_set_new(json, "mode",
			json_pack("{s:i, s:i, s:f}", "width", (int)output->width, "height",
				(int)output->height, "refresh", hertz(output->refresh_mhz)));
	return json;
}

static json_t *build_crtc(const struct inventory_crtc *crtc) {
	const char *vblank = crtc->vblank == 0             ? "events"
			     : crtc->vblank == -EAGAIN     ? "unknown while dark"
			     : crtc->vblank == -EOPNOTSUPP ? "none"
							   : strerror(-crtc->vblank);
	return json_pack("{s:i, s:s}", "id", (int)crtc->id, "vblank", vblank);
}

static json_t *build_framebuffer(const struct inventory_plane *plane) {
	struct pixel_format_text format, modifier;
	pixel_format_describe(plane->fourcc, &format);
	if (plane->implicit_linear)
		snprintf(modifier.text, sizeof modifier.text, "always linear with this driver");
	else
		pixel_format_describe_modifier(plane->modifier, &modifier);
	return json_pack("{s:i, s:i, s:i, s:o, s:o, s:b, s:b}", "id", (int)plane->fb_id, "width",
		(int)plane->width, "height", (int)plane->height, "format", printable_string(format.text),
		"modifier", printable_string(modifier.text), "dmabuf", plane->exported, "mapped",
		plane->mapped);
}

static json_t *build_plane(const struct inventory_plane *plane) {
	json_t *json = json_pack("{s:i, s:s, s:i, s:i, s:b}", "id", (int)plane->id, "type",
		inventory_plane_type(plane->type), "possible_crtcs", (int)plane->possible_crtcs, "formats",
		(int)plane->format_count, "hotspot", plane->has_hotspot);
	if (plane->crtc_id)
		json_object_set_new(json, "crtc", json_integer(plane->crtc_id));
	if (plane->width)
		json_object_set_new(json, "framebuffer", build_framebuffer(plane));
	if (plane->unreadable.text[0])
		json_object_set_new(json, "unreadable", printable_string(plane->unreadable.text));
	return json;
}

static json_t *build_card(const struct inventory_card *card) {
	if (card->open_error)
		return json_pack("{s:o, s:o}", "node", printable_string(card->node), "error",
			printable_string(card->open_reason.text));
	json_t *outputs = json_array(), *crtcs = json_array(), *planes = json_array();
	for (size_t i = 0; i < card->output_count; i++)
		json_array_append_new(outputs, build_output(&card->outputs[i]));
	for (size_t i = 0; i < card->crtc_count; i++)
		json_array_append_new(crtcs, build_crtc(&card->crtcs[i]));
	for (size_t i = 0; i < card->plane_count; i++)
		json_array_append_new(planes, build_plane(&card->planes[i]));
	return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o}", "node",
		printable_string(card->node), "name", printable_string(card->device.name), "driver",
		printable_string(card->device.driver), "atomic", card->device.atomic, "hotspot",
		card->device.hotspot, "dumb_buffers", card->dumb_buffers, "prime_export", card->prime_export,
		"prime_import", card->prime_import, "outputs", outputs, "crtcs", crtcs, "planes", planes);
}

json_t *outputs_build(const struct inventory *inventory) {
	json_t *cards = json_array();
	for (size_t i = 0; i < inventory->card_count; i++)
		json_array_append_new(cards, build_card(&inventory->cards[i]));
	return json_pack("{s:b, s:o}", "may_capture", inventory->may_capture, "cards", cards);
}

/* --- for people --- */

static int number_of(const json_t *object, const char *key) {
	return (int)json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key) {
	return json_is_true(json_object_get(object, key));
}

static void print_mode(const json_t *mode, FILE *stream) {
	fprintf(stream, "%dx%d", number_of(mode, "width"), number_of(mode, "height"));
	double refresh = json_number_value(json_object_get(mode, "refresh"));
	if (refresh > 0)
		fprintf(stream, " at %.2f Hz", refresh);
}

/* Monitors have dozens of modes: the preferred one and the first few are enough here. */
static void print_modes(const json_t *modes, FILE *stream) {
	enum { SHOWN = 6 };
	size_t count = json_array_size(modes), index;
	const json_t *mode;
	if (count == 0)
		return;
	fprintf(stream, "      modes:");
	json_array_foreach((json_t *)modes, index, mode) {
		if (index >= SHOWN && !is_true(mode, "preferred"))
			continue;
		fprintf(stream, " %dx%d%s", number_of(mode, "width"), number_of(mode, "height"),
			is_true(mode, "preferred") ? " (preferred)" : "");
	}
	if (count > SHOWN)
		fprintf(stream, " ... %zu in all", count);
	fputc('\n', stream);
}

static void print_output(const json_t *output, FILE *stream) {
	const json_t *mode = json_object_get(output, "mode");
	fprintf(stream, "  %-12s %s", json_member_text(output, "name"), json_member_text(output, "state"));
	if (mode) {
		fputs(", ", stream);
		print_mode(mode, stream);
	}
	if (json_object_get(output, "crtc"))
		fprintf(stream, ", CRTC %d", number_of(output, "crtc"));
	fputc('\n', stream);
	print_modes(json_object_get(output, "modes"), stream);
}

static void print_framebuffer(const json_t *framebuffer, FILE *stream) {
	bool dmabuf = is_true(framebuffer, "dmabuf"), mapped = is_true(framebuffer, "mapped");
	fprintf(stream, ": %dx%d %s, layout %s, %s", number_of(framebuffer, "width"),
		number_of(framebuffer, "height"), json_member_text(framebuffer, "format"),
		json_member_text(framebuffer, "modifier"),
		dmabuf && mapped ? "as a dma-buf and mapped through the card"
		: dmabuf         ? "as a dma-buf"
		: mapped         ? "mapped through the card"
				 : "not readable");
}

static void print_plane(const json_t *plane, FILE *stream) {
	const json_t *framebuffer = json_object_get(plane, "framebuffer");
	fprintf(stream, "  plane %-6d %-7s", number_of(plane, "id"), json_member_text(plane, "type"));
	if (json_object_get(plane, "crtc"))
		fprintf(stream, " on CRTC %d", number_of(plane, "crtc"));
	else
		fputs(" not in use", stream);
	if (framebuffer)
		print_framebuffer(framebuffer, stream);
	fputc('\n', stream);
	if (json_member_text(plane, "unreadable")[0])
		fprintf(stream, "      %s\n", json_member_text(plane, "unreadable"));
}

static void print_crtc(const json_t *crtc, FILE *stream) {
	fprintf(stream, "  CRTC %-7d vertical blanks: %s\n", number_of(crtc, "id"),
		json_member_text(crtc, "vblank"));
}

static void print_all(const json_t *array, void (*print)(const json_t *item, FILE *stream), FILE *stream) {
	size_t index;
	const json_t *item;
	json_array_foreach((json_t *)array, index, item) print(item, stream);
}

static void print_card(const json_t *card, FILE *stream) {
	const char *error = json_member_text(card, "error");
	if (error[0]) {
		fprintf(stream, "%s\n  %s\n", json_member_text(card, "node"), error);
		return;
	}
	fprintf(stream, "%s  driver %s; %s%s%s%s\n", json_member_text(card, "node"),
		json_member_text(card, "driver"), is_true(card, "atomic") ? "atomic" : "not atomic",
		is_true(card, "hotspot") ? ", cursor hotspots" : "",
		is_true(card, "prime_export") ? ", exports dma-bufs" : ", exports no dma-bufs",
		is_true(card, "dumb_buffers") ? ", maps buffers" : "");
	print_all(json_object_get(card, "outputs"), print_output, stream);
	print_all(json_object_get(card, "crtcs"), print_crtc, stream);
	print_all(json_object_get(card, "planes"), print_plane, stream);
}

void outputs_print(const json_t *raw, FILE *stream) {
	json_t *outputs = printable_json(raw);
	const json_t *cards = json_object_get(outputs, "cards");
	if (json_array_size(cards) == 0)
		fputs("there is no display card: /dev/dri has none\n", stream);
	print_all(cards, print_card, stream);
	if (json_array_size(cards) && !is_true(outputs, "may_capture"))
		fprintf(stream, "This process may not see the framebuffers themselves: %s\n",
			kms_device_capture_remedy());
	json_decref(outputs);
}

int outputs_run(bool as_json) {
	struct inventory *inventory;
	if (inventory_create(&inventory) != 0) {
		fputs("zerovnc: out of memory\n", stderr);
		return 1;
	}
	size_t readable = 0;
	for (size_t i = 0; i < inventory->card_count; i++)
		readable += inventory->cards[i].open_error == 0;
	json_t *outputs = outputs_build(inventory);
	inventory_destroy(inventory);
	if (as_json)
		printable_dump(outputs, stdout);
	else
		outputs_print(outputs, stdout);
	json_decref(outputs);
	return readable ? 0 : 1;
}
