/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/plain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "server/loop.h"
#include "server/net/auth/helper.h"
#include "server/net/auth/pam.h"

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
	struct auth_pam_verdict verdict;
	enum auth_plain_answer answer;
	void (*done)(void *context, enum auth_plain_answer answer); /* NULL: forgotten */
	void *context;
};

struct auth_plain {
	uv_loop_t *loop;
	const char *folder;
	char *helper; /* owned; NULL: none */
	struct auth_plain_events events;
	TAILQ_HEAD(, auth_plain_job) jobs; /* oldest first */
	uint64_t pause_ms; /* the longest pause that PAM has asked for: it must not depend on the user */
	bool leaving;
};

/* --- in the pool --- */

static void ask(uv_work_t *work) {
	struct auth_plain_job *job = work->data;
	struct auth_plain_question *question = &job->question;
	struct auth_pam_question asked = {.listed = question->listed};
	memcpy(asked.user, question->user, sizeof asked.user);
	memcpy(asked.password, question->password, sizeof asked.password);
	memcpy(asked.host, question->host, sizeof asked.host);
	if (job->plain->helper)
		auth_helper_ask(job->plain->helper, &asked, &job->verdict);
	else
		auth_pam_ask(job->plain->folder, &asked, &job->verdict);
	explicit_bzero(&asked, sizeof asked);
	explicit_bzero(question->password, sizeof question->password);
}

/* --- on the loop --- */

static void start_waiting(struct auth_plain *plain);

static void free_if_left(struct auth_plain *plain) {
	if (!plain->leaving || !TAILQ_EMPTY(&plain->jobs))
		return;
	free(plain->helper);
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
	uint64_t took = uv_now(plain->loop) - job->asked,
		 wanted = ((uint64_t)job->verdict.pause_us + 999) / 1000;
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
	bool accepted = !job->verdict.refusal[0];
	plain->events.answered(plain->events.context, &job->question, accepted ? NULL : job->verdict.refusal,
		job->done != NULL);
	job->answer = accepted && job->question.listed ? AUTH_PLAIN_RIGHT : AUTH_PLAIN_WRONG;
	if (job->answer == AUTH_PLAIN_RIGHT)
		tell(job);
	else
		refuse_later(job);
	start_waiting(plain);
}

static bool is_busy(const struct auth_plain *plain, const struct place *from) {
	const struct auth_plain_job *job;
	TAILQ_FOREACH(job, &plain->jobs, link)
		if ((job->stage == JOB_ASKS || job->stage == JOB_PAUSES) &&
			place_same(&job->question.from, from))
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
	uv_loop_t *loop, const char *folder, const char *helper, const struct auth_plain_events *events) {
	struct auth_plain *plain = calloc(1, sizeof *plain);
	if (!plain)
		return NULL;
	TAILQ_INIT(&plain->jobs);
	plain->loop = loop;
	plain->folder = folder;
	plain->helper = helper ? strdup(helper) : NULL;
	if (helper && !plain->helper) {
		free(plain);
		return NULL;
	}
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
