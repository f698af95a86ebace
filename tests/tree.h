/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree: machines as trees of the files that tell of them, in a folder of the test's own. */
#ifndef ZEROVNC_TEST_TREE_H
#define ZEROVNC_TEST_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

static char tree_root[] = "/tmp/zerovnc-test-tree-XXXXXX";

static int tree_remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void tree_begin(void) {
	CHECK(mkdtemp(tree_root));
}

static inline void tree_end(void) {
	nftw(tree_root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void tree_clear(void) {
	tree_end();
	CHECK(mkdir(tree_root, 0700) == 0);
}

/* Makes the folders in which a path of the tree lies. */
static inline void tree_make_folders(const char *full) {
	char path[512];
	snprintf(path, sizeof path, "%s", full);
	for (char *slash = strchr(path + strlen(tree_root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

/* A file with these words; a folder if `path` ends with a slash; a link if they begin with "->". */
static inline void tree_put(const char *path, const char *words) {
	char full[512];
	snprintf(full, sizeof full, "%s%s", tree_root, path);
	tree_make_folders(full);
	if (full[strlen(full) - 1] == '/')
		return;
	if (strncmp(words, "->", 2) == 0) {
		CHECK(symlink(words + 2, full) == 0);
		return;
	}
	FILE *file = fopen(full, "w");
	CHECK(file && fputs(words, file) >= 0 && fclose(file) == 0);
}

#endif
