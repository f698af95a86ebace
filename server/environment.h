/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environment: what a program that was given more than its caller has may still read of the caller's
 * environment. */
#ifndef ZEROVNC_ENVIRONMENT_H
#define ZEROVNC_ENVIRONMENT_H

/*
 * Where the kernel says that this process has privileges that its caller lacks (AT_SECURE: file capabilities,
 * set-user-ID; getauxval(3)), removes every variable but those that can neither choose what is loaded nor
 * where files are read and written. The first thing in main(): before any library is opened and any other
 * thread runs.
 */
void environment_guard(void);

#endif
