/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth_plain.h"

#include <pwd.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char service[] = "zerovnc";

enum { MAX_TEXT = 255 };

struct auth_plain_job {
	uv_work_t work;
	char user[MAX_TEXT + 1], password[MAX_TEXT + 1];
	const char *folder;
	bool good;
	void (*done)(void *context, bool good);
	void *context;
};

char *auth_plain_own_user(void) {
	struct passwd entry, *found = NULL;
	char room[4096];
	return getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found ? strdup(found->pw_name)
										      : NULL;
}

bool auth_plain_allowed(const char *users, const char *user) {
	size_t size = users ? strlen(user) : 0;
	for (const char *word = users; size; word++) {
		size_t length = strcspn(word, ",");
		if ((length == 1 && word[0] == '*') || (length == size && strncmp(word, user, size) == 0))
			return true;
		word += length;
		if (!*word)
			break;
	}
	return false;
}

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

static void ask(uv_work_t *work) {
	struct auth_plain_job *job = work->data;
	struct pam_conv conversation = {.conv = answer, .appdata_ptr = job};
	pam_handle_t *pam = NULL;
	int result = pam_start_confdir(service, job->user, &conversation, job->folder, &pam);
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

static void finished(uv_work_t *work, int status) {
	struct auth_plain_job *job = work->data;
	if (job->done)
		job->done(job->context, status == 0 && job->good);
	explicit_bzero(job, sizeof *job);
	free(job);
}

struct auth_plain_job *auth_plain_start(uv_loop_t *loop, const char *folder, const char *user,
	const char *password, void (*done)(void *context, bool good), void *context) {
	struct auth_plain_job *job = calloc(1, sizeof *job);
	if (!job)
		return NULL;
	job->work.data = job;
	job->folder = folder;
	job->done = done;
	job->context = context;
	strncpy(job->user, user, MAX_TEXT);
	strncpy(job->password, password, MAX_TEXT);
	uv_queue_work(loop, &job->work, ask, finished);
	return job;
}

void auth_plain_forget(struct auth_plain_job *job) {
	if (!job)
		return;
	job->done = NULL;
	uv_cancel((uv_req_t *)&job->work);
}
