/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "capture/base/array.h"
#include "capture/base/utf8.h"
#include "capture/inventory.h"
#include "capture/source.h"
#include "encode/bench/paths.h"
#include "encode/pixel_format.h"
#include "server/command/outputs.h"
#include "server/control.h"
#include "server/frames/look.h"
#include "server/input/input.h"
#include "server/log.h"
#include "server/net/auth/certificate.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/own_certificate.h"
#include "server/net/auth/policy.h"
#include "server/net/auth/security.h"
#include "server/net/gateway.h"
#include "server/net/listen/listener.h"
#include "server/net/web/origin.h"
#include "server/net/web/web.h"
#include "server/printable_json.h"

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_PROBLEM };
static const char *const level_names[] = {"ok", "warning", "problem"};

struct doctor {
	const struct config *config;
	json_t *report, *checks;
	bool can_serve;
	struct inventory *inventory;
	struct source *source; /* NULL: none could be opened */
	bool x509;             /* a security type that needs a certificate is offered */
};

static void say(struct doctor *doctor, const char *name, enum level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void say(struct doctor *doctor, const char *name, enum level level, const char *format, ...) {
	char text[768];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) >= (int)sizeof text)
		utf8_trim(text);
	va_end(arguments);
	json_array_append_new(doctor->checks, json_pack("{s:s, s:s, s:o}", "name", name, "level",
						      level_names[level], "text", printable_string(text)));
}

static void note(struct doctor *doctor, const char *key, const char *text) {
	json_object_set_new(doctor->report, key, printable_string(text));
}

/* Reports a problem that keeps `serve` from serving, as opposed to one that it can live with. */
static void cannot_serve(struct doctor *doctor, const char *name, const char *text) {
	doctor->can_serve = false;
	say(doctor, name, LEVEL_PROBLEM, "%s", text);
}

static bool wants_kms(const struct doctor *doctor) {
	return doctor->config->source == SOURCE_AUTO || doctor->config->source == SOURCE_KMS;
}

/* --- the checks, in the order in which they are shown --- */

static void check_permissions(struct doctor *doctor) {
	bool may = doctor->inventory->may_capture;
	json_object_set_new(doctor->report, "may_capture", json_boolean(may));
	if (!wants_kms(doctor))
		return;
	if (may)
		say(doctor, "permissions", LEVEL_OK, "framebuffers may be looked at (CAP_SYS_ADMIN)");
	else
		say(doctor, "permissions", doctor->inventory->card_count ? LEVEL_PROBLEM : LEVEL_WARNING,
			"framebuffers may not be looked at, which takes CAP_SYS_ADMIN: %s",
			kms_device_capture_remedy());
}

static void check_card(struct doctor *doctor, const struct inventory_card *card) {
	if (card->open_error) {
		say(doctor, "card", LEVEL_WARNING, "%s", card->open_reason.text);
		return;
	}
	char outputs[512] = "";
	size_t used = 0;
	for (size_t i = 0; i < card->output_count && used < sizeof outputs; i++) {
		const struct kms_output *output = &card->outputs[i].output;
		used += (size_t)snprintf(outputs + used, sizeof outputs - used, "%s%s %s", i ? ", " : "",
			output->name, kms_output_state_name(output->state));
	}
	say(doctor, "card", card->output_count ? LEVEL_OK : LEVEL_WARNING, "%s (%s): %s", card->node,
		card->device.driver, card->output_count ? outputs : "no display outputs");
}

static void check_cards(struct doctor *doctor) {
	json_object_set_new(doctor->report, "hardware", outputs_build(doctor->inventory));
	if (!wants_kms(doctor))
		return;
	for (size_t i = 0; i < doctor->inventory->card_count; i++)
		check_card(doctor, &doctor->inventory->cards[i]);
}

static void check_source(struct doctor *doctor) {
	struct source_options options = config_source(doctor->config);
	struct reason why;
	if (source_open(&options, &doctor->source, &why) != 0) {
		cannot_serve(doctor, "source", why.text);
		return;
	}
	note(doctor, "source", doctor->source->impl->name);
	note(doctor, "output", doctor->source->output);
	note(doctor, "source_reason", why.text);
	say(doctor, "source", LEVEL_OK, "%s: %s", doctor->source->output, why.text);
}

static void check_beat(struct doctor *doctor) {
	if (!doctor->source || doctor->source->card_node[0] == 0)
		return;
	int error = doctor->source->impl->arm_vblank ? doctor->source->impl->arm_vblank(doctor->source)
						     : -EOPNOTSUPP;
	note(doctor, "beat", error ? "timer" : "vblank");
	if (!error)
		say(doctor, "beat", LEVEL_OK, "the card reports its vertical blanks");
	else
		say(doctor, "beat", LEVEL_OK, "a timer: %s",
			error == -EOPNOTSUPP ? "this driver does not report vertical blanks"
			: error == -EAGAIN   ? "a dark output has no vertical blanks"
					     : strerror(-error));
}

static void describe_frame(struct doctor *doctor, const struct frame *frame) {
	json_object_set_new(doctor->report, "width", json_integer(frame->width));
	json_object_set_new(doctor->report, "height", json_integer(frame->height));
	const struct frame_layer *layer = &frame->layers[0];
	struct pixel_format_text format, modifier;
	pixel_format_describe(layer->fourcc, &format);
	pixel_format_describe_modifier(layer->modifier, &modifier);
	note(doctor, "format", format.text);
	note(doctor, "modifier", modifier.text);
	say(doctor, "frame", LEVEL_OK, "%ux%u from a framebuffer of %ux%u, %s, layout %s%s", frame->width,
		frame->height, layer->width, layer->height, format.text, modifier.text,
		layer->implicit_linear ? " (but linear with this driver)" : "");
}

static void describe_path(struct doctor *doctor, struct path *path, const struct converter_result *result,
	const char *failure) {
	struct path_report report;
	path_report(path, &report);
	note(doctor, "path", report.path);
	note(doctor, "path_reason", failure ? failure : report.reason);
	note(doctor, "renderer", report.renderer);
	if (failure) {
		cannot_serve(doctor, "path", failure);
		return;
	}
	note(doctor, "import", converter_import_name(result->import));
	say(doctor, "path", LEVEL_OK, "%s by %s, pixels by %s%s%s: %s", report.path, report.renderer,
		converter_import_name(result->import), report.detail[0] ? ", " : "", report.detail,
		report.reason);
}

static void note_speed(struct doctor *doctor, const struct durations *still, const struct durations *all) {
	double still_ms = durations_percentile(still, 50), all_ms = durations_percentile(all, 50);
	json_object_set_new(doctor->report, "frame_ms",
		json_pack("{s:f, s:f}", "nothing", still_ms, "everything", all_ms));
	say(doctor, "speed", LEVEL_OK,
		"a frame takes %.3f ms if nothing changed and %.3f ms if everything did (median of %zu); `zerovnc bench` compares the paths",
		still_ms, all_ms, still->count);
}

/* Measures the path that was just tried. */
static void check_speed(struct doctor *doctor, struct path *path) {
	struct durations still = {0}, all = {0};
	struct reason reason = {""};
	int error = bench_path(path, doctor->source, true, &all, &reason);
	if (!error)
		error = bench_path(path, doctor->source, false, &still, &reason);
	if (error)
		say(doctor, "speed", LEVEL_WARNING, "it was not measured: %s", reason.text);
	else
		note_speed(doctor, &still, &all);
}

static void see_nothing(struct doctor *doctor, const struct reason *reason) {
	note(doctor, "state", reason->text);
	say(doctor, "frame", LEVEL_WARNING,
		"nothing to see at the moment, and viewers see a picture that says so: %s", reason->text);
}

/* Converts one frame into a picture that nobody sees. */
static int convert(const struct look *look, struct frame *frame, struct picture *picture,
	struct converter_result *result, struct reason *reason) {
	struct damage damage;
	damage_init(&damage);
	int error = look_convert(look, frame, picture, true, &damage, result, reason);
	damage_finish(&damage);
	return error;
}

static void describe_shortfall(
	struct doctor *doctor, const struct converter_result *result, const struct reason *reason) {
	struct shortfall shortfall = look_shortfall(doctor->source, result->layers_left_out, reason);
	note(doctor, "shortfall", shortfall.text);
	if (shortfall.text[0])
		say(doctor, "shortfall", LEVEL_WARNING, "not all of the screen is served: %s",
			shortfall.text);
}

static void try_path(struct doctor *doctor, const struct look *look, struct frame *frame) {
	struct picture_store *store = picture_store_create();
	struct picture *picture = store ? picture_store_begin(store, frame->width, frame->height) : NULL;
	struct converter_result result = {0};
	struct reason reason = {"out of memory"};
	int error = picture ? convert(look, frame, picture, &result, &reason) : -ENOMEM;
	if (error == -EAGAIN)
		see_nothing(doctor, &reason);
	else
		describe_path(doctor, look->path, &result, error ? reason.text : NULL);
	describe_shortfall(doctor, &result, &reason);
	if (picture)
		picture_store_cancel(store, NULL);
	picture_store_destroy(store);
	if (!error)
		check_speed(doctor, look->path);
}

static void check_frame(struct doctor *doctor) {
	if (!doctor->source)
		return;
	struct look look = {
		.source = doctor->source, .path = path_create((enum path_kind)doctor->config->path)};
	struct frame frame;
	struct reason reason = {"out of memory"};
	frame_init(&frame);
	int error = look.path ? look_acquire(&look, &frame, &reason) : -ENOMEM;
	if (error == -EAGAIN) {
		see_nothing(doctor, &reason);
	} else if (error) {
		cannot_serve(doctor, "frame", reason.text);
	} else {
		describe_frame(doctor, &frame);
		try_path(doctor, &look, &frame);
	}
	frame_finish(&frame);
	path_destroy(look.path);
}

static void check_input(struct doctor *doctor) {
	if (doctor->config->no_input) {
		say(doctor, "input", LEVEL_OK, "none, as asked for (--no-input)");
		return;
	}
	struct input_options options = {.layout = doctor->config->layout};
	struct input *input = input_create(&options);
	const char *unavailable = input ? input_unavailable(input) : "out of memory";
	json_object_set_new(doctor->report, "input", json_boolean(!unavailable));
	if (unavailable)
		say(doctor, "input", LEVEL_WARNING, "viewers can only look: %s", unavailable);
	else
		say(doctor, "input", LEVEL_OK, "keyboard and pointer, layout %s", input_layout(input));
	input_destroy(input);
}

/* The address may be in use by the running server, and sockets that a service manager passes are passed to
 * the server alone. */
static int on_failed(void *context, const char *what, int error, bool needed, const struct reason *reason) {
	if (error == -EADDRINUSE || strcmp(what, "systemd") == 0 || strncmp(what, "fd:", 3) == 0 || !needed)
		say(context, "network", LEVEL_WARNING, "%s", reason->text);
	else
		cannot_serve(context, "network", reason->text);
	return 0;
}

static void on_skipped(void *context, const char *why) {
	say(context, "network", LEVEL_OK, "will not listen at a unix socket: %s", why);
}

static void say_address(struct doctor *doctor, const struct listener_socket *socket) {
	struct stat status;
	char mode[24] = "";
	if (socket->path[0] && stat(socket->path, &status) == 0)
		snprintf(mode, sizeof mode, ", mode %04o", (unsigned)status.st_mode & 07777);
	if (socket->awaited)
		say(doctor, "network", LEVEL_WARNING,
			"would listen at %s, but this machine does not have that address (yet); `ip address` lists those that it has",
			socket->address);
	else
		say(doctor, "network", LEVEL_OK, "can listen at %s%s%s", socket->address,
			socket->exposed ? "" : " (this machine only)", mode);
}

/* Reports who needs no password if the configuration does not say which security types are offered. */
static void check_users(struct doctor *doctor, const struct listener_sockets *sockets) {
	const struct config *config = doctor->config;
	const struct listener_socket *loopback = NULL;
	struct local_users *users;
	struct reason reason = {""};
	char who[256];
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->list[i].loopback)
			loopback = &sockets->list[i];
	if (local_users_create(config->local_users, &users, &reason) != 0) {
		cannot_serve(doctor, "users", reason.text);
		return;
	}
	local_users_list(users, config->password_file, who, sizeof who);
	local_users_destroy(users);
	bool in_use = !config->listen_count && !sockets->count; /* perhaps by the running server */
	if (config->security || (!loopback && !in_use))
		return;
	note(doctor, "local_users", who);
	if (!loopback || loopback->connected || local_user_probe(loopback->fd, &reason) != -EOPNOTSUPP)
		say(doctor, "users", LEVEL_OK,
			"on loopback these come in without a password: %s; all others %s",
			who[0] ? who : "nobody", config->password_file ? "are asked for it" : "are refused");
	else
		say(doctor, "users", LEVEL_WARNING, "on loopback, users cannot be told apart: %s",
			reason.text);
}

/* Listens for a moment. Returns whether other machines can reach any of the sockets. */
static bool check_listeners(struct doctor *doctor) {
	struct listener_wish wish = {.listen = (const char *const *)doctor->config->listen,
		.listen_count = doctor->config->listen_count,
		.socket_group = doctor->config->socket_group,
		.context = doctor,
		.failed = on_failed,
		.skipped = on_skipped};
	struct listener_sockets sockets = {0};
	bool exposed = false;
	listener_open_all(&wish, &sockets);
	for (size_t i = 0; i < sockets.count; i++) {
		exposed = exposed || sockets.list[i].exposed;
		say_address(doctor, &sockets.list[i]);
	}
	check_users(doctor, &sockets);
	listener_close(&sockets);
	return exposed;
}

static void check_network(struct doctor *doctor) {
	const struct config *config = doctor->config;
	struct gateway_options options = {.security = config->security,
		.password_file = config->password_file,
		.plain_users = config->plain_users,
		.view_users = config->view_users};
	struct security_list list = {0};
	struct reason reason = {""};
	char names[256] = "";
	bool exposed = check_listeners(doctor);
	if (policy_decide(&options, exposed, &list, &reason) != 0) {
		cannot_serve(doctor, "security", reason.text);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct security_info *info = &security_infos[list.types[i]];
		size_t used = strlen(names);
		snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", info->name);
		doctor->x509 = doctor->x509 || info->x509;
	}
	bool open = security_list_has(&list, SECURITY_NONE) && exposed;
	say(doctor, "security", open ? LEVEL_WARNING : LEVEL_OK, "%s%s", names,
		open ? ": anybody who can reach this machine may connect" : "");
	note(doctor, "security", names);
}

/* Decides whether the administrator has to do anything about the certificate. The server renews its own
 * certificate by itself. */
static enum level judge(gnutls_x509_crt_t leaf, bool own, struct reason *text) {
	struct host_names names;
	struct reason why;
	host_names_read(&names);
	text->text[0] = 0;
	if (own && own_certificate_is_due(leaf, &names, time(NULL), &why)) {
		reason_set(text, 0, "; the server will make a new one for the same key: %s", why.text);
		return LEVEL_OK;
	}
	if (!certificate_needs_care(leaf, time(NULL), &why))
		return LEVEL_OK;
	reason_set(text, 0, "; it %s", why.text);
	return LEVEL_WARNING;
}

static void describe_certificate(struct doctor *doctor, gnutls_x509_crt_t leaf, bool own) {
	struct certificate_facts facts;
	struct reason care;
	certificate_describe(leaf, &facts);
	enum level level = judge(leaf, own, &care);
	note(doctor, "certificate", facts.fingerprint);
	note(doctor, "certificate_until", facts.until);
	say(doctor, "certificate", level, "SHA-256 %s, valid from %s until %s, for %s%s", facts.fingerprint,
		facts.from, facts.until, facts.names, care.text);
}

static void check_given_certificate(struct doctor *doctor) {
	struct certificate *certificate;
	struct reason reason = {""};
	if (certificate_load(
		    doctor->config->tls_certificate, doctor->config->tls_key, &certificate, &reason)) {
		cannot_serve(doctor, "certificate", reason.text);
		return;
	}
	describe_certificate(doctor, certificate->leaf, false);
	certificate_release(certificate);
}

/* Makes no certificate: the server makes its own when it starts. */
static void check_own_certificate(struct doctor *doctor) {
	char path[STATE_FILE_PATH];
	struct reason reason = {""};
	gnutls_x509_crt_t leaf;
	int error = own_certificate_path(path, &reason);
	if (!error)
		error = certificate_read_leaf(path, &leaf, &reason);
	if (error == -ENOENT) {
		say(doctor, "certificate", LEVEL_OK, "a self-signed one is made at the first start");
	} else if (error) {
		say(doctor, "certificate", LEVEL_WARNING, "%s", reason.text);
	} else {
		describe_certificate(doctor, leaf, true);
		gnutls_x509_crt_deinit(leaf);
	}
}

static void check_certificate(struct doctor *doctor) {
	if (doctor->config->tls_certificate)
		check_given_certificate(doctor);
	else if (doctor->x509 || doctor->config->web_root)
		check_own_certificate(doctor);
}

static void check_web(struct doctor *doctor) {
	const struct config *config = doctor->config;
	struct reason reason = {""};
	if (config->web_root) {
		int folder = web_open_root(config->web_root, &reason);
		if (folder >= 0)
			close(folder);
		else
			cannot_serve(doctor, "web", reason.text);
	}
	if (web_origin_check(config->web_origin, &reason))
		cannot_serve(doctor, "web", reason.text);
}

/* A control socket is needed to serve only if the administrator named it. If it is in use, the running server
 * has it. */
static void check_control(struct doctor *doctor) {
	struct control *control = NULL;
	struct reason reason = {""};
	uv_loop_t loop;
	if (!doctor->config->control || uv_loop_init(&loop) < 0)
		return;
	int error = control_create(
		&loop, doctor->config->control, &(struct control_events){0}, &control, &reason);
	control_destroy(control);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (error == -EADDRINUSE)
		say(doctor, "control", LEVEL_WARNING, "%s", reason.text);
	else if (error)
		cannot_serve(doctor, "control", reason.text);
}

static void (*const checks[])(struct doctor *doctor) = {
	check_permissions,
	check_cards,
	check_source,
	check_frame,
	check_beat,
	check_input,
	check_network,
	check_certificate,
	check_web,
	check_control,
};

json_t *doctor_examine(const struct config *config) {
	struct doctor doctor = {.config = config, .can_serve = true};
	if (inventory_create(&doctor.inventory) != 0)
		return NULL;
	doctor.report = json_object();
	doctor.checks = json_array();
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](&doctor);
	source_destroy(doctor.source);
	inventory_destroy(doctor.inventory);
	json_object_set_new(doctor.report, "can_serve", json_boolean(doctor.can_serve));
	json_object_set_new(doctor.report, "checks", doctor.checks);
	return doctor.report;
}

static void print(const json_t *raw) {
	json_t *report = printable_json(raw);
	size_t index;
	const json_t *check;
	json_array_foreach(json_object_get(report, "checks"), index, check)
		printf("%-8s %-12s %s\n", json_string_value(json_object_get(check, "level")),
			json_string_value(json_object_get(check, "name")),
			json_string_value(json_object_get(check, "text")));
	puts(json_is_true(json_object_get(report, "can_serve")) ? "zerovnc can serve this."
								: "zerovnc cannot serve this.");
	json_decref(report);
}

int doctor_run(const struct config *config, bool as_json) {
	log_set_level(LOG_LEVEL_ERROR); /* the report says everything */
	json_t *report = doctor_examine(config);
	if (!report) {
		fputs("zerovnc: out of memory\n", stderr);
		return 1;
	}
	if (as_json)
		printable_dump(report, stdout);
	else
		print(report);
	bool can_serve = json_is_true(json_object_get(report, "can_serve"));
	json_decref(report);
	return can_serve ? 0 : 1;
}
