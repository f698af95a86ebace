/* SPDX-License-Identifier: GPL-2.0-or-later */
/* given_node: for LD_PRELOAD, a machine that has one render node, for which libva takes /dev/null. Its driver
 * must be named by LIBVA_DRIVER_NAME. */
#include <dlfcn.h>
#include <glob.h>
#include <string.h>

int drmGetNodeTypeFromFd(int fd);
int drmGetNodeTypeFromFd(int fd) {
	(void)fd;
	return 2; /* DRM_NODE_RENDER */
}

static int find(
	const char *name, const char *pattern, int flags, int (*failed)(const char *, int), void *found) {
	int (*next)(const char *, int, int (*)(const char *, int), void *);
	void *function = dlsym(RTLD_NEXT, name);
	memcpy(&next, &function, sizeof next);
	return next(strcmp(pattern, "/dev/dri/renderD*") == 0 ? "/dev/null" : pattern, flags, failed, found);
}

int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
	return find("glob", pattern, flags, failed, found);
}

#ifdef __GLIBC__
int glob64(const char *pattern, int flags, int (*failed)(const char *, int), glob64_t *found) {
	return find("glob64", pattern, flags, failed, found);
}
#endif
