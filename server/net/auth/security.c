/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/security.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"

const struct security_info security_infos[SECURITY_COUNT] = {
	[SECURITY_X509_PLAIN] = {"x509-plain", "X509Plain", SECURITY_RFB_VENCRYPT, VENCRYPT_X509_PLAIN, true,
		true, true, SECURITY_PROOF_USER},
	[SECURITY_X509_VNC] = {"x509-vnc", "X509Vnc", SECURITY_RFB_VENCRYPT, VENCRYPT_X509_VNC, true, true,
		true, SECURITY_PROOF_PASSWORD},
	[SECURITY_TLS_PLAIN] = {"tls-plain", "TLSPlain", SECURITY_RFB_VENCRYPT, VENCRYPT_TLS_PLAIN, true,
		false, true, SECURITY_PROOF_USER},
	[SECURITY_TLS_VNC] = {"tls-vnc", "TLSVnc", SECURITY_RFB_VENCRYPT, VENCRYPT_TLS_VNC, true, false, true,
		SECURITY_PROOF_PASSWORD},
	[SECURITY_RA2_256] = {"ra2-256", "RA2_256", SECURITY_RFB_RA2_256, 0, false, false, true,
		SECURITY_PROOF_EITHER},
	[SECURITY_RA2] = {"ra2", "RA2", SECURITY_RFB_RA2, 0, false, false, true, SECURITY_PROOF_EITHER},
	[SECURITY_RA2NE_256] = {"ra2ne-256", "RA2ne_256", SECURITY_RFB_RA2NE_256, 0, false, false, false,
		SECURITY_PROOF_EITHER},
	[SECURITY_RA2NE] = {"ra2ne", "RA2ne", SECURITY_RFB_RA2NE, 0, false, false, false,
		SECURITY_PROOF_EITHER},
	[SECURITY_PLAIN] = {NULL, "Plain", SECURITY_RFB_VENCRYPT, VENCRYPT_PLAIN, false, false, false,
		SECURITY_PROOF_USER},
	[SECURITY_VNC] = {"vncauth", "VncAuth", SECURITY_RFB_VNC, 0, false, false, false,
		SECURITY_PROOF_PASSWORD},
	[SECURITY_X509_NONE] = {"x509-none", "X509None", SECURITY_RFB_VENCRYPT, VENCRYPT_X509_NONE, true,
		true, true, SECURITY_PROOF_NONE},
	[SECURITY_TLS_NONE] = {"tls-none", "TLSNone", SECURITY_RFB_VENCRYPT, VENCRYPT_TLS_NONE, true, false,
		true, SECURITY_PROOF_NONE},
	[SECURITY_NONE] = {"none", "None", SECURITY_RFB_NONE, 0, false, false, false, SECURITY_PROOF_NONE},
};

bool security_list_has(const struct security_list *list, enum security type) {
	for (size_t i = 0; i < list->count; i++)
		if (list->types[i] == type)
			return true;
	return false;
}

static void add(struct security_list *list, enum security type) {
	if (!security_list_has(list, type))
		list->types[list->count++] = type;
}

static int unknown(const char *word, size_t length, struct reason *reason) {
	char known[160] = "";
	for (int i = 0; i < SECURITY_COUNT; i++) {
		size_t used = strlen(known);
		if (security_infos[i].option)
			snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
				security_infos[i].option);
	}
	return reason_set(
		reason, -EINVAL, "--security: '%.*s' is not known; choose from %s", (int)length, word, known);
}

int security_list_parse(const char *text, struct security_list *list, struct reason *reason) {
	list->count = 0;
	for (const char *word = text;; word++) {
		size_t length = strcspn(word, ",");
		int found = -1;
		for (int i = 0; i < SECURITY_COUNT; i++) {
			const char *option = security_infos[i].option;
			if (option && strlen(option) == length && strncmp(option, word, length) == 0)
				found = i;
		}
		if (found < 0)
			return unknown(word, length, reason);
		add(list, (enum security)found);
		word += length;
		if (!*word)
			return 0;
	}
}

int security_list_default(
	bool exposed, bool has_password, struct security_list *list, struct reason *reason) {
	list->count = 0;
	if (!has_password && exposed)
		return reason_set(reason, -EACCES,
			"listening beyond this machine needs a password: write one with 'zerovnc passwd FILE' and give --password-file=FILE (or say --security=none if everybody may come in)");
	if (!has_password) {
		add(list, SECURITY_NONE);
		return 0;
	}
	static const enum security strong[] = {
		SECURITY_X509_VNC, SECURITY_TLS_VNC, SECURITY_RA2_256, SECURITY_RA2};
	for (size_t i = 0; i < ARRAY_LEN(strong); i++)
		add(list, strong[i]);
	if (!exposed) /* inside one machine nobody can eavesdrop */
		add(list, SECURITY_VNC);
	return 0;
}

void security_list_prefer(struct security_list *list, enum security type) {
	struct security_list others = *list;
	list->types[0] = type;
	list->count = 1;
	for (size_t i = 0; i < others.count; i++)
		add(list, others.types[i]);
}

static int check_proof(
	const struct security_info *info, bool has_password, bool has_users, struct reason *reason) {
	if (info->proof == SECURITY_PROOF_PASSWORD && !has_password)
		return reason_set(reason, -EINVAL,
			"--security=%s needs a password: write one with 'zerovnc passwd FILE' and give --password-file=FILE",
			info->option);
	if (info->proof == SECURITY_PROOF_USER && !has_users)
		return reason_set(reason, -EINVAL,
			"--security=%s would let nobody in: say who may, with --plain-users=NAME,..., --view-users=NAME,... or --rights=NAME:RIGHTS,... (a server that runs as root has no default)",
			info->option);
	if (info->proof == SECURITY_PROOF_EITHER && !has_password && !has_users)
		return reason_set(reason, -EINVAL,
			"--security=%s would let nobody in: give --password-file=FILE ('zerovnc passwd FILE' writes it), or say which users may, with --plain-users=NAME,..., --view-users=NAME,... or --rights=NAME:RIGHTS,...",
			info->option);
	return 0;
}

int security_list_check(
	const struct security_list *list, bool has_password, bool has_users, struct reason *reason) {
	int error = 0;
	for (size_t i = 0; i < list->count && !error; i++)
		error = check_proof(&security_infos[list->types[i]], has_password, has_users, reason);
	return error;
}

static unsigned rank_called(const struct security_info *info) {
	if (info->proof == SECURITY_PROOF_EITHER)
		return 0;
	if (info->tls)
		return info->x509 ? 2 : 1;
	return 3;
}

void security_list_called(struct security_list *list) {
	const struct security_list as_it_was = *list;
	list->count = 0;
	for (unsigned rank = 0; rank <= 3; rank++)
		for (size_t i = 0; i < as_it_was.count; i++)
			if (rank_called(&security_infos[as_it_was.types[i]]) == rank)
				add(list, as_it_was.types[i]);
}

void security_list_inside_tls(struct security_list *list) {
	struct security_list outer = *list;
	list->count = 0;
	for (size_t i = 0; i < outer.count; i++) {
		const struct security_info *info = &security_infos[outer.types[i]];
		if (!info->tls)
			add(list, outer.types[i]);
		else if (info->proof == SECURITY_PROOF_USER)
			add(list, SECURITY_PLAIN);
		else
			add(list, info->proof == SECURITY_PROOF_PASSWORD ? SECURITY_VNC : SECURITY_NONE);
	}
}
