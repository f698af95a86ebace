/* SPDX-License-Identifier: GPL-2.0-or-later */
/* environment: what a program that has more privileges than its caller may still read of the caller's
 * environment. */
#ifndef ZEROVNC_ENVIRONMENT_H
#define ZEROVNC_ENVIRONMENT_H

/*
 * If the kernel says that this process has privileges that its caller lacks (AT_SECURE: file capabilities,
 * set-user-ID; getauxval(3)), removes every variable except a few that can choose neither which code is
 * loaded nor where files are read and written. This must be the first call in main(), before any library is
 * opened and any other thread runs.
 */
void environment_guard(void);

#endif
