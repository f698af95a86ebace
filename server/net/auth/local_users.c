/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/auth/local_users.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/rights.h"

enum {
	ENTRY_ROOM = 16 << 10,
	MAX_NAMED = 256,
	MAX_NAMES = 4096, /* of /etc/passwd; the other users stay numbers */
};

struct name {
	uid_t uid;
	char text[48];
};

/* A user of --rights. */
struct ruled {
	char *name; /* as it is written there; owned */
	bool known; /* the number is */
	uid_t uid;
};

struct local_users {
	uid_t own;
	bool everybody;
	uid_t named[MAX_NAMED];
	size_t named_count;
	struct name *names; /* if a uid has several names, the first counts */
	size_t name_count;
	struct ruled *ruled;
	size_t ruled_count;
	bool cannot_tell; /* the log already says that the kernel does not tell */
};

/* --- names --- */

static const char *find_name(const struct local_users *users, uid_t uid) {
	for (size_t i = 0; i < users->name_count; i++)
		if (users->names[i].uid == uid)
			return users->names[i].text;
	return NULL;
}

void local_users_name(const struct local_users *users, uid_t uid, char *text, size_t size) {
	const char *name = find_name(users, uid);
	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%u", (unsigned)uid);
}

/* Names from a directory may hold any bytes, and these go into logs, JSON and Prometheus labels. */
static int remember(struct local_users *users, uid_t uid, const char *text) {
	struct name *names = realloc(users->names, (users->name_count + 1) * sizeof *names);
	if (!names)
		return -ENOMEM;
	users->names = names;
	struct name *name = &names[users->name_count++];
	name->uid = uid;
	snprintf(name->text, sizeof name->text, "%s", text);
	for (char *c = name->text; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
			*c = '?';
	return 0;
}

static int remember_number(struct local_users *users, uid_t uid) {
	struct passwd entry, *found = NULL;
	char room[ENTRY_ROOM];
	if (find_name(users, uid) || getpwuid_r(uid, &entry, room, sizeof room, &found) || !found)
		return 0; /* this user stays a number */
	return remember(users, uid, found->pw_name);
}

static int remember_everybody(struct local_users *users) {
	struct passwd entry, *found;
	char room[ENTRY_ROOM];
	int error = 0;
	FILE *file = fopen("/etc/passwd", "re");
	while (file && !error && users->name_count < MAX_NAMES &&
		fgetpwent_r(file, &entry, room, sizeof room, &found) == 0)
		error = remember(users, found->pw_uid, found->pw_name);
	if (file)
		fclose(file);
	return error;
}

/* --- the list --- */

static bool parse_number(const char *word, uid_t *uid) {
	char *end;
	errno = 0;
	unsigned long number = strtoul(word, &end, 10);
	if (errno || *end || word[0] < '0' || word[0] > '9' || number >= UINT32_MAX)
		return false;
	*uid = (uid_t)number;
	return true;
}

/* As in chown(1), a number that is somebody's name is taken as the name. */
static int find(const char *word, uid_t *uid, struct reason *reason) {
	struct passwd entry, *found = NULL;
	char room[ENTRY_ROOM];
	int error = getpwnam_r(word, &entry, room, sizeof room, &found);
	if (found) {
		*uid = found->pw_uid;
		return 0;
	}
	if (parse_number(word, uid))
		return 0;
	if (error && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM)
		return reason_set(
			reason, -error, "--local-users: '%s' cannot be looked up: %s", word, strerror(error));
	return reason_set(reason, -EINVAL,
		"--local-users: this machine has no user '%s'; give names or numbers with commas between them, or '*' for everybody on this machine",
		word);
}

static bool is_named(const struct local_users *users, uid_t uid) {
	for (size_t i = 0; i < users->named_count; i++)
		if (users->named[i] == uid)
			return true;
	return false;
}

static int add(struct local_users *users, const char *word, struct reason *reason) {
	uid_t uid;
	if (strcmp(word, "*") == 0) {
		users->everybody = true;
		return 0;
	}
	int error = find(word, &uid, reason);
	if (error || is_named(users, uid))
		return error;
	if (users->named_count == MAX_NAMED)
		return reason_set(reason, -EINVAL, "--local-users: at most %d users", MAX_NAMED);
	users->named[users->named_count++] = uid;
	return remember_number(users, uid) ? reason_set(reason, -ENOMEM, "out of memory") : 0;
}

static int read_list(struct local_users *users, const char *list, struct reason *reason) {
	char *copy = strdup(list), *rest = copy, *word;
	int error = copy ? 0 : reason_set(reason, -ENOMEM, "out of memory");
	while (!error && (word = strsep(&rest, ","))) {
		word += strspn(word, " \t");
		word[strcspn(word, " \t")] = 0;
		error = add(users, word, reason);
	}
	free(copy);
	return error;
}

/* --- the users of --rights --- */

static int add_ruled(struct local_users *users, const char *name) {
	struct reason ignored;
	struct ruled *list = realloc(users->ruled, (users->ruled_count + 1) * sizeof *list);
	if (!list)
		return -ENOMEM;
	users->ruled = list;
	struct ruled *ruled = &list[users->ruled_count];
	*ruled = (struct ruled){.name = strdup(name)};
	if (!ruled->name)
		return -ENOMEM;
	users->ruled_count++;
	ruled->known = find(name, &ruled->uid, &ignored) == 0;
	return 0;
}

static int read_rights(struct local_users *users, const char *rights) {
	char name[RIGHTS_NAME];
	int error = 0;
	while (!error && rights_next_name(&rights, name))
		error = add_ruled(users, name);
	return error;
}

void local_users_inherit(struct local_users *users, const struct local_users *before) {
	for (size_t i = 0; i < users->ruled_count; i++) {
		struct ruled *ruled = &users->ruled[i];
		for (size_t k = 0; k < before->ruled_count && !ruled->known; k++) {
			ruled->known =
				before->ruled[k].known && strcmp(before->ruled[k].name, ruled->name) == 0;
			ruled->uid = before->ruled[k].uid;
		}
	}
}

const char *local_users_in_rights(const struct local_users *users, uid_t uid) {
	for (size_t i = 0; i < users->ruled_count; i++)
		if (users->ruled[i].known && users->ruled[i].uid == uid)
			return users->ruled[i].name;
	return NULL;
}

/* --- beginning and end --- */

int local_users_create(
	const char *list, const char *rights, struct local_users **result, struct reason *reason) {
	struct local_users *users = *result = calloc(1, sizeof *users);
	if (!users)
		return reason_set(reason, -ENOMEM, "out of memory");
	users->own = geteuid();
	int error = remember_number(users, 0);
	if (!error)
		error = remember_number(users, users->own);
	if (error)
		reason_set(reason, error, "out of memory");
	else if (list)
		error = read_list(users, list, reason);
	if (!error && (read_rights(users, rights) || remember_everybody(users)))
		error = reason_set(reason, -ENOMEM, "out of memory");
	if (error) {
		local_users_destroy(users);
		*result = NULL;
	}
	return error;
}

void local_users_destroy(struct local_users *users) {
	if (!users)
		return;
	for (size_t i = 0; i < users->ruled_count; i++)
		free(users->ruled[i].name);
	free(users->ruled);
	free(users->names);
	free(users);
}

/* --- describing users --- */

enum local_standing local_users_standing(const struct local_users *users, const struct local_user *user) {
	if (user->known && is_named(users, user->uid))
		return LOCAL_NAMED;
	bool trusted = user->known && (user->uid == 0 || user->uid == users->own);
	return trusted || users->everybody ? LOCAL_TRUSTED : LOCAL_STRANGER;
}

void local_users_describe(
	const struct local_users *users, const struct local_user *user, char *text, size_t size) {
	const char *name = user->known ? find_name(users, user->uid) : NULL;
	if (name)
		snprintf(text, size, "user %s, uid %u", name, (unsigned)user->uid);
	else if (user->known)
		snprintf(text, size, "uid %u", (unsigned)user->uid);
	else
		snprintf(text, size, "%s", "");
}

static void append(const struct local_users *users, uid_t uid, char *text, size_t size) {
	char name[sizeof((struct name *)0)->text];
	size_t used = strlen(text);
	local_users_name(users, uid, name, sizeof name);
	snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

void local_users_list(const struct local_users *users, bool named, char *text, size_t size) {
	snprintf(text, size, "%s", users->everybody && !named ? "everybody on this machine" : "");
	if (text[0])
		return;
	if (!named)
		append(users, 0, text, size);
	if (!named && users->own)
		append(users, users->own, text, size);
	for (size_t i = 0; i < users->named_count; i++)
		if (named || (users->named[i] && users->named[i] != users->own))
			append(users, users->named[i], text, size);
}

void local_users_cannot_tell(struct local_users *users, const char *where, const struct reason *reason) {
	if (users->cannot_tell)
		return;
	users->cannot_tell = true;
	log_warning("%s: %s", where, reason->text);
}
