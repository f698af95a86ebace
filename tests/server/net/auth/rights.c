/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --rights, --plain-users and --view-users say about users, and which lists are refused. */
#include "server/net/auth/rights.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

static void users_have_rights(void) {
	static const struct {
		const char *rights, *plain, *view, *user;
		unsigned expected;
	} rows[] = {
		{NULL, "alice,bob", NULL, "bob", RIGHTS_ALL},
		{NULL, "alice,bob", NULL, "alice", RIGHTS_ALL},
		{NULL, "alice, bob ,carol", NULL, "bob", RIGHTS_ALL},
		{NULL, "alice,bob", NULL, "", RIGHTS_NONE},
		{NULL, "alice,bob", NULL, "ali", RIGHTS_NONE},
		{NULL, "alice,bob", NULL, "alice,", RIGHTS_NONE},
		{NULL, "alice,bob", NULL, "bobby", RIGHTS_NONE},
		{NULL, "alice,bob", NULL, "alice,bob", RIGHTS_NONE},
		{NULL, "alice,bob", NULL, "*", RIGHTS_NONE},
		{NULL, "alice,,bob,", NULL, "", RIGHTS_NONE},
		{NULL, NULL, NULL, "alice", RIGHTS_NONE},
		{NULL, "", "", "alice", RIGHTS_NONE},
		{NULL, "*", NULL, "", RIGHTS_NONE},
		{NULL, "*", NULL, "anybody", RIGHTS_ALL},
		{NULL, NULL, "*", "anybody", RIGHT_VIEW},
		{NULL, NULL, "alice", "alice", RIGHT_VIEW},
		{NULL, "alice", "bob", "bob", RIGHT_VIEW},
		/* the user is in both lists: a name counts for more than "*", and among equals view-only
		 * wins */
		{NULL, "alice,bob", "bob", "bob", RIGHT_VIEW},
		{NULL, "*", "bob", "bob", RIGHT_VIEW},
		{NULL, "*", "bob", "alice", RIGHTS_ALL},
		{NULL, "alice", "*", "alice", RIGHTS_ALL},
		{NULL, "alice", "*", "bob", RIGHT_VIEW},
		{NULL, "*", "*", "alice", RIGHT_VIEW},
		/* the long form */
		{"alice:type", NULL, NULL, "alice", RIGHTS_ALL},
		{"alice:view", NULL, NULL, "alice", RIGHT_VIEW},
		{"alice:view+type", NULL, NULL, "alice", RIGHTS_ALL},
		{"alice:type,bob:view", NULL, NULL, "bob", RIGHT_VIEW},
		{"alice:type , bob:view", NULL, NULL, "bob", RIGHT_VIEW},
		{"alice :none,*:type", NULL, NULL, "alice", RIGHTS_NONE},
		{"alice:type", NULL, NULL, "bob", RIGHTS_NONE},
		{"alice:type", NULL, NULL, "alice:type", RIGHTS_NONE},
		{"alice:type", NULL, NULL, "", RIGHTS_NONE},
		{"corp:alice:view", NULL, NULL, "corp:alice", RIGHT_VIEW},
		{"alice:none,*:type", NULL, NULL, "alice", RIGHTS_NONE},
		{"alice:none,*:type", NULL, NULL, "bob", RIGHTS_ALL},
		/* beside the short forms: a name counts for more than "*", and among equals the long form
		   wins */
		{"alice:view", "alice,bob", NULL, "alice", RIGHT_VIEW},
		{"alice:view", "alice,bob", NULL, "bob", RIGHTS_ALL},
		{"alice:type", NULL, "alice", "alice", RIGHTS_ALL},
		{"*:none", "alice", NULL, "alice", RIGHTS_ALL},
		{"*:none", "alice", "*", "bob", RIGHTS_NONE},
		{"alice:none", "*", NULL, "alice", RIGHTS_NONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rights_lists lists = {
			(char *)rows[i].rights, (char *)rows[i].plain, (char *)rows[i].view};
		CHECK_SAY(rights_of_user(&lists, rows[i].user) == rows[i].expected, "row %zu", i);
	}
}

static void local_users_lose_what_is_said(void) {
	char rights[] = "bob:view,carol:none,*:none", plain[] = "dave", view[] = "dave";
	const struct rights_lists lists = {rights, plain, view};
	CHECK(rights_of_local_user(&lists, "bob") == RIGHT_VIEW);
	CHECK(rights_of_local_user(&lists, "carol") == RIGHTS_NONE);
	CHECK(rights_of_local_user(&lists, "dave") == RIGHTS_ALL);
	CHECK(rights_of_local_user(&lists, "root") == RIGHTS_ALL);
	CHECK(rights_of_local_user(&(struct rights_lists){0}, "root") == RIGHTS_ALL);
}

static void lists_are_checked(void) {
	static const char *const good[] = {"alice:type", "alice:view,bob:type", "*:none", "a:b:view",
		"x:view+type"},
				 *const bad[] = {"alice", "alice:", ":view", "alice:look", "alice:view+",
					 "alice:+view", "alice:view,", "alice:view,,bob:view", "",
					 "alice:view type"};
	struct reason reason;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK_SAY(rights_check(good[i], &reason) == 0, "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_SAY(rights_check(bad[i], &reason) < 0 && strstr(reason.text, "--rights"), "%s", bad[i]);
	CHECK(rights_check("alice:view,bob:watch", &reason) < 0 && strstr(reason.text, "'bob:watch'"));
}

static void the_own_user_is_not_root(void) {
	CHECK(!rights_own_user("/run/zerovnc-login/socket"));
	char *name = rights_own_user(NULL);
	const struct passwd *own = getpwuid(geteuid());
	CHECK(geteuid() == 0 || !own ? !name : name && strcmp(name, own->pw_name) == 0);
	free(name);
}

int main(void) {
	users_have_rights();
	local_users_lose_what_is_said();
	lists_are_checked();
	the_own_user_is_not_root();
	return 0;
}
