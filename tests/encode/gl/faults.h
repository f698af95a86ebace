/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: what a GL can lack or do wrong, put between the GPU path and EGL when a program is linked (CMake's
 * gl_faults). No driver loses a context on demand. One converter at a time.
 */
#ifndef ZEROVNC_TESTS_FAULTS_H
#define ZEROVNC_TESTS_FAULTS_H

struct faults {
	const char *hidden; /* extensions that seem to be missing, comma separated; NULL: none. Borrowed */
	int lose;           /* not 0: each context is lost before its Nth frame */
	unsigned contexts;  /* that were made so far; the caller may set it back to 0 */
};

extern struct faults faults;

#endif
