/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/handshake.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/base/utf8.h"
#include "encode/rfb/bytes.h"

static enum handshake_step on_version(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_type(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_vnc_answer(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_vencrypt_version(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_vencrypt_type(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_plain_sizes(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_plain(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_rsa(struct handshake *h, const uint8_t *bytes, struct queue *out);
static enum handshake_step on_client_init(struct handshake *h, const uint8_t *bytes, struct queue *out);

enum state {
	VERSION,
	TYPE,
	VNC_ANSWER,
	VENCRYPT_VERSION,
	VENCRYPT_TYPE,
	TLS,
	PLAIN_SIZES,
	PLAIN,
	RSA,
	PROOF,
	USER,
	CLIENT_INIT,
	OVER,
};

static const struct handshake_state {
	enum grace_wait wait; /* what the state waits for */
	enum handshake_step (*handle)(struct handshake *h, const uint8_t *bytes, struct queue *out);
	bool result_expected; /* a failure is sent as SecurityResult */
} states[] = {
	[VERSION] = {GRACE_VERSION, on_version, false},
	[TYPE] = {GRACE_TYPE, on_type, false},
	[VNC_ANSWER] = {GRACE_PASSWORD, on_vnc_answer, true},
	[VENCRYPT_VERSION] = {GRACE_VENCRYPT, on_vencrypt_version, true},
	[VENCRYPT_TYPE] = {GRACE_VENCRYPT, on_vencrypt_type, true},
	[TLS] = {GRACE_TLS, NULL, true},
	[PLAIN_SIZES] = {GRACE_USER, on_plain_sizes, true},
	[PLAIN] = {GRACE_REST, on_plain, true},
	[RSA] = {GRACE_RSA, on_rsa, false}, /* handshake_rsa knows more */
	[PROOF] = {GRACE_TURN, NULL, true},
	[USER] = {GRACE_PAM, NULL, true},
	[CLIENT_INIT] = {GRACE_CLIENT_INIT, on_client_init, true},
	[OVER] = {GRACE_REST, NULL, true},
};

static const char authentication_failed[] = "authentication failed";

static enum handshake_step enter(struct handshake *h, enum state state, size_t need) {
	h->state = &states[state];
	h->need = need;
	return HANDSHAKE_MORE;
}

static void put8(struct queue *out, uint8_t value) {
	queue_add(out, &value, 1);
}

static void put32(struct queue *out, uint32_t value) {
	uint8_t bytes[4];
	bytes_put32(bytes, value);
	queue_add(out, bytes, sizeof bytes);
}

static void put_text(struct queue *out, const char *text) {
	put32(out, (uint32_t)strlen(text));
	queue_add(out, text, strlen(text));
}

void handshake_init(struct handshake *h, const struct handshake_options *options, struct queue *out) {
	memset(h, 0, sizeof *h);
	h->options = *options;
	h->step = HANDSHAKE_MORE;
	enter(h, VERSION, PROTOCOL_VERSION_SIZE);
	if (!options->greeted)
		queue_add(out, PROTOCOL_VERSION, PROTOCOL_VERSION_SIZE);
}

void handshake_finish(struct handshake *h) {
	explicit_bzero(h->challenge, sizeof h->challenge);
	explicit_bzero(h->answer, sizeof h->answer);
	credentials_wipe(&h->credentials);
	handshake_rsa_finish(&h->rsa);
}

const char *handshake_security_name(const struct handshake *h) {
	return h->chosen ? security_infos[h->security].name : "";
}

/* Viewers that ask about the certificate once TLS is up do so before their next message. */
enum grace_wait handshake_wait(const struct handshake *h, bool begun) {
	bool rsa = h->state == &states[RSA];
	enum grace_wait wait = rsa ? handshake_rsa_wait(&h->rsa) : h->state->wait;
	const struct security_info *info = &security_infos[h->security];
	if (wait == GRACE_CLIENT_INIT && info->x509 && info->proof == SECURITY_PROOF_NONE)
		wait = GRACE_CERTIFICATE;
	return begun && grace_is_person(wait) ? GRACE_REST : wait;
}

static bool expects_result(const struct handshake *h) {
	if (h->state == &states[RSA])
		return handshake_rsa_expects_result(&h->rsa);
	return h->state->result_expected && h->state != &states[OVER] && h->state != &states[CLIENT_INIT];
}

enum handshake_step handshake_fail(struct handshake *h, struct queue *out, const char *why) {
	utf8_copy(h->reason.text, sizeof h->reason.text, why);
	if (expects_result(h)) {
		put32(out, SECURITY_RESULT_FAILED);
		if (h->minor >= 8)
			put_text(out, why);
	} else if (h->state == &states[VERSION] && h->minor == 3) {
		put32(out, SECURITY_RFB_INVALID);
		put_text(out, why);
	} else if (h->state == &states[VERSION] && h->minor) {
		put8(out, 0); /* security types */
		put_text(out, why);
	} else if (h->state == &states[TYPE]) {
		put32(out, SECURITY_RESULT_FAILED);
		if (h->minor >= 8)
			put_text(out, why);
	}
	enter(h, OVER, 0);
	h->step = HANDSHAKE_FAILED;
	return HANDSHAKE_FAILED;
}

static enum handshake_step accept_proof(struct handshake *h, bool view_only, struct queue *out) {
	h->view_only = view_only;
	if (h->minor >= 8 || security_infos[h->security].rfb != SECURITY_RFB_NONE)
		put32(out, SECURITY_RESULT_OK);
	return enter(h, CLIENT_INIT, 1);
}

static enum handshake_step refuse_proof(struct handshake *h, struct queue *out) {
	h->proof_wrong = true;
	return handshake_fail(h, out, authentication_failed);
}

static enum handshake_step have_proof(struct handshake *h) {
	enter(h, PROOF, 0);
	return HANDSHAKE_PROVE;
}

/* --- RSA-AES --- */

static enum handshake_step go_on_rsa(struct handshake *h, enum handshake_rsa_step step, struct queue *out) {
	h->need = h->rsa.need;
	switch (step) {
	case HANDSHAKE_RSA_MORE:
		return HANDSHAKE_MORE;
	case HANDSHAKE_RSA_SEAL:
		return HANDSHAKE_START_AES;
	case HANDSHAKE_RSA_UNSEAL:
		return HANDSHAKE_STOP_AES;
	case HANDSHAKE_RSA_PROVE:
		return have_proof(h);
	case HANDSHAKE_RSA_FAILED:
		break;
	}
	return handshake_fail(h, out, h->rsa.reason.text);
}

static enum handshake_step on_rsa(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	return go_on_rsa(h, handshake_rsa_feed(&h->rsa, bytes, &h->credentials, out), out);
}

static enum handshake_step start_rsa(struct handshake *h, struct queue *out) {
	bool is_256 = h->security == SECURITY_RA2_256 || h->security == SECURITY_RA2NE_256;
	const struct handshake_rsa_wish wish = {.key = h->options.rsa_key,
		.bits = is_256 ? 256 : 128,
		.users = h->options.rsa_users,
		.stays_sealed = security_infos[h->security].encrypted};
	if (handshake_rsa_start(&h->rsa, &wish, out) == HANDSHAKE_RSA_FAILED)
		return handshake_fail(h, out, h->rsa.reason.text);
	return enter(h, RSA, h->rsa.need);
}

void handshake_aes_keys(const struct handshake *h, struct aes_keys *keys) {
	auth_rsa_keys(h->rsa.exchange, keys);
}

/* --- version and choice --- */

/* 3.5 is announced by viewers that mean 3.3. Versions later than we know (Apple's 3.889, 4.1, 5.0) speak
 * 3.8. */
static unsigned spoken_minor(unsigned major, unsigned minor) {
	if (major > 3 || (major == 3 && minor >= 8))
		return 8;
	return major == 3 && minor == 7 ? 7 : 3;
}

static bool parse_version(const uint8_t *bytes, unsigned *major, unsigned *minor) {
	if (memcmp(bytes, "RFB ", 4) != 0 || bytes[7] != '.' || bytes[11] != '\n')
		return false;
	for (int i = 4; i < 11; i++)
		if (i != 7 && !isdigit(bytes[i]))
			return false;
	*major = (unsigned)((bytes[4] - '0') * 100 + (bytes[5] - '0') * 10 + bytes[6] - '0');
	*minor = (unsigned)((bytes[8] - '0') * 100 + (bytes[9] - '0') * 10 + bytes[10] - '0');
	return *major >= 3;
}

static enum handshake_step start_vnc(struct handshake *h, struct queue *out) {
	if (getrandom(h->challenge, sizeof h->challenge, 0) != (ssize_t)sizeof h->challenge)
		return handshake_fail(h, out, "cannot get random numbers");
	queue_add(out, h->challenge, sizeof h->challenge);
	return enter(h, VNC_ANSWER, AUTH_VNC_SIZE);
}

/* Begins the proof that the chosen type asks for, once whatever wraps it is in place. */
static enum handshake_step start_proof(struct handshake *h, struct queue *out) {
	switch (security_infos[h->security].proof) {
	case SECURITY_PROOF_NONE:
		return accept_proof(h, false, out);
	case SECURITY_PROOF_PASSWORD:
		return start_vnc(h, out);
	default:
		return enter(h, PLAIN_SIZES, 8);
	}
}

static enum handshake_step start_type(struct handshake *h, uint8_t type, struct queue *out) {
	if (type == SECURITY_RFB_VENCRYPT) {
		put8(out, VENCRYPT_MAJOR);
		put8(out, VENCRYPT_MINOR);
		return enter(h, VENCRYPT_VERSION, 2);
	}
	return security_infos[h->security].proof == SECURITY_PROOF_EITHER ? start_rsa(h, out)
									  : start_proof(h, out);
}

static bool find_offered(struct handshake *h, uint8_t rfb, uint32_t vencrypt) {
	for (size_t i = 0; i < h->options.offered.count; i++) {
		enum security type = h->options.offered.types[i];
		if (security_infos[type].rfb != rfb ||
			(vencrypt && security_infos[type].vencrypt != vencrypt))
			continue;
		h->security = type;
		h->chosen = security_infos[type].vencrypt == vencrypt;
		return true;
	}
	return false;
}

/* In 3.3 the server chooses, and only None and VNC authentication exist. */
static enum handshake_step decide_for_3_3(struct handshake *h, struct queue *out) {
	uint8_t type = h->options.unasked ? SECURITY_RFB_NONE : SECURITY_RFB_VNC;
	if (!find_offered(h, type, 0)) {
		type = h->options.unasked ? SECURITY_RFB_VNC : SECURITY_RFB_NONE;
		if (!find_offered(h, type, 0))
			return handshake_fail(h, out,
				"this server asks for encryption that RFB 3.3 does not have: use a newer viewer");
	}
	put32(out, type);
	return start_type(h, type, out);
}

static enum handshake_step list_types(struct handshake *h, struct queue *out) {
	uint8_t types[1 + SECURITY_COUNT] = {0};
	for (size_t i = 0; i < h->options.offered.count; i++) {
		uint8_t type = security_infos[h->options.offered.types[i]].rfb;
		if (!memchr(types + 1, type, types[0]))
			types[1 + types[0]++] = type;
	}
	queue_add(out, types, 1u + types[0]);
	return enter(h, TYPE, 1);
}

static enum handshake_step on_version(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	unsigned major, minor;
	if (!parse_version(bytes, &major, &minor))
		return handshake_fail(h, out, "it does not speak RFB");
	h->minor = spoken_minor(major, minor);
	if (h->options.refusal[0])
		return handshake_fail(h, out, h->options.refusal);
	if (!h->options.offered.count)
		return handshake_fail(h, out, "no security type is offered here");
	return h->minor == 3 ? decide_for_3_3(h, out) : list_types(h, out);
}

static enum handshake_step on_type(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	if (!find_offered(h, bytes[0], 0))
		return handshake_fail(h, out, "the viewer chose a security type that was not offered");
	return start_type(h, bytes[0], out);
}

/* --- VNC authentication --- */

static enum handshake_step on_vnc_answer(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	memcpy(h->answer, bytes, sizeof h->answer);
	return have_proof(h);
}

/* --- VeNCrypt --- */

static enum handshake_step on_vencrypt_version(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	if (bytes[0] != VENCRYPT_MAJOR || bytes[1] != VENCRYPT_MINOR) {
		put8(out, VENCRYPT_VERSION_REFUSED);
		snprintf(h->reason.text, sizeof h->reason.text, "VeNCrypt %u.%u is not supported", bytes[0],
			bytes[1]);
		enter(h, OVER, 0);
		return HANDSHAKE_FAILED;
	}
	uint8_t list[1 + 4 * SECURITY_COUNT] = {0};
	for (size_t i = 0; i < h->options.offered.count; i++) {
		uint32_t type = security_infos[h->options.offered.types[i]].vencrypt;
		if (type)
			bytes_put32(list + 1 + 4 * list[0]++, type);
	}
	put8(out, VENCRYPT_VERSION_TAKEN);
	queue_add(out, list, 1 + 4u * list[0]);
	return enter(h, VENCRYPT_TYPE, 4);
}

static enum handshake_step on_vencrypt_type(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	uint32_t type = bytes_get32(bytes);
	if (!type || !find_offered(h, SECURITY_RFB_VENCRYPT, type)) {
		put8(out, VENCRYPT_TYPE_REFUSED);
		snprintf(h->reason.text, sizeof h->reason.text,
			"the viewer chose the VeNCrypt type %u, which was not offered", type);
		enter(h, OVER, 0);
		return HANDSHAKE_FAILED;
	}
	if (!security_infos[h->security].tls)
		return start_proof(h, out);
	put8(out, VENCRYPT_TYPE_TAKEN);
	enter(h, TLS, 0);
	return HANDSHAKE_START_TLS;
}

enum handshake_step handshake_encrypted(struct handshake *h, struct queue *out) {
	if (h->state == &states[RSA])
		h->step = go_on_rsa(h, handshake_rsa_layered(&h->rsa, out), out);
	else
		h->step = start_proof(h, out);
	return h->step;
}

static enum handshake_step on_plain_sizes(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	size_t user = bytes_get32(bytes), password = bytes_get32(bytes + 4);
	if (user > CREDENTIALS_MAX_USER || password > PASSWD_MAX)
		return handshake_fail(h, out, "user name or password too long");
	credentials_set_user_size(&h->credentials, user);
	credentials_set_password_size(&h->credentials, password);
	return enter(h, PLAIN, user + password);
}

static enum handshake_step on_plain(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	credentials_set_user(&h->credentials, bytes);
	credentials_set_password(&h->credentials, bytes + h->credentials.user_size);
	return have_proof(h);
}

/* --- proofs of all types --- */

static enum handshake_step prove_user(struct handshake *h, struct queue *out) {
	if (!credentials_are_text(&h->credentials))
		return refuse_proof(h, out);
	enter(h, USER, 0);
	return HANDSHAKE_CHECK_USER;
}

static enum handshake_step prove_password(struct handshake *h, struct queue *out) {
	struct passwd_pair passwd;
	if (h->options.passwords(h->options.context, &passwd))
		return handshake_fail(h, out, "the password file cannot be read");
	enum auth_verdict verdict = h->rsa.exchange
					    ? auth_vnc_check_password(&passwd, h->credentials.password)
					    : auth_vnc_check(&passwd, h->challenge, h->answer);
	passwd_wipe(&passwd);
	credentials_wipe_password(&h->credentials);
	return verdict == AUTH_REFUSED ? refuse_proof(h, out)
				       : accept_proof(h, verdict == AUTH_VIEW_ONLY, out);
}

static bool asks_for_user(const struct handshake *h) {
	enum security_proof proof = security_infos[h->security].proof;
	return proof == SECURITY_PROOF_USER || (proof == SECURITY_PROOF_EITHER && h->options.rsa_users);
}

const char *handshake_account(const struct handshake *h) {
	return asks_for_user(h) ? h->credentials.user : "";
}

enum handshake_step handshake_prove(struct handshake *h, struct queue *out) {
	h->step = asks_for_user(h) ? prove_user(h, out) : prove_password(h, out);
	return h->step;
}

enum handshake_step handshake_verdict(struct handshake *h, enum auth_verdict verdict, struct queue *out) {
	credentials_wipe_password(&h->credentials);
	h->judged = true;
	h->step = verdict == AUTH_REFUSED ? handshake_fail(h, out, authentication_failed)
					  : accept_proof(h, verdict == AUTH_VIEW_ONLY, out);
	return h->step;
}

/* --- the end --- */

static enum handshake_step on_client_init(struct handshake *h, const uint8_t *bytes, struct queue *out) {
	(void)out;
	h->shared = bytes[0];
	enter(h, OVER, 0);
	return HANDSHAKE_DONE;
}

enum handshake_step handshake_feed(
	struct handshake *h, const uint8_t *bytes, size_t size, size_t *used, struct queue *out) {
	*used = 0;
	while (h->step == HANDSHAKE_MORE && size - *used >= h->need) {
		const uint8_t *piece = bytes + *used;
		*used += h->need;
		h->step = h->state->handle(h, piece, out);
	}
	return h->step;
}
