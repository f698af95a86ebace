/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/logins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/local_users.h"
#include "server/net/auth/plain.h"
#include "server/net/auth/verdict.h"
#include "server/net/gateway.h"
#include "server/net/guesses.h"
#include "server/net/listen/sockets.h"
#include "server/net/login/held.h"
#include "server/net/login/refusals.h"
#include "server/net/login/rfb.h"
#include "server/net/remote.h"
#include "server/net/viewer/viewers.h"
#include "server/net/web/origin.h"
#include "server/net/web/web.h"

/* --- PAM's answers: refusals count against the place and are logged, even those of viewers that did not wait
 * for them. A login that succeeds is logged by the code that lets the client in. --- */

static bool may_ask(void *context, const struct place *from) {
	const struct logins *logins = context;
	return guesses_wait(logins->guesses, from, uv_now(logins->loop)) == 0;
}

static void answered(
	void *context, const struct auth_plain_question *question, const char *refusal, bool waited) {
	struct logins *logins = context;
	const struct verdict_about about = {question->type, question->user, question->address, question->by};
	const struct gateway_events *events = logins->viewers->events;
	char line[VERDICT_LINE];
	if (!question->listed)
		refusal = "not among --plain-users, --view-users or --rights";
	if (refusal) {
		guesses_failed(logins->guesses, &question->from, question->user, uv_now(logins->loop));
		const struct log_event event = {.name = "login-failed",
			.address = question->address,
			.user = question->user,
			.security = question->type,
			.reason = refusal};
		log_about(LOG_LEVEL_WARNING, &event, "%s", verdict_line(line, &about, "refused: ", refusal));
		const struct gateway_refusal told = {.address = question->address,
			.user = "",
			.account = question->user,
			.security = question->type,
			.why = refusal};
		events->refused(events->context, &told);
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

/* What gateway_reload() may change. */
static int copy_texts(struct logins *logins, const struct gateway_options *options) {
	const char *plain = options->plain_users ? options->plain_users : logins->own_user;
	int error = copy_text(options->password_file, &logins->password_file);
	if (!error)
		error = copy_text(plain, &logins->users.plain);
	if (!error)
		error = copy_text(options->view_users, &logins->users.view);
	if (!error)
		error = copy_text(options->rights, &logins->users.rights);
	if (!error)
		error = copy_text(options->web_origins, &logins->web_origins);
	return error;
}

static void free_texts(struct logins *logins) {
	free(logins->users.plain);
	free(logins->users.view);
	free(logins->users.rights);
	free(logins->web_origins);
	free(logins->password_file);
}

static int create_parts(struct logins *logins) {
	const struct auth_plain_events events = {logins, may_ask, answered};
	logins->guesses = guesses_create(geteuid());
	logins->held = held_create(logins, login_rfb_look);
	logins->refusals = refusals_create(logins->loop, REFUSALS_WINDOW_MS);
	logins->plain = auth_plain_create(logins->loop, NULL, logins->login_helper, &events);
	return logins->guesses && logins->held && logins->refusals && logins->plain ? 0 : -ENOMEM;
}

int logins_init(struct logins *logins, struct peers *peers, struct viewers *viewers, uv_loop_t *loop,
	const struct gateway_options *options, struct reason *reason) {
	logins->loop = loop;
	logins->viewers = viewers;
	logins->peers = peers;
	logins->web_root = -1;
	logins->grace_s = options->login_grace_s;
	logins->sharing = options->sharing;
	logins->own_user = rights_own_user(options->login_helper);
	int error = copy_texts(logins, options);
	if (!error)
		error = copy_text(options->login_helper, &logins->login_helper);
	if (!error)
		error = create_parts(logins);
	if (error)
		return reason_set(reason, error, "out of memory");
	error = web_origin_check(options->web_origins, reason);
	return error ? error
		     : local_users_create(
			       options->local_users, options->rights, &logins->local_users, reason);
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

int logins_may_call(const struct logins *logins, bool exposed, struct reason *reason) {
	struct security_list list;
	if (logins->policy.given || !security_list_default(exposed, logins->password_file, &list, NULL))
		return 0;
	return reason_set(reason, -EACCES,
		"whoever answers on another machine must be asked for a password: write one with 'zerovnc passwd FILE' and give --password-file=FILE (or say --security=none if everybody may come in)");
}

/* Whether the types that are offered can still be used with these options: they may need a password or
 * users. */
static int check_policy(const struct logins *logins, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct reason *reason) {
	struct security_list list;
	struct gateway_options with = *options;
	if (!with.plain_users) /* not looked up again, which may wait for a network */
		with.plain_users = logins->own_user;
	return policy_decide(&with, listener_any_exposed(sockets), &list, reason);
}

int logins_reload(struct logins *logins, const struct gateway_options *options,
	const struct listener_sockets *sockets, struct local_users **local_users, struct reason *reason) {
	struct logins with = {.own_user = logins->own_user};
	int error = check_policy(logins, options, sockets, reason);
	if (error)
		return error;
	if (copy_texts(&with, options)) {
		free_texts(&with);
		return reason_set(reason, -ENOMEM, "out of memory");
	}
	free_texts(logins);
	logins->password_file = with.password_file;
	logins->users = with.users;
	logins->web_origins = with.web_origins;
	logins->grace_s = options->login_grace_s;
	logins->sharing = options->sharing;
	local_users_inherit(*local_users, logins->local_users);
	local_users_destroy(logins->local_users);
	logins->local_users = *local_users;
	*local_users = NULL;
	return 0;
}

unsigned logins_rights(
	const struct logins *logins, const struct remote *remote, const char *account, unsigned proven) {
	if (account[0])
		return proven & rights_of_user(&logins->users, account);
	const char *name =
		remote->user.known ? local_users_in_rights(logins->local_users, remote->user.uid) : NULL;
	return name ? proven & rights_of_local_user(&logins->users, name) : proven;
}

void logins_finish(struct logins *logins) {
	local_users_destroy(logins->local_users);
	held_destroy(logins->held);
	guesses_destroy(logins->guesses);
	refusals_destroy(logins->refusals);
	auth_plain_destroy(logins->plain);
	keys_finish(&logins->keys);
	if (logins->web_root >= 0)
		close(logins->web_root);
	free(logins->login_helper);
	free(logins->own_user);
	free_texts(logins);
}
