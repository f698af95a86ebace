/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render_node: a machine that has one render node, for which libva takes /dev/null. Its driver must be named
 * by LIBVA_DRIVER_NAME. */
#include <glob.h>
#include <string.h>
#include <xf86drm.h>

#include "tests/test.h"

/* libva asks libdrm what kind of node it was given. */
int drmGetNodeTypeFromFd(int fd) {
	(void)fd;
	return DRM_NODE_RENDER;
}

/* What the C library calls glob() depends on how large its files may be. */
int __wrap_glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found);
int __wrap_glob64(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found);
void __wrap_globfree(glob_t *found);
void __wrap_globfree64(glob_t *found);

int __wrap_glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
	static char node[] = "/dev/null";
	static char *nodes[] = {node, NULL};
	(void)flags;
	(void)failed;
	CHECK(strcmp(pattern, "/dev/dri/renderD*") == 0);
	*found = (glob_t){.gl_pathc = 1, .gl_pathv = nodes};
	return 0;
}

int __wrap_glob64(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
	return __wrap_glob(pattern, flags, failed, found);
}

void __wrap_globfree(glob_t *found) {
	(void)found;
}

void __wrap_globfree64(glob_t *found) {
	(void)found;
}
