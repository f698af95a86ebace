/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A script for every version and type: what the viewer sends, and what it must receive. Each script is also
 * fed byte by byte, and cut at every byte, where it must neither fail nor succeed early. */
#include "server/net/auth/handshake.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

static int password_error;

static int give_passwords(void *context, struct passwd_pair *pair) {
	(void)context;
	memset(pair, 0, sizeof *pair);
	strcpy(pair->full, "secret");
	strcpy(pair->view, "look");
	return password_error;
}

static struct handshake_options options(const char *security) {
	struct handshake_options result = {.passwords = give_passwords};
	CHECK(security_list_parse(security, &result.offered, NULL) == 0);
	return result;
}

/* In what the viewer sends, 'A' stands for the 16 bytes that answer the challenge for "secret", 'V' for
 * "look", 'W' for a wrong answer. In what it receives, 'C' stands for any 16 bytes. Everything else is
 * literal, and "." stands for byte 0, since hex would be too long. */
static const struct script {
	const char *what, *security, *says, *hears;
	enum handshake_step end;
	bool view_only, wrong, unasked;
	const char *refusal, *block;
} scripts[] = {
	{"3.8 None", "none", "RFB 003.008\n\1\1", "RFB 003.008\n\1\1....", .end = HANDSHAKE_DONE},
	{"3.7 None", "none", "RFB 003.007\n\1\1", "RFB 003.008\n\1\1", .end = HANDSHAKE_DONE},
	{"3.3 None", "none", "RFB 003.003\n\1", "RFB 003.008\n...\1", .end = HANDSHAKE_DONE},
	{"3.5 is 3.3", "none", "RFB 003.005\n\1", "RFB 003.008\n...\1", .end = HANDSHAKE_DONE},
	{"Apple's is 3.8", "none", "RFB 003.889\n\1\1", "RFB 003.008\n\1\1....", .end = HANDSHAKE_DONE},
	{"RealVNC's is 3.8", "none", "RFB 005.000\n\1\1", "RFB 003.008\n\1\1....", .end = HANDSHAKE_DONE},
	{"3.8 VncAuth", "vncauth", "RFB 003.008\n\2A\1", "RFB 003.008\n\1\2C....", .end = HANDSHAKE_DONE},
	{"3.7 VncAuth", "vncauth", "RFB 003.007\n\2A\1", "RFB 003.008\n\1\2C....", .end = HANDSHAKE_DONE},
	{"3.3 VncAuth", "vncauth", "RFB 003.003\nA\1", "RFB 003.008\n...\2C....", .end = HANDSHAKE_DONE},
	{"view only", "vncauth", "RFB 003.008\n\2V\1", "RFB 003.008\n\1\2C....", .end = HANDSHAKE_DONE,
		.view_only = true},
	{"3.3 prefers a password", "none,vncauth", "RFB 003.003\nA\1", "RFB 003.008\n...\2C....",
		.end = HANDSHAKE_DONE},
	{"3.3, who is not asked", "none,vncauth", "RFB 003.003\n\1", "RFB 003.008\n...\1",
		.end = HANDSHAKE_DONE, .unasked = true},
	{"3.3, who is not asked and must be", "vncauth", "RFB 003.003\nA\1", "RFB 003.008\n...\2C....",
		.end = HANDSHAKE_DONE, .unasked = true},
	{"both, in our order", "vncauth,none", "RFB 003.008\n\1\1", "RFB 003.008\n\2\2\1....",
		.end = HANDSHAKE_DONE},
	{"3.8 wrong", "vncauth", "RFB 003.008\n\2W",
		"RFB 003.008\n\1\2C...\1...\x15"
		"authentication failed",
		.end = HANDSHAKE_FAILED, .wrong = true},
	{"3.7 wrong", "vncauth", "RFB 003.007\n\2W", "RFB 003.008\n\1\2C...\1", .end = HANDSHAKE_FAILED,
		.wrong = true},
	{"3.3 wrong", "vncauth", "RFB 003.003\nW", "RFB 003.008\n...\2C...\1", .end = HANDSHAKE_FAILED,
		.wrong = true},
	{"not RFB", "none", "GET / HTTP/1", "RFB 003.008\n", .end = HANDSHAKE_FAILED},
	{"letters", "none", "RFB 003.0x8\n", "RFB 003.008\n", .end = HANDSHAKE_FAILED},
	{"version 2", "none", "RFB 002.002\n", "RFB 003.008\n", .end = HANDSHAKE_FAILED},
	{"not offered", "vncauth", "RFB 003.008\n\1",
		"RFB 003.008\n\1\2...\1...\x35"
		"the viewer chose a security type that was not offered",
		.end = HANDSHAKE_FAILED},
	{"type 0", "vncauth", "RFB 003.007\n.", "RFB 003.008\n\1\2...\1", .end = HANDSHAKE_FAILED},
	{"refused, 3.8", "none", "RFB 003.008\n", "RFB 003.008\n....\4full", .end = HANDSHAKE_FAILED,
		.refusal = "full"},
	{"refused, 3.3", "none", "RFB 003.003\n", "RFB 003.008\n.......\4full", .end = HANDSHAKE_FAILED,
		.refusal = "full"},
	{"may not be looked at", "vncauth", "RFB 003.008\n\2A", "RFB 003.008\n\1\2C...\1...\4wait",
		.end = HANDSHAKE_FAILED, .block = "wait"},
	{"VeNCrypt 0.1", "tls-none", "RFB 003.008\n\x13.\1", "RFB 003.008\n\1\x13.\2\xff",
		.end = HANDSHAKE_FAILED},
	{"VeNCrypt, not offered", "tls-none", "RFB 003.008\n\x13.\2..\1\2",
		"RFB 003.008\n\1\x13.\2.\1..\1\1.", .end = HANDSHAKE_FAILED},
	{"VeNCrypt, type 0", "tls-none", "RFB 003.008\n\x13.\2....", "RFB 003.008\n\1\x13.\2.\1..\1\1.",
		.end = HANDSHAKE_FAILED},
	{"TLSNone begins TLS", "tls-none,x509-vnc", "RFB 003.008\n\x13.\2..\1\1",
		"RFB 003.008\n\1\x13.\2.\2..\1\1..\1\5\1", .end = HANDSHAKE_START_TLS},
	{"3.3 has no TLS", "tls-none", "RFB 003.003\n",
		"RFB 003.008\n.......\x4e"
		"this server asks for encryption that RFB 3.3 does not have: use a newer viewer",
		.end = HANDSHAKE_FAILED},
};

struct talk {
	struct handshake handshake;
	struct queue out;
	uint8_t heard[512];
	size_t heard_size;
};

static void hear(struct talk *talk) {
	size_t size = queue_size(&talk->out);
	CHECK(talk->heard_size + size <= sizeof talk->heard);
	if (size)
		memcpy(talk->heard + talk->heard_size, queue_bytes(&talk->out), size);
	talk->heard_size += size;
	queue_take(&talk->out, size);
}

static void begin(struct talk *talk, const struct script *script) {
	memset(talk, 0, sizeof *talk);
	struct handshake_options chosen = options(script->security);
	chosen.unasked = script->unasked;
	if (script->refusal)
		strcpy(chosen.refusal, script->refusal);
	handshake_init(&talk->handshake, &chosen, &talk->out);
	hear(talk);
}

static void end(struct talk *talk) {
	handshake_finish(&talk->handshake);
	queue_finish(&talk->out);
}

/* Expands one letter of a script into the bytes that go over the wire. The challenge is the one that was
 * received last. */
static size_t expand(const struct talk *talk, char letter, uint8_t bytes[16]) {
	const char *password = letter == 'A'   ? "secret"
			       : letter == 'V' ? "look"
			       : letter == 'W' ? "wrong"
					       : NULL;
	if (password) {
		CHECK(talk->heard_size >= 16);
		auth_vnc_answer(password, talk->heard + talk->heard_size - 16, bytes);
		return 16;
	}
	bytes[0] = letter == '.' ? 0 : (uint8_t)letter;
	return 1;
}

/* '.' inside the version and inside text is a dot, not a zero byte: both are sent as they are written. */
static bool is_version(const char *says, size_t at) {
	return strncmp(says, "RFB ", 4) == 0 ? at < 12 : at < 12 && strncmp(says, "GET", 3) == 0;
}

static enum handshake_step say(struct talk *talk, const uint8_t *bytes, size_t size) {
	size_t used;
	enum handshake_step step = handshake_feed(&talk->handshake, bytes, size, &used, &talk->out);
	CHECK(used == size || step != HANDSHAKE_MORE || used == 0);
	hear(talk);
	return step;
}

/* Feeds as much at a time as a viewer would: one letter of the script, collected until it is used. */
static enum handshake_step play(struct talk *talk, const struct script *script, size_t letters) {
	uint8_t pending[64];
	size_t waiting = 0, used;
	enum handshake_step step = HANDSHAKE_MORE;
	for (size_t i = 0; i < letters; i++) {
		CHECK_SAY(step == HANDSHAKE_MORE, "%s: over before letter %zu", script->what, i);
		char letter = script->says[i];
		if (is_version(script->says, i))
			pending[waiting++] = (uint8_t)letter;
		else
			waiting += expand(talk, letter, pending + waiting);
		step = handshake_feed(&talk->handshake, pending, waiting, &used, &talk->out);
		if (step == HANDSHAKE_PROVE) {
			CHECK_SAY(queue_size(&talk->out) == 0, "%s: it hears too early", script->what);
			step = script->block ? handshake_fail(&talk->handshake, &talk->out, script->block)
					     : handshake_prove(&talk->handshake, &talk->out);
		}
		memmove(pending, pending + used, waiting - used);
		waiting -= used;
		hear(talk);
	}
	return step;
}

static bool matches(const struct talk *talk, const char *hears) {
	size_t at = 0, i = 0;
	bool text = false; /* a text with a reason extends to the end of the script */
	for (; hears[i]; i++) {
		if (i >= 12 && hears[i] == 'C' && !text) {
			at += 16;
			continue;
		}
		uint8_t expected = hears[i] == '.' && i >= 12 && !text ? 0 : (uint8_t)hears[i];
		if (at >= talk->heard_size || talk->heard[at++] != expected)
			return false;
		text = text || (i >= 12 && hears[i] >= 'a');
	}
	return at == talk->heard_size;
}

static void run(const struct script *script) {
	struct talk talk;
	begin(&talk, script);
	size_t letters = strlen(script->says);
	enum handshake_step step = play(&talk, script, letters);
	CHECK_SAY(step == script->end, "%s: ended with %d", script->what, step);
	CHECK_SAY(matches(&talk, script->hears), "%s: heard %zu bytes", script->what, talk.heard_size);
	CHECK_SAY(talk.handshake.view_only == script->view_only, "%s", script->what);
	CHECK_SAY(talk.handshake.proof_wrong == script->wrong, "%s", script->what);
	CHECK_SAY((step == HANDSHAKE_FAILED) == (talk.handshake.reason.text[0] != 0), "%s", script->what);
	end(&talk);
	for (size_t cut = 0; cut < letters; cut++) {
		begin(&talk, script);
		step = play(&talk, script, cut);
		CHECK_SAY(step == HANDSHAKE_MORE, "%s cut at %zu: %d", script->what, cut, step);
		end(&talk);
	}
}

/* What each state waits for, and that the rest of a message that has begun is waited for as a program's. */
static void waits_for_people_and_programs(void) {
	static const struct {
		const char *security, *says;
		bool begun;
		enum grace_wait wait;
	} rows[] = {
		{"none", "", false, GRACE_VERSION},
		{"none", "", true, GRACE_VERSION},
		{"none", "RFB 003.008\n", false, GRACE_TYPE},
		{"none", "RFB 003.008\n\1", false, GRACE_CLIENT_INIT},
		{"none", "RFB 003.003\n", false, GRACE_CLIENT_INIT},
		{"vncauth", "RFB 003.008\n\2", false, GRACE_PASSWORD},
		{"vncauth", "RFB 003.007\n\2", false, GRACE_PASSWORD},
		{"vncauth", "RFB 003.003\n", false, GRACE_PASSWORD},
		{"vncauth", "RFB 003.008\n\2", true, GRACE_REST},
		{"vncauth", "RFB 003.008\n\2A", false, GRACE_CLIENT_INIT},
		{"tls-none", "RFB 003.008\n\x13", false, GRACE_VENCRYPT},
		{"tls-none", "RFB 003.008\n\x13.\2", false, GRACE_VENCRYPT},
		{"tls-none", "RFB 003.008\n\x13.\2..\1\1", false, GRACE_CLIENT_INIT},
		{"x509-none", "RFB 003.008\n\x13.\2..\1\4", false, GRACE_CERTIFICATE},
		{"x509-none", "RFB 003.008\n\x13.\2..\1\4", true, GRACE_REST},
		{"x509-vnc", "RFB 003.008\n\x13.\2..\1\5", false, GRACE_PASSWORD},
		{"tls-plain", "RFB 003.008\n\x13.\2..\1\3", false, GRACE_USER},
		{"tls-plain", "RFB 003.008\n\x13.\2..\1\3", true, GRACE_REST},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct talk talk;
		struct script script = {
			.what = rows[i].says, .security = rows[i].security, .says = rows[i].says};
		begin(&talk, &script);
		if (play(&talk, &script, strlen(script.says)) == HANDSHAKE_START_TLS)
			handshake_encrypted(&talk.handshake, &talk.out);
		CHECK_SAY(handshake_wait(&talk.handshake, rows[i].begun) == rows[i].wait, "row %zu: %d", i,
			handshake_wait(&talk.handshake, rows[i].begun));
		end(&talk);
	}
}

/* If the handshake is ended from outside, the viewer is told in the way of its present state. */
static void fails_from_outside(void) {
	struct talk talk;
	begin(&talk, &(struct script){.security = "vncauth"});
	CHECK(handshake_fail(&talk.handshake, &talk.out, "late") == HANDSHAKE_FAILED);
	CHECK(queue_size(&talk.out) == 0); /* the version is not settled yet */
	end(&talk);
	begin(&talk, &(struct script){.security = "vncauth"});
	CHECK(say(&talk, (const uint8_t *)"RFB 003.008\n\2", 13) == HANDSHAKE_MORE);
	handshake_fail(&talk.handshake, &talk.out, "late");
	CHECK(queue_size(&talk.out) == 12 && memcmp(queue_bytes(&talk.out), "\0\0\0\1\0\0\0\4late", 12) == 0);
	end(&talk);
}

static void a_lost_password_file_lets_nobody_in(void) {
	struct talk talk;
	password_error = -ENOENT;
	begin(&talk, &scripts[6]);
	CHECK(play(&talk, &scripts[6], strlen(scripts[6].says) - 1) == HANDSHAKE_FAILED);
	CHECK(!talk.handshake.proof_wrong);
	password_error = 0;
	end(&talk);
}

static void challenges_differ(void) {
	struct talk a, b;
	begin(&a, &scripts[6]);
	begin(&b, &scripts[6]);
	say(&a, (const uint8_t *)"RFB 003.008\n\2", 13);
	say(&b, (const uint8_t *)"RFB 003.008\n\2", 13);
	CHECK(memcmp(a.heard + 14, b.heard + 14, 16) != 0);
	end(&a);
	end(&b);
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		run(&scripts[i]);
	waits_for_people_and_programs();
	fails_from_outside();
	a_lost_password_file_lets_nobody_in();
	challenges_differ();
	return 0;
}
