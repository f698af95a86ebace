/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/reload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"
#include "server/config/config.h"
#include "server/config/gateway.h"
#include "server/control/verbs.h"
#include "server/frames/frames.h"
#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/gateway.h"
#include "server/printable_json.h"
#include "server/system/notify.h"

struct reload {
	struct reload_parts parts;
	uv_work_t work;
	bool running, again, destroyed;
	json_t *result; /* NULL: there was none yet */
	/* Written on the pool's thread while it runs. */
	struct config fresh;
	struct local_users *local_users;
	int error;
	struct reason reason;
};

static void apply_log_level(const struct reload_parts *parts) {
	log_set_level((enum log_level)parts->config->log_level);
}

static void apply_view_only(const struct reload_parts *parts) {
	verbs_set_view_only(parts->verbs, parts->config->view_only);
}

static void apply_rights(const struct reload_parts *parts) {
	verbs_follow_rights(parts->verbs);
}

static void apply_fps(const struct reload_parts *parts) {
	frames_set_fps(parts->frames, parts->config->fps);
}

/* What can change while the server runs. NULL: gateway_reload() does it, or the
 * setting is looked up when it matters. */
static const struct {
	const char *name;
	void (*apply)(const struct reload_parts *parts);
} live[] = {
	{"announce", NULL},
	{"approve", NULL},
	{"approve-time", NULL},
	{"connect", NULL},
	{"fps", apply_fps},
	{"local-users", NULL},
	{"lock-on-leave", NULL},
	{"log-level", apply_log_level},
	{"login-grace", NULL},
	{"name", NULL},
	{"password-file", NULL},
	{"plain-users", apply_rights},
	{"relative-pointer", NULL},
	{"resize", NULL},
	{"rights", apply_rights},
	{"sharing", NULL},
	{"sign", NULL},
	{"view-only", apply_view_only},
	{"view-users", apply_rights},
	{"web-origin", NULL},
};

/* --- on the pool's thread --- */

static void read_again(uv_work_t *work) {
	struct reload *reload = work->data;
	const struct config *config = reload->parts.config; /* the command line in it never changes */
	if (config->has_file)
		reload->error = config_read(&reload->fresh, config->argc, config->argv, &reload->reason);
	else
		reload->error = reason_set(&reload->reason, -ENOENT,
			"there is no file to read: the server was started without --config=FILE");
	if (!reload->error)
		reload->error = local_users_create(reload->fresh.local_users, reload->fresh.rights,
			&reload->local_users, &reload->reason);
}

/* --- on the loop --- */

/* Without a password file there are other security types, and their keys were not loaded. */
static bool is_live(const struct reload *reload, const char *name) {
	if (strcmp(name, "password-file") == 0 &&
		!reload->parts.config->password_file != !reload->fresh.password_file)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(live); i++)
		if (strcmp(live[i].name, name) == 0)
			return true;
	return false;
}

static void sort_out(void *context, const char *name) {
	struct reload *reload = context;
	json_array_append_new(json_object_get(reload->result, is_live(reload, name) ? "changed" : "restart"),
		json_string(name));
}

static void swap(struct reload *reload, const json_t *names) {
	for (size_t i = 0; i < json_array_size(names); i++)
		config_swap(
			reload->parts.config, &reload->fresh, json_string_value(json_array_get(names, i)));
}

static void apply(const struct reload *reload, const char *name) {
	for (size_t i = 0; i < ARRAY_LEN(live); i++)
		if (live[i].apply && strcmp(live[i].name, name) == 0)
			live[i].apply(&reload->parts);
}

/* All or nothing: the gateway is asked first, and it alone may refuse. */
static void adopt(struct reload *reload) {
	char name[CONFIG_NAME_SIZE];
	struct gateway_options options;
	const json_t *changed = json_object_get(reload->result, "changed");
	config_compare(reload->parts.config, &reload->fresh, sort_out, reload);
	swap(reload, changed);
	config_gateway(reload->parts.config, name, &options);
	reload->error =
		gateway_reload(reload->parts.gateway, &options, &reload->local_users, &reload->reason);
	if (reload->error) {
		swap(reload, changed);
		return;
	}
	for (size_t i = 0; i < json_array_size(changed); i++)
		apply(reload, json_string_value(json_array_get(changed, i)));
}

static void list(const json_t *names, const char *before, struct reason *words) {
	for (size_t i = 0; i < json_array_size(names); i++)
		reason_append(words, "%s%s", i ? ", " : before, json_string_value(json_array_get(names, i)));
}

static void tell(const struct reload *reload) {
	struct reason words = {""};
	if (reload->error) {
		log_error("the settings stay as they were: %s", reload->reason.text);
		return;
	}
	list(json_object_get(reload->result, "changed"), "; changed: ", &words);
	list(json_object_get(reload->result, "restart"), "; takes effect after a restart: ", &words);
	log_info("the settings were read again%s", words.text[0] ? words.text : "; nothing has changed");
}

static void finish(struct reload *reload) {
	json_decref(reload->result);
	reload->result = json_pack("{s:[], s:[]}", "changed", "restart");
	if (!reload->error)
		adopt(reload);
	if (reload->error) {
		json_decref(reload->result);
		reload->result = json_pack("{s:o}", "error", printable_string(reload->reason.text));
	}
	tell(reload);
	notify_send("READY=1");
}

static void begin(struct reload *reload);

static void on_read(uv_work_t *work, int status) {
	struct reload *reload = work->data;
	reload->running = false;
	if (!reload->destroyed && status == 0)
		finish(reload);
	config_finish(&reload->fresh);
	local_users_destroy(reload->local_users);
	reload->local_users = NULL;
	if (reload->destroyed)
		reload_destroy(reload);
	else if (reload->again)
		begin(reload);
	else
		reload->parts.done(reload->parts.context);
}

static void begin(struct reload *reload) {
	reload->again = false;
	reload->running = true;
	reload->reason = (struct reason){""};
	notify_reloading();
	uv_queue_work(reload->parts.loop, &reload->work, read_again, on_read);
}

void reload_start(struct reload *reload, const char *who) {
	log_info("reading the settings again, because of %s", who);
	if (reload->running)
		reload->again = true;
	else
		begin(reload);
}

json_t *reload_result(const struct reload *reload) {
	return reload->running ? NULL : json_incref(reload->result);
}

struct reload *reload_create(const struct reload_parts *parts) {
	struct reload *reload = calloc(1, sizeof *reload);
	if (!reload)
		return NULL;
	reload->parts = *parts;
	reload->work.data = reload;
	return reload;
}

void reload_destroy(struct reload *reload) {
	if (!reload)
		return;
	reload->destroyed = true;
	if (reload->running) {
		uv_cancel((uv_req_t *)&reload->work); /* fails if it is being read */
		return;
	}
	json_decref(reload->result);
	free(reload);
}
