/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/pam.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char service[] = "zerovnc";

/* The question that PAM is asked about users that are not listed. No user database has a name with a colon,
 * and no password is like this one (sshd uses it for the same purpose). */
static const char nobody[] = "not:listed", no_password[] = "\b\n\r\177INCORRECT";

struct asking {
	const struct auth_pam_question *question;
	struct auth_pam_verdict *verdict;
};

static int answer(
	int count, const struct pam_message **messages, struct pam_response **responses, void *context) {
	const struct auth_pam_question *question = ((const struct asking *)context)->question;
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
	((struct asking *)context)->verdict->pause_us = delay_us;
}

/* Sets what modules and their rules depend on: pam_access recognises a login from the network by its host,
 * pam_faillock and the log name the host, and some modules refuse to work without a terminal (sshd says "ssh"
 * there). */
static int set_items(pam_handle_t *pam, const struct auth_pam_question *question) {
	int result = pam_set_item(pam, PAM_FAIL_DELAY, (const void *)on_fail_delay);
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_TTY, "vnc");
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_RHOST, question->host);
	return result;
}

static void explain(struct auth_pam_verdict *verdict, pam_handle_t *pam, bool known, int result) {
	if (!known && (result == PAM_AUTH_ERR || result == PAM_USER_UNKNOWN))
		snprintf(verdict->refusal, sizeof verdict->refusal, "wrong name or password");
	else
		snprintf(verdict->refusal, sizeof verdict->refusal, "%s: %s",
			known ? "the account may not log in" : "PAM", pam_strerror(pam, result));
}

/* Whether PAM still means this user. A module may have mapped the name to another user, whom nobody has
 * allowed to come in. */
static bool is_still(pam_handle_t *pam, const char *user) {
	const void *mapped = NULL;
	return pam_get_item(pam, PAM_USER, &mapped) == PAM_SUCCESS && mapped && strcmp(mapped, user) == 0;
}

void auth_pam_ask(
	const char *folder, const struct auth_pam_question *question, struct auth_pam_verdict *verdict) {
	struct asking asking = {question, verdict};
	struct pam_conv conversation = {.conv = answer, .appdata_ptr = &asking};
	const char *user = question->listed ? question->user : nobody;
	pam_handle_t *pam = NULL;
	memset(verdict, 0, sizeof *verdict);
	int result = pam_start_confdir(service, user, &conversation, folder, &pam);
	if (result == PAM_SUCCESS)
		result = set_items(pam, question);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (result != PAM_SUCCESS) {
		explain(verdict, pam, false, result);
	} else {
		result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
		if (result != PAM_SUCCESS)
			explain(verdict, pam, true, result);
		else if (!is_still(pam, user))
			snprintf(verdict->refusal, sizeof verdict->refusal, "PAM mapped it to another user");
	}
	if (pam)
		pam_end(pam, result);
}
