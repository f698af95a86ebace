/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine: takes rights from this process that it does not need: capabilities, files (Landlock) and system
 * calls (seccomp). None of it can be undone, and processes that it starts inherit it. The first two hold for
 * the calling thread and for threads that it starts later, so they are to be called before there are others.
 */
#ifndef ZEROVNC_CONFINE_H
#define ZEROVNC_CONFINE_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"

/* Programs that are started later get no rights by their files (setuid), and nobody but root looks into this
 * process or reads its core. 0 or -errno. */
int confine_for_good(void);

/* Gives up all capabilities but these, of which it keeps those that it has. 0 or -errno. */
int confine_capabilities(const int *kept, size_t count);

/* What may be done with the files in a place. */
enum {
	CONFINE_LIST = 1,    /* read its folders */
	CONFINE_READ = 2,    /* read its files and folders */
	CONFINE_WRITE = 4,   /* write to its files */
	CONFINE_MAKE = 8,    /* make, replace and remove its files */
	CONFINE_SOCKET = 16, /* make unix sockets in it, and remove them */
	CONFINE_FOLDER = 32, /* make folders in it, and remove them */
};

struct confine_files {
	int rules; /* owned; -1: this kernel has no Landlock */
	long version;
};

/* Begins a list of places. `apart`: also, this process reaches no other by signals or by abstract sockets, as
 * far as the kernel can refuse that. 0, with `lacking` saying what this kernel lacks (untouched: nothing), or
 * -errno. */
int confine_files_begin(struct confine_files *files, bool apart, struct reason *lacking);
/* Adds a place. A folder stands for all that is in it, now and later. What does not exist is no error. 0 or
 * -errno. */
int confine_files_allow(const struct confine_files *files, const char *path, unsigned what);
/* Refuses all other files, unless `error` tells of an earlier failure. Ends the list in any case. 0 or
 * -errno. */
int confine_files_enter(struct confine_files *files, int error);

/* Adds system calls, whatever their arguments. 0 or -errno. */
int confine_add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count);
/* Restricts system calls by this filter, and frees it. `error` is that of building it, and is returned.
 * -ENOSYS: this kernel cannot. Another -errno. */
int confine_calls(scmp_filter_ctx filter, int error);

#endif
