/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int confine_for_good(void) {
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
		       ? 0
		       : -errno;
}

/* --- capabilities --- */

static bool is_kept(const int *kept, size_t count, int capability) {
	for (size_t i = 0; i < count; i++)
		if (kept[i] == capability)
			return true;
	return false;
}

/* As it was: what is inheritable and ambient comes with a service manager's AmbientCapabilities=. */
static int keep(cap_t present, cap_t wanted, cap_value_t capability) {
	static const cap_flag_t flags[] = {CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		cap_flag_value_t had = CAP_CLEAR;
		cap_get_flag(present, capability, flags[i], &had);
		if (had == CAP_SET && cap_set_flag(wanted, flags[i], 1, &capability, CAP_SET) != 0)
			return -errno;
	}
	return 0;
}

int confine_capabilities(const int *kept, size_t count) {
	cap_t present = cap_get_proc(), wanted = cap_init();
	int error = present && wanted ? 0 : -ENOMEM;
	for (int capability = 0; !error && capability <= cap_max_bits(); capability++) {
		if (is_kept(kept, count, capability))
			error = keep(present, wanted, capability);
		else
			cap_drop_bound(
				capability); /* needs CAP_SETPCAP; without it there is nothing to bound */
	}
	if (!error && (cap_reset_ambient() != 0 && errno != EINVAL))
		error = -errno;
	/* A service manager's filter may refuse this call, and be right if nothing is left to give up. */
	if (!error && cap_compare(present, wanted) != 0 && cap_set_proc(wanted) != 0)
		error = -errno;
	cap_free(wanted);
	cap_free(present);
	return error;
}

/* --- files --- */

/* From <linux/landlock.h>, for kernels that are newer than the headers. */
enum { REFER = 1 << 13, TRUNCATE = 1 << 14, ABSTRACT_SOCKETS = 1 << 0, SIGNALS = 1 << 1 };

struct ruleset {
	uint64_t files, network, scoped;
};

enum {
	MAKE_FILES = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
	MAKE_SOCKETS = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
	MAKE_FOLDERS = LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR,
	WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE,
	READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	FOR_FILES = LANDLOCK_ACCESS_FS_READ_FILE | WRITE, /* what can be allowed for what is no folder */
	ALL = LANDLOCK_ACCESS_FS_EXECUTE | READ | WRITE | MAKE_FILES | MAKE_SOCKETS | MAKE_FOLDERS |
	      LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	      LANDLOCK_ACCESS_FS_MAKE_SYM | REFER,
};

/* What may be restricted by the version of Landlock that the kernel has. */
static uint64_t restrictable(long version) {
	uint64_t rights = ALL;
	if (version < 2)
		rights &= ~(uint64_t)REFER;
	if (version < 3)
		rights &= ~(uint64_t)TRUNCATE;
	return rights;
}

int confine_files_begin(struct confine_files *files, bool apart, struct reason *lacking) {
	files->rules = -1;
	files->version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (files->version < 0) {
		reason_set(lacking, 0,
			"this kernel has no Landlock (%s): files are kept from it only by their owners",
			strerror(errno));
		return 0;
	}
	struct ruleset ruleset = {.files = restrictable(files->version)};
	if (apart && files->version >= 6)
		ruleset.scoped = ABSTRACT_SOCKETS | SIGNALS;
	/* Older kernels accept what they do not know if it is 0. */
	files->rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
	return files->rules < 0 ? -errno : 0;
}

static uint64_t rights_for(unsigned what) {
	static const uint64_t rights[] = {
		LANDLOCK_ACCESS_FS_READ_DIR, READ, WRITE, MAKE_FILES, MAKE_SOCKETS, MAKE_FOLDERS};
	uint64_t sum = 0;
	for (unsigned i = 0; i < sizeof rights / sizeof *rights; i++)
		sum |= what >> i & 1 ? rights[i] : 0;
	return sum;
}

int confine_files_allow(const struct confine_files *files, const char *path, unsigned what) {
	if (files->rules < 0)
		return 0;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights_for(what) & restrictable(files->version),
		.parent_fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat status;
	if (rule.parent_fd < 0) /* nobody can use what this process cannot reach */
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access &= FOR_FILES;
	int error = rule.allowed_access && syscall(SYS_landlock_add_rule, files->rules,
						   LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0
			    ? -errno
			    : 0;
	close(rule.parent_fd);
	return error;
}

int confine_files_enter(struct confine_files *files, int error) {
	if (files->rules < 0)
		return error;
	if (!error && syscall(SYS_landlock_restrict_self, files->rules, 0) != 0)
		error = -errno;
	close(files->rules);
	files->rules = -1;
	return error;
}

/* --- system calls --- */

int confine_add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count) {
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = seccomp_rule_add(filter, action, calls[i], 0);
	return error;
}

int confine_calls(scmp_filter_ctx filter, int error) {
	if (!filter)
		return -ENOMEM;
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	/* libseccomp says so if the kernel refuses */
	return error == -ECANCELED || error == -EINVAL ? -ENOSYS : error;
}
