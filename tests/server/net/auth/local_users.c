/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/local_users.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { SOMEBODY = 4711, ANOTHER = 4712 }; /* we hope that they have no names */

static struct local_users *made(const char *list) {
	struct local_users *users = NULL;
	struct reason reason = {""};
	CHECK_SAY(local_users_create(list, NULL, &users, &reason) == 0, "%s: %s", list, reason.text);
	return users;
}

static enum local_standing standing(const struct local_users *users, bool known, uid_t uid) {
	return local_users_standing(users, &(struct local_user){known, uid});
}

static void who_comes_in(void) {
	static const struct {
		const char *list;
		enum local_standing root, somebody, another, unknown;
	} rows[] = {
		{NULL, LOCAL_TRUSTED, LOCAL_STRANGER, LOCAL_STRANGER, LOCAL_STRANGER},
		{"4711", LOCAL_TRUSTED, LOCAL_NAMED, LOCAL_STRANGER, LOCAL_STRANGER},
		{"root, 4711", LOCAL_NAMED, LOCAL_NAMED, LOCAL_STRANGER, LOCAL_STRANGER},
		{"*", LOCAL_TRUSTED, LOCAL_TRUSTED, LOCAL_TRUSTED, LOCAL_TRUSTED},
		{"4711,*", LOCAL_TRUSTED, LOCAL_NAMED, LOCAL_TRUSTED, LOCAL_TRUSTED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct local_users *users = made(rows[i].list);
		CHECK_SAY(standing(users, true, 0) == rows[i].root, "%s", rows[i].list);
		CHECK_SAY(standing(users, true, geteuid()) != LOCAL_STRANGER, "%s", rows[i].list);
		CHECK_SAY(standing(users, true, SOMEBODY) == rows[i].somebody, "%s", rows[i].list);
		CHECK_SAY(standing(users, true, ANOTHER) == rows[i].another, "%s", rows[i].list);
		/* regardless of the number */
		CHECK_SAY(standing(users, false, 0) == rows[i].unknown, "%s", rows[i].list);
		CHECK_SAY(standing(users, false, SOMEBODY) == rows[i].unknown, "%s", rows[i].list);
		local_users_destroy(users);
	}
}

static void refuses_nonsense(void) {
	static const char *const wrong[] = {"", ",", "root,", ",root", "no-such-user-here", "root,no such",
		"-1", "4294967295", "99999999999999999999", "12x", "**", "0x0"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct local_users *users = NULL;
		struct reason reason = {""};
		CHECK_SAY(local_users_create(wrong[i], NULL, &users, &reason) == -EINVAL && !users, "'%s'",
			wrong[i]);
		CHECK_SAY(strstr(reason.text, "--local-users"), "'%s': %s", wrong[i], reason.text);
	}
}

static void describes(void) {
	char text[80], small[8], own[40] = "";
	struct local_users *users = made("4711,root,4711");
	const struct passwd *self = getpwuid(geteuid());
	local_users_describe(users, &(struct local_user){true, 0}, text, sizeof text);
	CHECK_SAY(strcmp(text, "user root, uid 0") == 0, "%s", text);
	local_users_describe(users, &(struct local_user){true, SOMEBODY}, text, sizeof text);
	CHECK_SAY(strcmp(text, "uid 4711") == 0, "%s", text);
	local_users_describe(users, &(struct local_user){false, 0}, text, sizeof text);
	CHECK(text[0] == 0);
	local_users_name(users, SOMEBODY, text, sizeof text);
	CHECK(strcmp(text, "4711") == 0);
	local_users_name(users, 0, text, sizeof text);
	CHECK(strcmp(text, "root") == 0);
	if (geteuid() && self)
		snprintf(own, sizeof own, ", %s", self->pw_name);
	else if (geteuid())
		snprintf(own, sizeof own, ", %u", (unsigned)geteuid());
	char expected[80];
	snprintf(expected, sizeof expected, "root%s, 4711", own);
	local_users_list(users, false, text, sizeof text);
	CHECK_SAY(strcmp(text, expected) == 0, "%s", text);
	local_users_list(users, true, text, sizeof text);
	CHECK_SAY(strcmp(text, "4711, root") == 0, "%s", text);
	local_users_list(users, false, small, sizeof small);
	CHECK(strlen(small) == sizeof small - 1);
	local_users_destroy(users);

	users = made("*");
	local_users_list(users, false, text, sizeof text);
	CHECK(strcmp(text, "everybody on this machine") == 0);
	local_users_list(users, true, text, sizeof text);
	CHECK(text[0] == 0);
	local_users_destroy(users);
}

/* They are found by their number, and what was found once is not lost. */
static void knows_the_users_of_rights(void) {
	static const char all[] = "*:none,root :view,no-such-user-here:view,4711:view";
	struct local_users *before = NULL, *users = NULL;
	struct reason reason;
	CHECK(local_users_create(NULL, all, &before, &reason) == 0);
	CHECK(strcmp(local_users_in_rights(before, 0), "root") == 0);
	CHECK(strcmp(local_users_in_rights(before, SOMEBODY), "4711") == 0);
	CHECK(!local_users_in_rights(before, ANOTHER));
	CHECK(local_users_create(NULL, NULL, &users, &reason) == 0);
	local_users_inherit(users, before);
	CHECK(!local_users_in_rights(users, 0));
	local_users_destroy(users);
	CHECK(local_users_create(NULL, "root:view", &users, &reason) == 0);
	local_users_inherit(users, before);
	CHECK(strcmp(local_users_in_rights(users, 0), "root") == 0);
	CHECK(!local_users_in_rights(users, SOMEBODY));
	local_users_destroy(users);
	local_users_destroy(before);
}

int main(void) {
	who_comes_in();
	refuses_nonsense();
	describes();
	knows_the_users_of_rights();
	return 0;
}
