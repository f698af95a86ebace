/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/plain.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "server/loop.h"

static const char service[] = "zerovnc";

/* The question that PAM is asked about users that are not listed. No user database has a name with a colon,
 * and no password is like this one (sshd uses it for the same purpose). */
static const char nobody[] = "not:listed", no_password[] = "\b\n\r\177INCORRECT";

enum job_stage {
	JOB_WAITS,  /* until nothing else from that place is asked */
	JOB_ASKS,   /* PAM is asked, in the thread pool */
	JOB_PAUSES, /* refused, but nobody was told yet */
	JOB_OVER,   /* will be freed by the loop */
};

struct auth_plain_job {
	struct auth_plain *plain;
	TAILQ_ENTRY(auth_plain_job) link; /* auth_plain.jobs */
	struct auth_plain_question question;
	uv_work_t work;
	uv_timer_t pause;
	struct loop_closing closing;
	enum job_stage stage;
	uint64_t asked; /* when, in ms by the loop's clock */
	unsigned pause_us;
	char refusal[128]; /* PAM's reason; "": none */
	enum auth_plain_answer answer;
	void (*done)(void *context, enum auth_plain_answer answer); /* NULL: forgotten */
	void *context;
};

struct auth_plain {
	uv_loop_t *loop;
	const char *folder;
	struct auth_plain_events events;
	TAILQ_HEAD(, auth_plain_job) jobs; /* oldest first */
	uint64_t pause_ms; /* the longest pause that PAM has asked for: it must not depend on the user */
	bool leaving;
};

/* --- in the pool --- */

static int answer(
	int count, const struct pam_message **messages, struct pam_response **responses, void *context) {
	const struct auth_plain_question *question = &((struct auth_plain_job *)context)->question;
	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	struct pam_response *list = calloc((size_t)count, sizeof *list);
	if (!list)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		const char *text = NULL;
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			text = question->listed ? question->password : no_password;
		else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			text = question->listed ? question->user : nobody;
		list[i].resp = text ? strdup(text) : NULL; /* PAM wipes and frees it */
	}
	*responses = list;
	return PAM_SUCCESS;
}

/* PAM calls this instead of sleeping. It also does so after a right password, which may still be refused. */
static void on_fail_delay(int result, unsigned delay_us, void *context) {
	(void)result;
	((struct auth_plain_job *)context)->pause_us = delay_us;
}

/* Sets what modules and their rules depend on: pam_access recognises a login from the network by its host,
 * pam_faillock and the log name the host, and some modules refuse to work without a terminal (sshd says "ssh"
 * there). */
static int set_items(pam_handle_t *pam, const struct auth_plain_question *question) {
	int result = pam_set_item(pam, PAM_FAIL_DELAY, (const void *)on_fail_delay);
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_TTY, "vnc");
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_RHOST, question->host);
	return result;
}

static void explain(struct auth_plain_job *job, pam_handle_t *pam, bool known, int result) {
	if (!known && (result == PAM_AUTH_ERR || result == PAM_USER_UNKNOWN))
		snprintf(job->refusal, sizeof job->refusal, "wrong name or password");
	else
		snprintf(job->refusal, sizeof job->refusal, "%s: %s",
			known ? "the account may not log in" : "PAM", pam_strerror(pam, result));
}

/* Whether PAM still means this user. A module may have mapped the name to another user, whom nobody has
 * allowed to come in. */
static bool is_still(pam_handle_t *pam, const char *user) {
	const void *mapped = NULL;
	return pam_get_item(pam, PAM_USER, &mapped) == PAM_SUCCESS && mapped && strcmp(mapped, user) == 0;
}

static void ask(uv_work_t *work) {
	struct auth_plain_job *job = work->data;
	const struct auth_plain_question *question = &job->question;
	struct pam_conv conversation = {.conv = answer, .appdata_ptr = job};
	const char *user = question->listed ? question->user : nobody;
	pam_handle_t *pam = NULL;
	int result = pam_start_confdir(service, user, &conversation, job->plain->folder, &pam);
	if (result == PAM_SUCCESS)
		result = set_items(pam, question);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (result != PAM_SUCCESS) {
		explain(job, pam, false, result);
	} else {
		result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
		if (result != PAM_SUCCESS)
			explain(job, pam, true, result);
		else if (!is_still(pam, user))
			snprintf(job->refusal, sizeof job->refusal, "PAM mapped it to another user");
	}
	if (pam)
		pam_end(pam, result);
	explicit_bzero(job->question.password, sizeof job->question.password);
}

/* --- on the loop --- */

static void start_waiting(struct auth_plain *plain);

static void free_if_left(struct auth_plain *plain) {
	if (plain->leaving && TAILQ_EMPTY(&plain->jobs))
		free(plain);
}

static void closed(void *owner) {
	struct auth_plain_job *job = owner;
	struct auth_plain *plain = job->plain;
	TAILQ_REMOVE(&plain->jobs, job, link);
	explicit_bzero(job, sizeof *job);
	free(job);
	free_if_left(plain);
}

static void end(struct auth_plain_job *job) {
	job->stage = JOB_OVER;
	loop_close(&job->closing, closed, job, LOOP_HANDLES(&job->pause));
}

static void tell(struct auth_plain_job *job) {
	void (*done)(void *context, enum auth_plain_answer answer) = job->done;
	job->done = NULL;
	end(job);
	if (done)
		done(job->context, job->answer);
}

static void on_pause_over(uv_timer_t *timer) {
	struct auth_plain_job *job = timer->data;
	tell(job);
	start_waiting(job->plain);
}

uint64_t auth_plain_rest(uint64_t took_ms, uint64_t pause_ms) {
	return pause_ms - took_ms % pause_ms;
}

/* Keeps the answer back for `ms`. This is also done if nobody waits for it any more: a client that
 * disconnects early must not get another guess sooner. */
static void keep_back(struct auth_plain_job *job, uint64_t ms) {
	job->stage = JOB_PAUSES;
	uv_timer_start(&job->pause, on_pause_over, ms, 0);
}

/* The pause that PAM asks for is random, and may differ for each kind of user, so the longest one is kept. */
static void refuse_later(struct auth_plain_job *job) {
	struct auth_plain *plain = job->plain;
	uint64_t took = uv_now(plain->loop) - job->asked, wanted = ((uint64_t)job->pause_us + 999) / 1000;
	if (wanted > plain->pause_ms)
		plain->pause_ms = wanted;
	keep_back(job, auth_plain_rest(took, plain->pause_ms));
}

static void finished(uv_work_t *work, int status) {
	struct auth_plain_job *job = work->data;
	struct auth_plain *plain = job->plain;
	if (plain->leaving || status) { /* it was forgotten before a thread had begun to work on it */
		end(job);
		if (!plain->leaving)
			start_waiting(plain);
		return;
	}
	bool accepted = !job->refusal[0];
	plain->events.answered(
		plain->events.context, &job->question, accepted ? NULL : job->refusal, job->done != NULL);
	job->answer = accepted && job->question.listed ? AUTH_PLAIN_RIGHT : AUTH_PLAIN_WRONG;
	if (job->answer == AUTH_PLAIN_RIGHT)
		tell(job);
	else
		refuse_later(job);
	start_waiting(plain);
}

static bool is_busy(const struct auth_plain *plain, const struct limits_key *from) {
	const struct auth_plain_job *job;
	TAILQ_FOREACH(job, &plain->jobs, link)
		if ((job->stage == JOB_ASKS || job->stage == JOB_PAUSES) &&
			limits_same(&job->question.from, from))
			return true;
	return false;
}

static void start(struct auth_plain_job *job) {
	struct auth_plain *plain = job->plain;
	if (!plain->events.may_ask(plain->events.context, &job->question.from)) {
		keep_back(job, 0); /* nobody must be told before auth_plain_start() has returned */
		return;
	}
	job->stage = JOB_ASKS;
	job->asked = uv_now(plain->loop);
	uv_queue_work(plain->loop, &job->work, ask, finished);
}

/* Jobs stay in the list until the loop has closed their handles, whatever is done to them here. */
static void start_waiting(struct auth_plain *plain) {
	struct auth_plain_job *job;
	TAILQ_FOREACH(job, &plain->jobs, link)
		if (job->stage == JOB_WAITS && !is_busy(plain, &job->question.from))
			start(job);
}

/* --- for the gateway --- */

struct auth_plain *auth_plain_create(
	uv_loop_t *loop, const char *folder, const struct auth_plain_events *events) {
	struct auth_plain *plain = calloc(1, sizeof *plain);
	if (!plain)
		return NULL;
	TAILQ_INIT(&plain->jobs);
	plain->loop = loop;
	plain->folder = folder;
	plain->events = *events;
	plain->pause_ms = AUTH_PLAIN_PAUSE_MS;
	return plain;
}

void auth_plain_destroy(struct auth_plain *plain) {
	if (!plain)
		return;
	plain->leaving = true;
	struct auth_plain_job *job;
	TAILQ_FOREACH(job, &plain->jobs, link)
		if (job->stage == JOB_PAUSES)
			end(job);
	free_if_left(plain);
}

struct auth_plain_job *auth_plain_start(struct auth_plain *plain, const struct auth_plain_question *question,
	void (*done)(void *context, enum auth_plain_answer answer), void *context) {
	struct auth_plain_job *job = calloc(1, sizeof *job);
	if (!job)
		return NULL;
	job->plain = plain;
	job->question = *question;
	job->work.data = job->pause.data = job;
	job->done = done;
	job->context = context;
	uv_timer_init(plain->loop, &job->pause);
	TAILQ_INSERT_TAIL(&plain->jobs, job, link);
	start_waiting(plain);
	return job;
}

void auth_plain_forget(struct auth_plain_job *job) {
	if (!job)
		return;
	job->done = NULL;
	if (job->stage == JOB_ASKS)
		uv_cancel((uv_req_t *)&job->work); /* otherwise it runs to its end */
	else if (job->stage == JOB_WAITS)
		end(job);
}
