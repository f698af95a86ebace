/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/status.h"

#include <stdio.h>

#include "capture/base/array.h"
#include "encode/h264/h264.h"
#include "server/control/sent.h"
#include "server/json_member.h"
#include "server/net/auth/rights.h"
#include "server/net/viewer/viewer.h"
#include "server/printable.h"
#include "server/printable_json.h"
#include "server/video_library.h"

static json_t *build_times(struct frames_times times) {
	return json_pack("{s:f, s:f}", "p50", times.p50, "p95", times.p95);
}

static json_t *build_rights(unsigned rights) {
	json_t *list = json_array();
	for (unsigned right = 1; right & RIGHTS_ALL; right <<= 1)
		if (rights & right)
			json_array_append_new(list, json_string(rights_word(right)));
	return list;
}

static void add_viewer(void *context, const struct viewer_report *report) {
	json_t *client = json_pack("{s:I, s:o, s:s, s:s, s:b, s:I, s:I, s:I, s:i, s:i}", "id",
		(json_int_t)report->id, "address", printable_string(report->address), "security",
		report->security, "encoding", report->encoder.encoding, "view_only", report->view_only,
		"updates", (json_int_t)report->encoder.updates, "bytes_sent", (json_int_t)report->bytes_sent,
		"queue_bytes", (json_int_t)report->queue_bytes, "width", (int)report->encoder.width, "height",
		(int)report->encoder.height);
	if (report->user[0])
		json_object_set_new(client, "user", printable_string(report->user));
	if (report->account[0])
		json_object_set_new(client, "account", printable_string(report->account));
	json_object_set_new(client, "rights", build_rights(report->rights));
	json_object_set_new(client, "waits", json_boolean(report->waits));
	json_object_set_new(client, "connected_s", json_integer((json_int_t)report->connected_s));
	json_object_set_new(client, "mixed_updates", json_integer((json_int_t)report->encoder.mixed_updates));
	json_object_set_new(client, "rtt_ms", report->rtt_ms < 0 ? json_null() : json_real(report->rtt_ms));
	if (report->encoder.quality >= 0)
		json_object_set_new(client, "quality", json_integer(report->encoder.quality));
	json_object_set_new(client, "sent", sent_build(&report->encoder.sent));
	json_array_append_new(context, client);
}

json_t *status_build_viewers(struct gateway *gateway) {
	json_t *viewers = json_array();
	gateway_report(gateway, add_viewer, viewers);
	return viewers;
}

static json_t *build_listening(struct gateway *gateway) {
	json_t *addresses = json_array();
	const char *address;
	for (size_t i = 0; (address = gateway_address(gateway, i)); i++)
		json_array_append_new(addresses, printable_string(address));
	return addresses;
}

static void put_text(json_t *status, const char *key, const char *text) {
	json_object_set_new(status, key, printable_string(text));
}

static void put_number(json_t *status, const char *key, uint64_t number) {
	json_object_set_new(status, key, json_integer((json_int_t)number));
}

static void put_frames(json_t *status, const struct frames_report *report) {
	put_text(status, "source", report->source);
	put_text(status, "output", report->output);
	put_text(status, "state", report->state);
	put_text(status, "shortfall", report->shortfall);
	json_object_set_new(status, "state_age_ms", json_real(report->state_age_ms));
	put_text(status, "beat", report->beat);
	put_number(status, "width", report->width);
	put_number(status, "height", report->height);
	put_number(status, "frames", report->frames);
	put_number(status, "frames_changed", report->frames_changed);
	put_number(status, "tiles_changed", report->tiles_changed);
	put_number(status, "bytes_read_back", report->bytes_read_back);
	put_number(status, "fences_waited", report->fences_waited);
	json_object_set_new(status, "capture_ms", build_times(report->capture));
	json_object_set_new(status, "convert_ms", build_times(report->convert));
	json_object_set_new(status, "copy_ms", build_times(report->copy));
}

/* Each output by itself, if the picture consists of several. */
static void put_outputs(json_t *status, const struct frames_report *report) {
	json_t *outputs = json_array();
	for (size_t i = 0; i < report->output_count; i++) {
		const struct frames_output *output = &report->outputs[i];
		json_array_append_new(
			outputs, json_pack("{s:o, s:I, s:i, s:i, s:i, s:i, s:o, s:s, s:o}", "output",
					 printable_string(output->name), "id", (json_int_t)output->id, "x",
					 output->place.x, "y", output->place.y, "width",
					 (int)output->place.width, "height", (int)output->place.height,
					 "state", printable_string(output->state), "path", output->path.path,
					 "path_reason", printable_string(output->path.reason)));
	}
	json_object_set_new(status, "outputs", outputs);
}

static void put_path(json_t *status, const struct frames_report *report) {
	put_text(status, "path", report->path.path);
	put_text(status, "import", report->import);
	put_text(status, "path_reason", report->path.reason);
	put_text(status, "path_detail", report->path.detail);
	put_text(status, "renderer", report->path.renderer);
}

static void put_pictures(json_t *status, struct picture_store *store) {
	struct picture_store_report report;
	picture_store_report(store, &report);
	put_number(status, "pictures", report.pictures);
	put_number(status, "pictures_held", report.held);
	put_number(status, "pictures_taken_away", report.taken_away);
	put_number(status, "picture_bytes", report.bytes);
}

static void put_h264(json_t *status) {
	const char *missing = video_library_missing();
	json_object_set_new(status, "h264", json_boolean(!missing));
	put_text(status, "h264_reason", missing ? missing : "");
	struct h264_report h264;
	h264_report(&h264);
	put_text(status, "h264_by", h264.by);
	put_text(status, "h264_no_gpu", h264.gpu.text);
}

json_t *status_build(struct frames *frames, struct gateway *gateway, struct picture_store *store,
	const struct input *input) {
	struct frames_report report;
	frames_report(frames, &report);
	const char *no_input = input ? input_unavailable(input) : "switched off by --no-input";
	json_t *status = json_object();
	put_text(status, "version", ZEROVNC_VERSION);
	put_frames(status, &report);
	put_outputs(status, &report);
	put_path(status, &report);
	put_pictures(status, store);
	put_h264(status);
	json_object_set_new(status, "input", json_boolean(!no_input));
	put_text(status, "input_reason", no_input ? no_input : "");
	put_number(status, "keys_dropped", input ? input_dropped(input) : 0);
	json_object_set_new(status, "view_only", json_boolean(gateway_view_only(gateway)));
	json_object_set_new(status, "listening", build_listening(gateway));
	json_object_set_new(status, "clients", status_build_viewers(gateway));
	return status;
}

static void print_times(const char *name, const json_t *times) {
	printf("%-10s %.2f ms median, %.2f ms at the 95th percentile\n", name,
		json_member_number(times, "p50"), json_member_number(times, "p95"));
}

static void print_h264(const json_t *status) {
	const char *by = json_member_text(status, "h264_by"),
		   *no_gpu = json_member_text(status, "h264_no_gpu");
	if (!json_is_true(json_object_get(status, "h264"))) {
		printf("h264       not sent: %s\n", json_member_text(status, "h264_reason"));
		return;
	}
	printf("h264       sent to viewers that take it, where a video plays (%s%s%s)\n",
		by[0] ? by : "by a GPU, if it can", no_gpu[0] ? "; not by a GPU: " : "", no_gpu);
}

static const char *standing(const json_t *client) {
	if (json_is_true(json_object_get(client, "waits")))
		return ", waits to be allowed";
	return json_is_true(json_object_get(client, "view_only")) ? ", view only" : "";
}

static void print_client(const json_t *client) {
	const json_t *rtt = json_object_get(client, "rtt_ms");
	const char *user = json_member_text(client, "user");
	printf("  %.0f: %s%s%s%s  %s, %s, %.0fx%.0f%s: %.0f updates, %.1f MB sent, %.0f bytes queued",
		json_member_number(client, "id"), json_member_text(client, "address"),
		user[0] ? " (user " : "", user, user[0] ? ")" : "", json_member_text(client, "security"),
		json_member_text(client, "encoding"), json_member_number(client, "width"),
		json_member_number(client, "height"), standing(client), json_member_number(client, "updates"),
		json_member_number(client, "bytes_sent") / 1e6, json_member_number(client, "queue_bytes"));
	if (json_is_number(rtt))
		printf(", round trip %.1f ms", json_number_value(rtt));
	putchar('\n');
	sent_print_text(json_object_get(client, "sent"));
}

static void print_display(const json_t *status) {
	static const double old_ms = 3000;
	const char *output = json_member_text(status, "output");
	double age_ms = json_member_number(status, "state_age_ms");
	printf("serving    %s", output[0] ? output : "a picture that says what is missing");
	if (json_member_number(status, "width") > 0)
		printf(", %.0fx%.0f", json_member_number(status, "width"),
			json_member_number(status, "height"));
	putchar('\n');
	if (json_member_text(status, "state")[0])
		printf("now        %s\n", json_member_text(status, "state"));
	if (age_ms > old_ms)
		printf("seen       %.0f s ago: the display is not answering\n", age_ms / 1000);
}

static const char *input_words(const json_t *status) {
	if (!json_is_true(json_object_get(status, "input")))
		return json_member_text(status, "input_reason");
	return json_is_true(json_object_get(status, "view_only"))
		       ? "no viewer may type or point, until `zerovnc view-only off`"
		       : "viewers may type and point";
}

void status_print_text(const json_t *status) {
	const json_t *clients = json_object_get(status, "clients"),
		     *listening = json_object_get(status, "listening");
	print_display(status);
	if (json_member_text(status, "shortfall")[0])
		printf("missing    %s\n", json_member_text(status, "shortfall"));
	printf("path       %s through %s (%s%s%s)\n", json_member_text(status, "path"),
		json_member_text(status, "import"), json_member_text(status, "renderer"),
		json_member_text(status, "path_detail")[0] ? ", " : "",
		json_member_text(status, "path_detail"));
	printf("because    %s\n", json_member_text(status, "path_reason"));
	printf("frames     %.0f looked at, %.0f changed, %.0f tiles, %.1f MB read\n",
		json_member_number(status, "frames"), json_member_number(status, "frames_changed"),
		json_member_number(status, "tiles_changed"),
		json_member_number(status, "bytes_read_back") / 1e6);
	printf("pictures   %.0f in memory (%.1f MB), %.0f held by viewers\n",
		json_member_number(status, "pictures"), json_member_number(status, "picture_bytes") / 1e6,
		json_member_number(status, "pictures_held"));
	print_h264(status);
	if (json_member_text(status, "beat")[0])
		printf("beat       %s\n", json_member_text(status, "beat"));
	print_times("capture", json_object_get(status, "capture_ms"));
	print_times("convert", json_object_get(status, "convert_ms"));
	print_times("copy", json_object_get(status, "copy_ms"));
	printf("input      %s\n", input_words(status));
	if (json_member_number(status, "keys_dropped") > 0)
		printf("keys       %.0f were dropped: the log says which and why\n",
			json_member_number(status, "keys_dropped"));
	for (size_t i = 0; i < json_array_size(listening); i++)
		printf("listening  %s\n", json_string_value(json_array_get(listening, i)));
	printf("viewers    %zu\n", json_array_size(clients));
	for (size_t i = 0; i < json_array_size(clients); i++)
		print_client(json_array_get(clients, i));
}

static void print_label(const char *name, const char *text) {
	char words[512], label[1024];
	printable(words, sizeof words, text);
	printable_quoted(label, sizeof label, words, '"');
	printf("%s=\"%s\"", name, label);
}

static void print_metric(const char *name, const char *type, const char *help, double value) {
	printf("# HELP zerovnc_%s %s\n# TYPE zerovnc_%s %s\nzerovnc_%s %.17g\n", name, help, name, type, name,
		value);
}

static void print_summary(const char *name, const char *help, const json_t *times) {
	printf("# HELP zerovnc_%s_seconds %s\n# TYPE zerovnc_%s_seconds summary\n", name, help, name);
	printf("zerovnc_%s_seconds{quantile=\"0.5\"} %g\n", name, json_member_number(times, "p50") / 1000);
	printf("zerovnc_%s_seconds{quantile=\"0.95\"} %g\n", name, json_member_number(times, "p95") / 1000);
}

static void print_display_metrics(const json_t *status) {
	print_metric("display_lit", "gauge", "1: the display is lit and can be read.",
		json_member_text(status, "state")[0] == '\0');
	printf("# HELP zerovnc_display_info What is served, and why it cannot be seen at the moment.\n"
	       "# TYPE zerovnc_display_info gauge\nzerovnc_display_info{");
	print_label("output", json_member_text(status, "output"));
	putchar(',');
	print_label("state", json_member_text(status, "state"));
	printf("} 1\n");
	print_metric("display_width_pixels", "gauge", "Width of the display; 0: not known yet.",
		json_member_number(status, "width"));
	print_metric("display_height_pixels", "gauge", "Height of the display; 0: not known yet.",
		json_member_number(status, "height"));
	print_metric("display_state_age_seconds", "gauge", "How long ago this was seen.",
		json_member_number(status, "state_age_ms") / 1000);
}

void status_print_prometheus(const json_t *status) {
	static const struct {
		const char *key, *name, *type, *help;
	} metrics[] = {
		{"frames", "frames_total", "counter", "Looks at the scanout."},
		{"frames_changed", "frames_changed_total", "counter", "Looks that found a change."},
		{"tiles_changed", "tiles_changed_total", "counter", "64x64 tiles that changed."},
		{"bytes_read_back", "bytes_read_back_total", "counter", "Bytes read from the scanout."},
		{"keys_dropped", "keys_dropped_total", "counter", "Keys of viewers that could not be typed."},
		{"fences_waited", "fences_waited_total", "counter", "Frames whose writer had not finished."},
		{"pictures", "pictures", "gauge", "Pictures in memory."},
		{"picture_bytes", "picture_bytes", "gauge",
			"Bytes of their pixels, and of the colours of their tiles."},
		{"pictures_held", "pictures_held", "gauge", "Pictures that viewers' updates hold."},
		{"pictures_taken_away", "pictures_taken_away_total", "counter",
			"Pictures that slow viewers' updates lost."},
	};
	static const struct {
		const char *key, *name, *type;
	} of_clients[] = {
		{"updates", "viewer_updates_total", "counter"},
		{"mixed_updates", "viewer_mixed_updates_total", "counter"},
		{"bytes_sent", "viewer_sent_bytes_total", "counter"},
		{"queue_bytes", "viewer_queue_bytes", "gauge"},
	};
	const json_t *clients = json_object_get(status, "clients");
	print_display_metrics(status);
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		print_metric(metrics[i].name, metrics[i].type, metrics[i].help,
			json_member_number(status, metrics[i].key));
	print_summary("capture", "Time to take a snapshot.", json_object_get(status, "capture_ms"));
	print_summary("convert", "Time to compare and convert.", json_object_get(status, "convert_ms"));
	print_summary("copy", "Time to copy unchanged tiles because viewers still read the previous picture.",
		json_object_get(status, "copy_ms"));
	print_metric("viewers", "gauge", "Viewers connected.", (double)json_array_size(clients));
	for (size_t k = 0; k < ARRAY_LEN(of_clients); k++) {
		printf("# TYPE zerovnc_%s %s\n", of_clients[k].name, of_clients[k].type);
		for (size_t i = 0; i < json_array_size(clients); i++) {
			const json_t *client = json_array_get(clients, i);
			/* all clients that come in through a unix socket have the same address */
			printf("zerovnc_%s{viewer=\"%.0f\",", of_clients[k].name,
				json_member_number(client, "id"));
			print_label("address", json_member_text(client, "address"));
			printf("} %.17g\n", json_member_number(client, of_clients[k].key));
		}
	}
	sent_print_prometheus(clients);
}
