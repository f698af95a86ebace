/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/logins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/auth/plain_users.h"
#include "server/net/auth/verdict.h"
#include "server/net/gateway.h"
#include "server/net/limits.h"
#include "server/net/login/held.h"
#include "server/net/login/refusals.h"
#include "server/net/login/rfb.h"
#include "server/net/web/origin.h"
#include "server/net/web/web.h"

/* --- PAM's answers: refusals count against the place and are logged, even those of viewers that did not wait
 * for them. A login that succeeds is logged by the code that lets the client in. --- */

static bool may_ask(void *context, const struct limits_key *from) {
	const struct logins *logins = context;
	return limits_wait(logins->limits, from, uv_now(logins->loop)) == 0;
}

static void answered(
	void *context, const struct auth_plain_question *question, const char *refusal, bool waited) {
	struct logins *logins = context;
	const struct verdict_about about = {question->type, question->user, question->address, question->by};
	char line[VERDICT_LINE];
	if (!question->listed)
		refusal = "not among --plain-users or --view-users";
	if (refusal) {
		limits_failed(logins->limits, &question->from, question->user, uv_now(logins->loop));
		log_warning("%s", verdict_line(line, &about, "refused: ", refusal));
	} else if (!waited) {
		log_warning("%s",
			verdict_line(line, &about, "left before it was let in", ": the password was right"));
	}
}

/* --- beginning and end --- */

static int copy_text(const char *text, char **copy) {
	*copy = text ? strdup(text) : NULL;
	return text && !*copy ? -ENOMEM : 0;
}

static int copy_texts(struct logins *logins, const struct gateway_options *options) {
	int error = copy_text(options->password_file, &logins->password_file);
	if (!error)
		error = copy_text(options->plain_users, &logins->plain_users);
	if (!error)
		error = copy_text(options->view_users, &logins->view_users);
	if (!error)
		error = copy_text(options->web_origins, &logins->web_origins);
	if (!options->plain_users)
		logins->plain_users = plain_users_default();
	return error;
}

static int create_parts(struct logins *logins) {
	const struct auth_plain_events events = {logins, may_ask, answered};
	logins->limits = limits_create(geteuid());
	logins->held = held_create(logins, login_rfb_look);
	logins->refusals = refusals_create(logins->loop, REFUSALS_WINDOW_MS);
	logins->plain = auth_plain_create(logins->loop, NULL, &events);
	return logins->limits && logins->held && logins->refusals && logins->plain ? 0 : -ENOMEM;
}

int logins_init(struct logins *logins, struct peers *peers, struct viewers *viewers, uv_loop_t *loop,
	const struct gateway_options *options, struct reason *reason) {
	logins->loop = loop;
	logins->viewers = viewers;
	logins->peers = peers;
	logins->web_root = -1;
	logins->grace_s = options->login_grace_s;
	logins->view_only = options->view_only;
	logins->sharing = options->sharing;
	int error = create_parts(logins);
	if (!error)
		error = copy_texts(logins, options);
	if (error)
		return reason_set(reason, error, "out of memory");
	error = web_origin_check(options->web_origins, reason);
	return error ? error : local_users_create(options->local_users, &logins->local_users, reason);
}

int logins_decide(struct logins *logins, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct reason *reason) {
	int error = policy_set(&logins->policy, options, sockets, logins->local_users, reason);
	if (!error)
		error = keys_load(&logins->keys, &logins->policy, options, reason);
	if (error || !options->web_root)
		return error;
	logins->web_root = web_open_root(options->web_root, reason);
	return logins->web_root < 0 ? logins->web_root : 0;
}

void logins_finish(struct logins *logins) {
	local_users_destroy(logins->local_users);
	held_destroy(logins->held);
	limits_destroy(logins->limits);
	refusals_destroy(logins->refusals);
	auth_plain_destroy(logins->plain);
	keys_finish(&logins->keys);
	if (logins->web_root >= 0)
		close(logins->web_root);
	free(logins->plain_users);
	free(logins->view_users);
	free(logins->web_origins);
	free(logins->password_file);
}
