/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth_plain.h"

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

static const char service[] = "zerovnc";

enum { MAX_TEXT = 255 };

enum job_stage {
	JOB_WAITS,  /* until nothing else from there is asked */
	JOB_ASKS,   /* in the pool */
	JOB_PAUSES, /* as PAM wants it after a wrong password */
};

struct auth_plain_job {
	struct auth_plain *plain;
	struct auth_plain_job *next, **link; /* auth_plain.jobs */
	uv_work_t work;
	uv_timer_t pause;
	enum job_stage stage;
	struct limits_key from;
	char user[MAX_TEXT + 1], password[MAX_TEXT + 1];
	unsigned pause_us;
	bool good;
	void (*done)(void *context, bool good); /* NULL: forgotten */
	void *context;
};

struct auth_plain {
	uv_loop_t *loop;
	const char *folder;
	struct auth_plain_job *jobs; /* oldest first */
	bool leaving;
};

/* --- in the pool --- */

static int answer(
	int count, const struct pam_message **messages, struct pam_response **responses, void *context) {
	struct auth_plain_job *job = context;
	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	struct pam_response *list = calloc((size_t)count, sizeof *list);
	if (!list)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		const char *text = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF  ? job->password
				   : messages[i]->msg_style == PAM_PROMPT_ECHO_ON ? job->user
										  : NULL;
		list[i].resp = text ? strdup(text) : NULL; /* PAM wipes and frees it */
	}
	*responses = list;
	return PAM_SUCCESS;
}

/* Called where PAM would sleep otherwise. */
static void on_fail_delay(int result, unsigned delay_us, void *context) {
	if (result != PAM_SUCCESS)
		((struct auth_plain_job *)context)->pause_us = delay_us;
}

static void ask(uv_work_t *work) {
	struct auth_plain_job *job = work->data;
	struct pam_conv conversation = {.conv = answer, .appdata_ptr = job};
	pam_handle_t *pam = NULL;
	int result = pam_start_confdir(service, job->user, &conversation, job->plain->folder, &pam);
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_FAIL_DELAY, (const void *)on_fail_delay);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	/* a module may have mapped the name to another user, of whom nobody said that he may come in */
	const void *mapped = NULL;
	if (result == PAM_SUCCESS)
		result = pam_get_item(pam, PAM_USER, &mapped);
	job->good = result == PAM_SUCCESS && mapped && strcmp(mapped, job->user) == 0;
	if (pam)
		pam_end(pam, result);
	explicit_bzero(job->password, sizeof job->password);
}

/* --- on the loop --- */

static void start_waiting(struct auth_plain *plain);

static void free_if_left(struct auth_plain *plain) {
	if (plain->leaving && !plain->jobs)
		free(plain);
}

static void closed(uv_handle_t *handle) {
	struct auth_plain_job *job = handle->data;
	struct auth_plain *plain = job->plain;
	*job->link = job->next;
	if (job->next)
		job->next->link = job->link;
	explicit_bzero(job, sizeof *job);
	free(job);
	free_if_left(plain);
}

static void end(struct auth_plain_job *job) {
	uv_close((uv_handle_t *)&job->pause, closed);
}

static void tell(struct auth_plain_job *job) {
	void (*done)(void *context, bool good) = job->done;
	job->done = NULL;
	if (done)
		done(job->context, job->good);
	end(job);
}

static void on_pause_over(uv_timer_t *timer) {
	tell(timer->data);
}

static void finished(uv_work_t *work, int status) {
	struct auth_plain_job *job = work->data;
	job->stage = JOB_PAUSES;
	if (!job->done || job->good || !job->pause_us)
		tell(job);
	else
		uv_timer_start(&job->pause, on_pause_over, (job->pause_us + 999) / 1000, 0);
	start_waiting(job->plain);
}

static bool is_asked_about(const struct auth_plain *plain, const struct limits_key *from) {
	for (const struct auth_plain_job *job = plain->jobs; job; job = job->next)
		if (job->stage == JOB_ASKS && limits_same(&job->from, from))
			return true;
	return false;
}

static void start_waiting(struct auth_plain *plain) {
	for (struct auth_plain_job *job = plain->jobs; job; job = job->next) {
		if (job->stage != JOB_WAITS || is_asked_about(plain, &job->from))
			continue;
		job->stage = JOB_ASKS;
		uv_queue_work(plain->loop, &job->work, ask, finished);
	}
}

/* --- for the gateway --- */

struct auth_plain *auth_plain_create(uv_loop_t *loop, const char *folder) {
	struct auth_plain *plain = calloc(1, sizeof *plain);
	if (!plain)
		return NULL;
	plain->loop = loop;
	plain->folder = folder;
	return plain;
}

void auth_plain_destroy(struct auth_plain *plain) {
	if (!plain)
		return;
	plain->leaving = true;
	free_if_left(plain);
}

struct auth_plain_job *auth_plain_start(struct auth_plain *plain, const struct limits_key *from,
	const char *user, const char *password, void (*done)(void *context, bool good), void *context) {
	struct auth_plain_job *job = calloc(1, sizeof *job), **link = &plain->jobs;
	if (!job)
		return NULL;
	job->plain = plain;
	job->from = *from;
	job->work.data = job->pause.data = job;
	job->done = done;
	job->context = context;
	strncpy(job->user, user, MAX_TEXT);
	strncpy(job->password, password, MAX_TEXT);
	uv_timer_init(plain->loop, &job->pause);
	while (*link)
		link = &(*link)->next;
	job->link = link;
	*link = job;
	start_waiting(plain);
	return job;
}

void auth_plain_forget(struct auth_plain_job *job) {
	if (!job)
		return;
	job->done = NULL;
	if (job->stage == JOB_ASKS) {
		uv_cancel((uv_req_t *)&job->work); /* else it runs to its end */
		return;
	}
	job->stage = JOB_PAUSES; /* it is not to be asked any more */
	end(job);
}
