/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/command/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "capture/base/array.h"
#include "capture/broker/client.h"
#include "capture/inventory.h"
#include "encode/h264/h264.h"
#include "server/command/doctor_monitor.h"
#include "server/command/doctor_screens.h"
#include "server/command/findings.h"
#include "server/command/outputs.h"
#include "server/control/control.h"
#include "server/frames/choice.h"
#include "server/input/input.h"
#include "server/json_member.h"
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
#include "server/video_library.h"

struct doctor {
	const struct config *config;
	struct findings findings;
	struct inventory *inventory;
	bool has_broker; /* it answers */
	bool is_made;    /* the display comes only when the server starts */
	bool x509;       /* a security type that needs a certificate is offered */
};

static bool wants_kms(const struct doctor *doctor) {
	return doctor->config->source == SOURCE_AUTO || doctor->config->source == SOURCE_KMS;
}

/* --- the checks, in the order in which they are shown --- */

/* With a broker, what this process may do does not matter. */
static void check_broker(struct doctor *doctor) {
	const char *path = doctor->config->broker;
	struct reason why;
	doctor->has_broker = broker_check(path, &why) == 0;
	json_object_set_new(doctor->findings.report, "may_capture", json_boolean(doctor->has_broker));
	if (!wants_kms(doctor))
		return;
	if (doctor->has_broker)
		findings_say(&doctor->findings, "permissions", FINDINGS_OK,
			"the broker at %s reads framebuffers for this user", path);
	else
		findings_say(&doctor->findings, "permissions", FINDINGS_PROBLEM, "%s", why.text);
}

static void check_permissions(struct doctor *doctor) {
	bool may = doctor->inventory->may_capture;
	if (doctor->config->broker) {
		check_broker(doctor);
		return;
	}
	json_object_set_new(doctor->findings.report, "may_capture", json_boolean(may));
	if (!wants_kms(doctor))
		return;
	if (may)
		findings_say(&doctor->findings, "permissions", FINDINGS_OK,
			"framebuffers may be looked at (CAP_SYS_ADMIN)");
	else
		findings_say(&doctor->findings, "permissions",
			doctor->inventory->card_count ? FINDINGS_PROBLEM : FINDINGS_WARNING,
			"framebuffers may not be looked at, which takes CAP_SYS_ADMIN: %s",
			kms_device_capture_remedy());
}

static void check_card(struct doctor *doctor, const struct inventory_card *card) {
	if (card->open_error) {
		findings_say(&doctor->findings, "card", FINDINGS_WARNING, "%s", card->open_reason.text);
		return;
	}
	char outputs[512] = "";
	size_t used = 0;
	for (size_t i = 0; i < card->output_count && used < sizeof outputs; i++) {
		const struct kms_output *output = &card->outputs[i].output;
		used += (size_t)snprintf(outputs + used, sizeof outputs - used, "%s%s %s", i ? ", " : "",
			output->name, kms_output_state_name(output->state));
	}
	findings_say(&doctor->findings, "card", card->output_count ? FINDINGS_OK : FINDINGS_WARNING,
		"%s (%s): %s", card->node, card->device.driver,
		card->output_count ? outputs : "no display outputs");
}

/* Cards that only the broker may open. */
static void check_lit_outputs(struct doctor *doctor) {
	const struct source_options options = config_source(doctor->config);
	struct head heads[HEADS_MAX];
	struct reason why;
	size_t count = 0;
	if (!doctor->has_broker)
		return;
	if (choice_heads(&options, "all", heads, &count, &why))
		findings_say(&doctor->findings, "card", FINDINGS_WARNING, "%s", why.text);
	for (size_t i = 0; i < count; i++)
		findings_say(&doctor->findings, "card", FINDINGS_OK, "%s, by the broker: %s lit, %ux%u",
			heads[i].card, heads[i].output, heads[i].width, heads[i].height);
}

static void check_cards(struct doctor *doctor) {
	json_object_set_new(doctor->findings.report, "hardware", outputs_build(doctor->inventory));
	if (!wants_kms(doctor))
		return;
	if (doctor->config->broker) {
		check_lit_outputs(doctor);
		return;
	}
	for (size_t i = 0; i < doctor->inventory->card_count; i++)
		check_card(doctor, &doctor->inventory->cards[i]);
}

static void check_monitor(struct doctor *doctor) {
	if (wants_kms(doctor))
		doctor->is_made = doctor_monitor_examine(&doctor->findings, doctor->config, "");
}

static void check_screens(struct doctor *doctor) {
	if (!doctor->is_made)
		doctor_screens_examine(&doctor->findings, doctor->config);
}

static void check_input(struct doctor *doctor) {
	if (doctor->config->no_input) {
		findings_say(&doctor->findings, "input", FINDINGS_OK, "none, as asked for (--no-input)");
		return;
	}
	struct input_options options = {.layout = doctor->config->layout, .broker = doctor->config->broker};
	struct input *input = input_create(&options);
	const char *unavailable = input ? input_unavailable(input) : "out of memory";
	if (options.broker && !doctor->has_broker)
		unavailable = "the broker would make the devices";
	json_object_set_new(doctor->findings.report, "input", json_boolean(!unavailable));
	if (unavailable)
		findings_say(&doctor->findings, "input", FINDINGS_WARNING, "viewers can only look: %s",
			unavailable);
	else
		findings_say(&doctor->findings, "input", FINDINGS_OK, "keyboard and pointer%s, layout %s",
			options.broker ? ", which the broker makes when a viewer comes" : "",
			input_layout(input));
	input_destroy(input);
}

/* The address may be in use by the running server, and sockets that a service manager passes are passed to
 * the server alone. */
static int on_failed(void *context, const char *what, int error, bool needed, const struct reason *reason) {
	if (error == -EADDRINUSE || strcmp(what, "systemd") == 0 || strncmp(what, "fd:", 3) == 0 || !needed)
		findings_say(context, "network", FINDINGS_WARNING, "%s", reason->text);
	else
		findings_cannot_serve(context, "network", reason->text);
	return 0;
}

static void on_skipped(void *context, const char *why) {
	findings_say(context, "network", FINDINGS_OK, "will not listen at a unix socket: %s", why);
}

static void say_address(struct doctor *doctor, const struct listener_socket *socket) {
	struct stat status;
	char mode[24] = "";
	if (socket->path[0] && stat(socket->path, &status) == 0)
		snprintf(mode, sizeof mode, ", mode %04o", (unsigned)status.st_mode & 07777);
	if (socket->awaited)
		findings_say(&doctor->findings, "network", FINDINGS_WARNING,
			"would listen at %s, but this machine does not have that address (yet); `ip address` lists those that it has",
			socket->address);
	else
		findings_say(&doctor->findings, "network", FINDINGS_OK, "can listen at %s%s%s",
			socket->address, socket->exposed ? "" : " (this machine only)", mode);
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
	if (local_users_create(config->local_users, NULL, &users, &reason) != 0) {
		findings_cannot_serve(&doctor->findings, "users", reason.text);
		return;
	}
	local_users_list(users, config->password_file, who, sizeof who);
	local_users_destroy(users);
	bool in_use = !config->listen_count && !sockets->count; /* perhaps by the running server */
	if (config->security || (!loopback && !in_use))
		return;
	findings_note(&doctor->findings, "local_users", who);
	if (!loopback || loopback->connected || local_user_probe(loopback->fd, &reason) != -EOPNOTSUPP)
		findings_say(&doctor->findings, "users", FINDINGS_OK,
			"on loopback these come in without a password: %s; all others %s",
			who[0] ? who : "nobody", config->password_file ? "are asked for it" : "are refused");
	else
		findings_say(&doctor->findings, "users", FINDINGS_WARNING,
			"on loopback, users cannot be told apart: %s", reason.text);
}

/* Listens for a moment. Returns whether other machines can reach any of the sockets. */
static bool check_listeners(struct doctor *doctor) {
	struct listener_wish wish = {.listen = (const char *const *)doctor->config->listen,
		.listen_count = doctor->config->listen_count,
		.socket_group = doctor->config->socket_group,
		.context = &doctor->findings,
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
		.view_users = config->view_users,
		.rights = config->rights};
	struct security_list list = {0};
	struct reason reason = {""};
	char names[256] = "";
	bool exposed = check_listeners(doctor);
	if (policy_decide(&options, exposed, &list, &reason) != 0) {
		findings_cannot_serve(&doctor->findings, "security", reason.text);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct security_info *info = &security_infos[list.types[i]];
		size_t used = strlen(names);
		snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", info->name);
		doctor->x509 = doctor->x509 || info->x509;
	}
	bool open = security_list_has(&list, SECURITY_NONE) && exposed;
	findings_say(&doctor->findings, "security", open ? FINDINGS_WARNING : FINDINGS_OK, "%s%s", names,
		open ? ": anybody who can reach this machine may connect" : "");
	findings_note(&doctor->findings, "security", names);
}

/* Decides whether the administrator has to do anything about the certificate. The server renews its own
 * certificate by itself. */
static enum findings_level judge(gnutls_x509_crt_t leaf, bool own, struct reason *text) {
	struct host_names names;
	struct reason why;
	host_names_read(&names);
	text->text[0] = 0;
	if (own && own_certificate_is_due(leaf, &names, time(NULL), &why)) {
		reason_set(text, 0, "; the server will make a new one for the same key: %s", why.text);
		return FINDINGS_OK;
	}
	if (!certificate_needs_care(leaf, time(NULL), &why))
		return FINDINGS_OK;
	reason_set(text, 0, "; it %s", why.text);
	return FINDINGS_WARNING;
}

static void describe_certificate(struct doctor *doctor, gnutls_x509_crt_t leaf, bool own) {
	struct certificate_facts facts;
	struct reason care;
	certificate_describe(leaf, &facts);
	enum findings_level level = judge(leaf, own, &care);
	findings_note(&doctor->findings, "certificate", facts.fingerprint);
	findings_note(&doctor->findings, "certificate_until", facts.until);
	findings_say(&doctor->findings, "certificate", level, "SHA-256 %s, valid from %s until %s, for %s%s",
		facts.fingerprint, facts.from, facts.until, facts.names, care.text);
}

static void check_given_certificate(struct doctor *doctor) {
	struct certificate *certificate;
	struct reason reason = {""};
	if (certificate_load(
		    doctor->config->tls_certificate, doctor->config->tls_key, &certificate, &reason)) {
		findings_cannot_serve(&doctor->findings, "certificate", reason.text);
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
		findings_say(&doctor->findings, "certificate", FINDINGS_OK,
			"a self-signed one is made at the first start");
	} else if (error) {
		findings_say(&doctor->findings, "certificate", FINDINGS_WARNING, "%s", reason.text);
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
			findings_cannot_serve(&doctor->findings, "web", reason.text);
	}
	if (web_origin_check(config->web_origin, &reason))
		findings_cannot_serve(&doctor->findings, "web", reason.text);
}

/* A control socket is needed to serve only if the administrator named it. If it is in use, the running server
 * has it. */
static void check_h264(struct doctor *doctor) {
	struct h264_report h264;
	video_library_load(doctor->config);
	h264_try_gpu();
	h264_report(&h264);
	const char *missing = video_library_missing();
	json_object_set_new(doctor->findings.report, "h264", json_boolean(!missing));
	if (missing)
		findings_say(&doctor->findings, "h264", FINDINGS_OK,
			"videos are sent as all else is, and not as H.264: %s", missing);
	else
		findings_say(&doctor->findings, "h264", FINDINGS_OK,
			"videos are sent as H.264 to viewers that take it (%s)%s%s", h264.by,
			h264.gpu.text[0] ? "; not by a GPU: " : "", h264.gpu.text);
}

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
		findings_say(&doctor->findings, "control", FINDINGS_WARNING, "%s", reason.text);
	else if (error)
		findings_cannot_serve(&doctor->findings, "control", reason.text);
}

static void (*const checks[])(struct doctor *doctor) = {
	check_permissions,
	check_cards,
	check_monitor,
	check_screens,
	check_input,
	check_network,
	check_certificate,
	check_web,
	check_h264,
	check_control,
};

json_t *doctor_examine(const struct config *config) {
	struct doctor doctor = {.config = config};
	json_t *report = NULL;
	if (inventory_create(&doctor.inventory) != 0)
		return NULL;
	if (findings_init(&doctor.findings)) {
		for (size_t i = 0; i < ARRAY_LEN(checks); i++)
			checks[i](&doctor);
		report = doctor.findings.report;
		json_object_set_new(report, "can_serve", json_boolean(doctor.findings.can_serve));
	}
	inventory_destroy(doctor.inventory);
	return report;
}

/* If several outputs were examined, each is a paragraph of its own. */
static void print(const json_t *raw) {
	json_t *report = printable_json(raw);
	const char *output = "";
	size_t index;
	const json_t *check;
	json_array_foreach(json_object_get(report, "checks"), index, check) {
		if (strcmp(output, json_member_text(check, "output")) != 0)
			puts("");
		output = json_member_text(check, "output");
		printf("%-8s %-12s %s\n", json_member_text(check, "level"), json_member_text(check, "name"),
			json_member_text(check, "text"));
	}
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
